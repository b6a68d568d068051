"""The ready loop: order, parallelism, failures, teardown, timeouts."""

import threading
import time
from datetime import timedelta

import pytest
from engine_bench import Bench, PlanBuilder

from dataduct.errors import StepTimeoutError, UserError
from dataduct.runs.events import RunFinished, RunStarted, StepFinished, StepStarted


def started(bench: Bench) -> list[str]:
    return [event.step for event in bench.events if isinstance(event, StepStarted)]


def test_steps_start_after_what_they_wait_for(bench: Bench, build: PlanBuilder) -> None:
    plan = build.plan(
        build.command("top", "echo top >> $DATADUCT_PROJECT_DIRECTORY/order"),
        build.command("left", "echo side >> $DATADUCT_PROJECT_DIRECTORY/order", "top"),
        build.command("right", "echo side >> $DATADUCT_PROJECT_DIRECTORY/order", "top"),
        build.command("end", "echo end >> $DATADUCT_PROJECT_DIRECTORY/order", "left", "right"),
    )
    result = bench.run(plan)
    assert (bench.root / "order").read_text().split() == ["top", "side", "side", "end"]
    assert list(result.steps) == ["top", "left", "right", "end"]
    assert isinstance(bench.events[0], RunStarted)
    assert isinstance(bench.events[-1], RunFinished)
    assert bench.events[-1].status == "succeeded"


@pytest.mark.parametrize("workers", [1, 3])
def test_no_more_steps_run_at_once_than_there_are_workers(
    bench: Bench, build: PlanBuilder, workers: int
) -> None:
    plan = build.plan(*(build.command(f"s{number}", "sleep 0.1") for number in range(6)))
    running, most = 0, 0
    bench.run(plan, workers=workers)
    for event in bench.events:
        running += isinstance(event, StepStarted) - isinstance(event, StepFinished)
        most = max(most, running)
    assert most == workers


def test_what_waits_for_a_failed_step_is_skipped_and_the_rest_runs(bench: Bench, build: PlanBuilder) -> None:
    plan = build.plan(
        build.command("bad", "echo reason; exit 3"),
        build.command("next", "true", "bad"),
        build.command("after", "true", "next"),
        build.command("other", "true"),
    )
    result = bench.run(plan)
    assert result.status == "failed"
    assert result.failed_step == "bad"
    assert result.steps == {"bad": "failed", "next": "skipped", "after": "skipped", "other": "succeeded"}
    assert bench.finished("after").message == "step `bad` failed"
    assert bench.finished("bad").details == ("reason",)
    stored = bench.queries.run("run-1")
    assert (stored.status, stored.error) == ("failed", "the command ended with exit code 3")
    assert {step.step: step.status for step in bench.queries.steps("run-1")} == result.steps


def test_the_teardown_runs_last_and_learns_how_the_run_went(bench: Bench, build: PlanBuilder) -> None:
    tell = (
        'echo "$DATADUCT_RUN_STATUS $DATADUCT_FAILED_STEP $DATADUCT_ERROR" > $DATADUCT_PROJECT_DIRECTORY/told'
    )
    good = build.plan(build.command("a", "true"), build.command("tell", tell, phase="teardown"))
    assert bench.run(good).status == "succeeded"
    assert (bench.root / "told").read_text() == "succeeded  \n"
    bad = build.plan(build.command("a", "exit 3"), build.command("tell", tell, phase="teardown"))
    assert bench.run(bad, run_id="run-2").status == "failed"
    assert (bench.root / "told").read_text() == "failed a the command ended with exit code 3\n"


def test_bootstrap_steps_come_first_and_their_failure_skips_the_main_ones(
    bench: Bench, build: PlanBuilder
) -> None:
    plan = build.plan(
        build.command("setup", "exit 1", phase="bootstrap"),
        build.command("a", "true"),
        build.command("end", "true", phase="teardown"),
    )
    result = bench.run(plan)
    assert result.steps == {"setup": "failed", "a": "skipped", "end": "succeeded"}


