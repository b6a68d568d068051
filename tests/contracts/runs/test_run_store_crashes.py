"""Several processes at one store, and processes that are killed while they write."""

import signal
import subprocess
import sys
import textwrap
import time

import pytest

from dataduct.runs.processes import current_process
from dataduct.runs.queries import RunQueries
from dataduct.runs.store import RunStore, open_store

WRITER = textwrap.dedent(
    """
    import sys
    from datetime import UTC, datetime
    from dataduct.runs.processes import current_process
    from dataduct.runs.records import Attempt, Run, StepRun
    from dataduct.runs.store import open_store

    location, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    store = open_store(location)
    now = datetime.now(UTC)
    for number in range(count):
        run = Run(id=f"{name}-{number:06d}", pipeline=name, run_date="2026-01-01", status="running",
                  started_at=now, process=current_process())
        store.start_run(run)
        for step in ("extract", "load"):
            store.save_step(StepRun(run_id=run.id, step=step, step_type=step, operation=step, status="running"))
            store.start_attempt(Attempt(run_id=run.id, step=step, number=1, status="running", started_at=now))
            store.finish_attempt(run.id, step, 1, "succeeded", at=now)
            store.save_step(StepRun(run_id=run.id, step=step, step_type=step, operation=step, status="succeeded"))
        store.finish_run(run.id, "succeeded", None, now)
        if number == 2:
            print("writing", flush=True)
    store.close()
    """
)


def start_writer(location: str, name: str, count: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, location, name, str(count)], stdout=subprocess.PIPE, text=True
    )


def test_two_processes_make_and_write_one_store_at_once(location: str) -> None:
    writers = [start_writer(location, name, 25) for name in ("left", "right")]
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    store = open_store(location)
    queries = RunQueries(store)
    figures = [(one.pipeline, one.runs, one.succeeded) for one in queries.pipelines()]
    steps = [step.status for number in range(25) for step in queries.steps(f"left-{number:06d}")]
    store.close()
    assert figures == [("left", 25, 25), ("right", 25, 25)]
    assert steps == ["succeeded"] * 50


@pytest.mark.parametrize("delay", [0.0, 0.013, 0.037])
def test_a_killed_writer_leaves_a_store_that_is_read_and_resumed(location: str, delay: float) -> None:
    writer = start_writer(location, "courses", 100_000)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "writing\n"
    time.sleep(delay)
    writer.send_signal(signal.SIGKILL)
    writer.wait(timeout=10)
    writer.stdout.close()

    store = open_store(location)
    queries = RunQueries(store)
    last = queries.recent_runs(limit=1)[0]
    assert last.status in ("interrupted", "succeeded")
    assert {run.status for run in queries.recent_runs(limit=100_000)} <= {"interrupted", "succeeded"}
    assert "running" not in {step.status for step in queries.steps(last.id)}
    store.resume_run(last.id, current_process())
    assert queries.run(last.id).status == "running"
    store.close()


def test_a_killed_run_is_told_from_a_living_one_even_before_its_parent_has_collected_it(
    location: str,
) -> None:
    writer = start_writer(location, "courses", 100_000)
    assert writer.stdout is not None
    writer.stdout.readline()
    store = open_store(location)
    queries = RunQueries(store)
    writer.send_signal(signal.SIGSTOP)
    assert queries.recent_runs(status="interrupted") == []
    writer.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while queries.recent_runs(status="running") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert queries.recent_runs(status="running") == []
    writer.wait(timeout=10)
    writer.stdout.close()
    store.close()


def test_threads_share_one_store(store: RunStore, queries: RunQueries) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from datetime import UTC, datetime

    from dataduct.runs.records import Run, StepRun

    run = Run(id="r", pipeline="p", run_date="2026-01-01", status="running", started_at=datetime.now(UTC))
    store.start_run(run)

    def save(number: int) -> None:
        store.save_step(
            StepRun(run_id="r", step=f"s{number}", step_type="t", operation="o", status="succeeded")
        )
        queries.steps("r")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, range(60)))
    assert len(queries.steps("r")) == 60
