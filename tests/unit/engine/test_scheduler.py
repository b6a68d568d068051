from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from dataduct.engine.scheduler import Scheduler, SkippedStep
from dataduct.model.operations import RunCommand
from dataduct.plan.plan import Dependency, Phase, PlanStep


def step(name: str, *needs: str, phase: Phase = "main") -> PlanStep:
    return PlanStep(
        name=name,
        step_type="transform",
        operation=RunCommand(command="true"),
        depends_on=tuple(Dependency(need, "depends_on") for need in needs),
        phase=phase,
    )


def scheduler_of(*steps: PlanStep, selected: Sequence[str] | None = None) -> Scheduler:
    return Scheduler(steps, selected if selected is not None else [each.name for each in steps])


def run_all(
    scheduler: Scheduler, fails: Callable[[str], bool] = lambda name: False
) -> tuple[list[str], list[str]]:
    """Run one step after the other; return the names in the order they ran, and those skipped."""
    ran: list[str] = []
    skipped: list[str] = []
    while taken := scheduler.take_ready(1):
        (name,) = taken
        ran.append(name)
        if fails(name):
            skipped += [each.step for each in scheduler.fail(name)]
        else:
            scheduler.succeed(name)
    return ran, skipped


def test_independent_steps_are_ready_at_once_in_plan_order() -> None:
    scheduler = scheduler_of(step("c"), step("a"), step("b"))
    assert scheduler.take_ready(2) == ["c", "a"]
    assert scheduler.take_ready(2) == ["b"]
    assert scheduler.take_ready(2) == []


def test_the_end_of_a_diamond_waits_for_both_sides() -> None:
    scheduler = scheduler_of(
        step("top"), step("left", "top"), step("right", "top"), step("end", "left", "right")
    )
    assert scheduler.take_ready(9) == ["top"]
    scheduler.succeed("top")
    assert scheduler.take_ready(9) == ["left", "right"]
    scheduler.succeed("left")
    assert scheduler.take_ready(9) == []
    scheduler.succeed("right")
    assert scheduler.take_ready(9) == ["end"]


def test_what_waits_for_a_failed_step_is_skipped_and_the_rest_goes_on() -> None:
    scheduler = scheduler_of(
        step("bad"),
        step("next", "bad"),
        step("after", "next"),
        step("other"),
        step("joined", "other", "after"),
    )
    assert scheduler.take_ready(9) == ["bad", "other"]
    assert scheduler.fail("bad") == [
        SkippedStep("next", "bad"),
        SkippedStep("after", "bad"),
        SkippedStep("joined", "bad"),
    ]
    scheduler.succeed("other")
    assert scheduler.take_ready(9) == []
    assert scheduler.is_empty


def test_main_steps_wait_for_the_bootstrap_and_the_teardown_for_all() -> None:
    scheduler = scheduler_of(
        step("setup", phase="bootstrap"), step("a"), step("b", "a"), step("end", phase="teardown")
    )
    assert run_all(scheduler) == (["setup", "a", "b", "end"], [])


def test_the_teardown_runs_after_failures_too() -> None:
    steps = (step("setup", phase="bootstrap"), step("a"), step("b", "a"), step("end", "b", phase="teardown"))
    assert run_all(scheduler_of(*steps), lambda name: name == "a") == (["setup", "a", "end"], ["b"])
    assert run_all(scheduler_of(*steps), lambda name: name == "setup") == (["setup", "end"], ["a", "b"])


def test_a_teardown_step_is_skipped_only_by_another_one() -> None:
    scheduler = scheduler_of(
        step("a"), step("clean", phase="teardown"), step("tell", "clean", phase="teardown")
    )
    assert run_all(scheduler, lambda name: name in ("a", "clean")) == (["a", "clean"], ["tell"])


def test_a_step_left_out_is_not_waited_for_but_keeps_the_order() -> None:
    scheduler = scheduler_of(step("a"), step("b", "a"), step("c", "b"), selected=["a", "c"])
    assert scheduler.take_ready(9) == ["a"]
    scheduler.succeed("a")
    assert scheduler.take_ready(9) == ["c"]


def test_an_abandoned_run_goes_straight_to_the_teardown() -> None:
    scheduler = scheduler_of(step("a"), step("b", "a"), step("end", phase="teardown"))
    assert scheduler.take_ready(1) == ["a"]
    assert scheduler.abandon() == ["b"]
    assert scheduler.take_ready(1) == []
    assert scheduler.fail("a") == []
    assert scheduler.take_ready(1) == ["end"]


@st.composite
def graphs(draw: st.DrawFn) -> list[PlanStep]:
    size = draw(st.integers(1, 12))
    return [
        step(f"s{index}", *(f"s{need}" for need in draw(st.sets(st.integers(0, index - 1)))))
        if index
        else step("s0")
        for index in range(size)
    ]


@given(graphs(), st.sets(st.integers(0, 11)))
def test_every_step_runs_after_what_it_needs_or_is_skipped_with_it(
    steps: list[PlanStep], bad: set[int]
) -> None:
    failing = {f"s{index}" for index in bad}
    ran, skipped = run_all(scheduler_of(*steps), lambda name: name in failing)
    assert sorted(ran + skipped) == sorted(each.name for each in steps)
    good = [name for name in ran if name not in failing]
    for each in steps:
        needs = {dependency.step for dependency in each.depends_on}
        if each.name in ran:
            assert needs <= set(good)
            assert all(ran.index(need) < ran.index(each.name) for need in needs)
        else:
            assert needs & (failing | set(skipped))
