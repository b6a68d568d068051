"""WaitForPipeline: which runs count, what ends the wait, and that waiting costs no worker."""

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from engine_bench import Bench, PlanBuilder

from dataduct.model.operations import AwaitedPipeline, WaitForPipeline
from dataduct.plan.plan import PlanStep
from dataduct.runs.events import StepFinished, StepStarted, StepWaiting
from dataduct.runs.processes import current_process
from dataduct.runs.records import Run, RunStatus

_MORNING = datetime(2026, 1, 1, 1, 0, tzinfo=UTC)


def wait_step(*names: str, may_fail: tuple[str, ...] = (), name: str = "wait", **more: object) -> PlanStep:
    awaited = (
        *(AwaitedPipeline(each) for each in names),
        *(AwaitedPipeline(each, may_fail=True) for each in may_fail),
    )
    options = {"refresh_seconds": 0.02, "give_up_seconds": 0.2, **more}
    operation = WaitForPipeline(pipelines=awaited, **options)  # type: ignore[arg-type]
    return PlanBuilder.step(name, operation)


def record(
    bench: Bench,
    pipeline: str,
    status: RunStatus,
    *,
    run_date: str = "2026-01-01",
    minute: int = 0,
    error: str | None = None,
    process: str | None = None,
    mode: str | None = None,
    partial: bool = False,
) -> str:
    run_id = f"{pipeline}-{run_date}-{minute}"
    bench.store.start_run(
        Run(
            id=run_id,
            pipeline=pipeline,
            run_date=run_date,
            status=status,
            started_at=_MORNING + timedelta(minutes=minute),
            error=error,
            process=process or current_process(),
            mode=mode,
            partial=partial,
        )
    )
    return run_id


def dead_process() -> str:
    """Return a process that is over."""
    code = "from dataduct.runs.processes import current_process; print(current_process())"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def ended(bench: Bench, *steps: PlanStep, run_date: str = "2026-01-01") -> StepFinished:
    bench.run(PlanBuilder().plan(*steps, run_date=run_date))
    return bench.finished("wait")


def test_a_run_that_succeeded_ends_the_wait(bench: Bench) -> None:
    record(bench, "courses", "succeeded")
    finished = ended(bench, wait_step("courses"))
    assert finished.status == "succeeded"
    assert finished.message == "`courses`: run courses-2026-01-01-0 for 2026-01-01, succeeded"
    assert not [event for event in bench.events if isinstance(event, StepWaiting)]


def test_the_latest_run_counts(bench: Bench) -> None:
    record(bench, "courses", "failed", minute=0)
    record(bench, "courses", "succeeded", minute=5)
    assert ended(bench, wait_step("courses")).status == "succeeded"
    record(bench, "courses", "failed", minute=10, error="disk full")
    bench.run(PlanBuilder().plan(wait_step("courses")), run_id="run-2")
    assert bench.finished("wait").status == "failed"


def test_runs_of_another_mode_or_of_some_steps_are_not_waited_for(bench: Bench) -> None:
    record(bench, "courses", "succeeded", minute=0)
    record(bench, "courses", "failed", minute=5, mode="test")
    record(bench, "courses", "failed", minute=10, partial=True)
    assert ended(bench, wait_step("courses")).message == (
        "`courses`: run courses-2026-01-01-0 for 2026-01-01, succeeded"
    )


def test_a_run_whose_steps_are_executed_one_by_one_is_waited_for(bench: Bench) -> None:
    record(bench, "courses", "incomplete")
    assert "not all of its steps have run yet" in str(ended(bench, wait_step("courses")).details)


@pytest.mark.parametrize(
    ("wanted", "has"),
    [
        ("2026-01-01", "2026-01-01T10:00"),
        ("2026-01-01T10:00", "2026-01-01"),
        ("2026-01-01T10:00", "2026-01-01T10:00"),
        ("2026-01-01T12:00+02:00", "2026-01-01T10:00"),
    ],
)
def test_a_day_agrees_with_every_time_of_it(bench: Bench, wanted: str, has: str) -> None:
    record(bench, "courses", "succeeded", run_date=has)
    assert ended(bench, wait_step("courses", run_date=wanted)).status == "succeeded"


@pytest.mark.parametrize(
    ("wanted", "has"), [("2026-01-01", "2026-01-02"), ("2026-01-01T10:00", "2026-01-01T11:00")]
)
def test_a_run_of_another_date_is_no_answer(bench: Bench, wanted: str, has: str) -> None:
    record(bench, "courses", "succeeded", run_date=has)
    finished = ended(bench, wait_step("courses", run_date=wanted))
    assert (finished.status, finished.code) == ("failed", "DD791")


def test_a_run_that_failed_ends_the_wait_at_once_with_its_error(bench: Bench) -> None:
    run_id = record(bench, "courses", "failed", error="step `load` has no rows")
    record(bench, "teachers", "running")
    began = time.monotonic()
    finished = ended(bench, wait_step("teachers", "courses", give_up_seconds=60.0))
    assert time.monotonic() - began < 10
    assert (finished.status, finished.code) == ("failed", "DD790")
    assert (
        finished.message
        == f"run {run_id} of pipeline `courses` for 2026-01-01 failed: step `load` has no rows"
    )
    assert finished.hint is not None and "resume" in finished.hint
    assert len(finished.details) == 2