def test_a_failed_teardown_fails_the_run(bench: Bench, build: PlanBuilder) -> None:
    plan = build.plan(build.command("a", "true"), build.command("end", "exit 1", phase="teardown"))
    assert bench.run(plan).status == "failed"


def test_only_the_selected_steps_run(bench: Bench, build: PlanBuilder) -> None:
    plan = build.plan(
        build.command("a", "exit 1"), build.command("b", "true", "a"), build.command("c", "true", "b")
    )
    result = bench.run(plan, select=frozenset({"b", "c"}))
    assert result.steps == {"b": "succeeded", "c": "succeeded"}


def test_a_run_that_takes_too_long_is_stopped_and_torn_down(bench: Bench, build: PlanBuilder) -> None:
    bench.engine(run_timeout="0.3 seconds")
    plan = build.plan(
        build.command("slow", "sleep 100"),
        build.command("next", "true", "slow"),
        build.command(
            "end", "echo $DATADUCT_RUN_STATUS > $DATADUCT_PROJECT_DIRECTORY/told", phase="teardown"
        ),
    )
    began = time.monotonic()
    with pytest.raises(StepTimeoutError) as caught:
        bench.run(plan)
    assert caught.value.code == "DD912"
    assert time.monotonic() - began < 8
    assert (bench.root / "told").read_text() == "failed\n"
    assert bench.queries.run("run-1").status == "failed"
    statuses = {step.step: step.status for step in bench.queries.steps("run-1")}
    assert statuses == {"slow": "interrupted", "next": "interrupted", "end": "succeeded"}


def test_a_step_that_does_not_stop_is_given_up(
    bench: Bench, build: PlanBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()

    def ignore_everything(operation: object, attempt: object) -> None:
        release.wait(30)

    monkeypatch.setattr("dataduct.engine.attempts.handle", ignore_everything)
    monkeypatch.setattr("dataduct.engine.engine.STOP_GRACE_SECONDS", 0.2)
    bench.engine(run_timeout="0.1 seconds")
    with pytest.raises(StepTimeoutError):
        bench.run(build.plan(build.command("stuck", "true")))
    assert bench.finished("stuck").message == "it did not stop when asked to"
    release.set()


def test_a_warehouse_that_cannot_be_opened_ends_the_run(bench: Bench, build: PlanBuilder) -> None:
    (bench.root / "warehouse.duckdb").write_text("not a database")
    with pytest.raises(Exception, match="not a DuckDB file"):
        bench.run(build.plan(build.extract(), build.load()))
    assert bench.queries.run("run-1").status == "failed"


def test_a_run_can_be_resumed_after_its_process_died(bench: Bench, build: PlanBuilder) -> None:
    plan = build.plan(build.command("a", "true"), build.command("b", "true", "a"))
    bench.run(plan, select=frozenset({"a"}))
    with bench.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE runs SET status = 'running', process = 'nowhere:1:x'")
        connection.exec_driver_sql("UPDATE runs SET process = NULL WHERE 0")
    with pytest.raises(UserError, match="still running"):
        bench.run(plan, resume=True)
    with bench.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE runs SET status = 'interrupted'")
    result = bench.run(plan, resume=True)
    assert result.status == "succeeded"
    assert started(bench) == ["b"]


def test_five_hundred_steps_without_work(
    bench: Bench, build: PlanBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataduct.engine.context import Outcome

    monkeypatch.setattr("dataduct.engine.attempts.handle", lambda operation, attempt: Outcome())
    steps = [build.command("s0", "true")]
    for number in range(1, 500):
        needs = {f"s{number // 2}", f"s{number - 1}"} if number % 3 else {f"s{number // 2}"}
        steps.append(build.command(f"s{number}", "true", *needs))
    result = bench.run(build.plan(*steps))
    assert set(result.steps.values()) == {"succeeded"}
    assert len(started(bench)) == 500
    assert timedelta(0) <= timedelta(seconds=bench.finished("s499").seconds)