def test_a_killed_run_has_ended_badly(bench: Bench) -> None:
    record(bench, "courses", "running", process=dead_process())
    finished = ended(bench, wait_step("courses"))
    assert finished.code == "DD790"
    assert finished.message is not None and "was interrupted" in finished.message


def test_a_pipeline_that_may_fail_need_only_have_ended(bench: Bench) -> None:
    record(bench, "courses", "failed", error="no rows")
    finished = ended(bench, wait_step(may_fail=("courses",)))
    assert finished.status == "succeeded"
    assert finished.message is not None and "failed: no rows" in finished.message


def test_giving_up_says_what_was_seen_of_every_pipeline(bench: Bench) -> None:
    record(bench, "courses", "running")
    record(bench, "teachers", "succeeded")
    finished = ended(bench, wait_step("courses", "teachers", "grades"))
    assert finished.code == "DD791"
    assert finished.message == "gave up after 0.2 seconds of waiting for `courses`, `grades` on 2026-01-01"
    assert finished.details == (
        "`courses`: run courses-2026-01-01-0 for 2026-01-01, still running",
        "`teachers`: run teachers-2026-01-01-0 for 2026-01-01, succeeded",
        "`grades`: no run for 2026-01-01",
    )


def test_the_listener_is_told_what_is_waited_for_once_a_change(bench: Bench) -> None:
    ended(bench, wait_step("courses"))
    waiting = [event for event in bench.events if isinstance(event, StepWaiting)]
    assert [(event.step, event.message) for event in waiting] == [
        ("wait", "waiting for `courses`: no run for 2026-01-01")
    ]


def test_with_dependency_override_nothing_is_waited_for(bench: Bench) -> None:
    finished = ended(bench, wait_step("courses", overridden=True))
    assert finished.status == "succeeded"
    assert finished.message == "did not wait for `courses`: the settings say `dependency_override`"


def test_a_date_that_is_none_is_refused(bench: Bench) -> None:
    assert ended(bench, wait_step("courses", run_date="yesterday")).code == "DD792"


def test_a_template_cannot_make_a_pipeline_wait_for_itself(bench: Bench) -> None:
    assert ended(bench, wait_step("sales")).code == "DD264"


def test_a_step_that_waits_stops_when_its_timeout_passes(bench: Bench) -> None:
    step = PlanBuilder.step(
        "wait",
        WaitForPipeline(pipelines=(AwaitedPipeline("courses"),), refresh_seconds=100.0),
        timeout=0.1,
    )
    began = time.monotonic()
    finished = ended(bench, step)
    assert time.monotonic() - began < 10
    assert finished.code == "DD911"
    assert finished.details == ("`courses`: no run for 2026-01-01",)


def test_waiting_steps_take_no_worker(bench: Bench, build: PlanBuilder) -> None:
    """With one worker, two waits and a command run at the same time: the command ends the waits."""
    marks = bench.root / "marks"
    marks.mkdir()
    steps = (
        wait_step("courses", name="wait", give_up_seconds=30.0),
        wait_step("courses", name="wait-too", give_up_seconds=30.0),
        build.command("work", f"touch {marks}/worked"),
        build.command("more", f"test ! -e {marks}/overlap"),
    )

    def finish_when_worked() -> None:
        deadline = time.monotonic() + 30
        while not (marks / "worked").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        record(bench, "courses", "succeeded")

    other = threading.Thread(target=finish_when_worked)
    other.start()
    result = bench.run(build.plan(*steps), workers=1)
    other.join()
    assert set(result.steps.values()) == {"succeeded"}
    started = [event.step for event in bench.events if isinstance(event, StepStarted)]
    assert set(started[:3]) == {"wait", "wait-too", "work"}


def test_the_warehouse_is_free_while_every_step_waits(bench: Bench, build: PlanBuilder) -> None:
    """A run that has loaded and now waits lets another process load and end the wait."""
    other = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from engine_bench import Bench
from dataduct.runs.store import open_store
bench = Bench(Path({str(bench.root)!r}), open_store(Path({str(bench.root)!r}) / "runs.sqlite"))
bench.write("CREATE TABLE other (id INTEGER)")
"""
    wait = wait_step("courses", give_up_seconds=60.0)
    steps = (
        build.extract(),
        build.load(),
        build.step("wait", wait.operation, "load"),
        build.upsert(needs="wait"),
    )

    def load_elsewhere() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if any(isinstance(event, StepWaiting) and event.step == "wait" for event in bench.events):
                break
            time.sleep(0.01)
        subprocess.run([sys.executable, "-c", other], check=True, capture_output=True)
        record(bench, "courses", "succeeded")

    thread = threading.Thread(target=load_elsewhere)
    thread.start()
    result = bench.run(build.plan(*steps))
    thread.join()
    assert result.status == "succeeded"
    assert bench.rows("SELECT COUNT(*) FROM other") == [(0,)]
