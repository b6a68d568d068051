"""`history` and `logs`, on a real run store."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dataduct import api
from dataduct.model.verdict import CheckVerdict
from dataduct.runs.queries import RunQueries
from dataduct.runs.records import Attempt, RecordedVerdict, Run, Statement, StepRun
from dataduct.runs.store import RunStore, open_store

START = datetime(2026, 1, 1, 1, 30, tzinfo=UTC)
FAILED = "20260102T013000-b2b2"
SUCCEEDED = "20260101T013000-a1a1"
VERDICT = CheckVerdict(
    check="count", passed=False, summary="10 rows in the source, 8 in the warehouse: 20 % apart (tolerance 1 %)",
    figures={"source_rows": 10, "warehouse_rows": 8, "difference_percent": 20.0}, examples=({"id": "9"}, {"id": None}),
)  # fmt: skip


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def save_run(store: RunStore, run_id: str, status: str, day: int, error: str | None = None) -> None:
    start = START + timedelta(days=day)
    store.start_run(
        Run(
            id=run_id,
            pipeline="flights",
            run_date=f"2026-01-0{day + 1}",
            status="running",
            started_at=start,
            plan="{}",
        )
    )
    store.finish_run(run_id, status, error, start + timedelta(seconds=12.3))


def save_step(store: RunStore, run_id: str, step: str, status: str, *tries: str, **more: object) -> None:
    """Store a step and its attempts, each of which ended with one of `tries` and has a log."""
    of_step = {"run_id": run_id, "step": step}
    record = StepRun(
        **of_step,
        step_type="any",
        operation="any",
        status=status,
        attempts=len(tries),
        started_at=at(0),
        **more,
    )
    store.save_step(record)
    for number, ended in enumerate(tries, start=1):
        log = f"{run_id}/{step}.{number}.log"
        store.start_attempt(
            Attempt(**of_step, number=number, status="running", started_at=at(number), log_file=log)
        )
        error = None if ended == "succeeded" else "the connection was lost"
        store.finish_attempt(run_id, step, number, ended, at=at(number + 0.5), error_code=None, error=error)


@pytest.fixture
def store(project, monkeypatch) -> Iterator[RunStore]:
    opened = open_store(str(project.root / "runs.sqlite"))
    monkeypatch.setattr(api, "queries", lambda _: RunQueries(opened))
    yield opened
    opened.close()


@pytest.fixture
def two_runs(store, project) -> RunStore:
    save_run(store, SUCCEEDED, "succeeded", 0)
    save_step(
        store,
        SUCCEEDED,
        "extract",
        "succeeded",
        "succeeded",
        finished_at=at(1.2),
        rows=336_776,
        bytes=12_100_000,
    )
    save_run(store, FAILED, "failed", 1, VERDICT.summary)
    save_step(
        store, FAILED, "extract", "succeeded", "failed", "succeeded", finished_at=at(2), rows=10, bytes=120
    )
    save_step(store, FAILED, "load", "already-loaded", "succeeded", finished_at=at(0.01))
    save_step(
        store, FAILED, "check", "failed", "failed", finished_at=at(0.2), error=f"{VERDICT.summary}\nsee below"
    )
    save_step(store, FAILED, "report", "skipped")
    store.add_statement(
        Statement(
            run_id=FAILED,
            step="check",
            attempt=1,
            position=1,
            where="nyc",
            text="SELECT COUNT(*)\nFROM t",
            seconds=0.1,
            rows=1,
        )
    )
    store.add_verdict(
        RecordedVerdict(run_id=FAILED, step="check", attempt=1, verdict=VERDICT, measured_at=at(0.2))
    )
    for run, step, attempt in (
        (SUCCEEDED, "extract", 1),
        (FAILED, "extract", 1),
        (FAILED, "extract", 2),
        (FAILED, "check", 1),
    ):
        log = project.log_directory / run / f"{step}.{attempt}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(f"log of {step} attempt {attempt}\n\x1b[31mred\n")
    return store


def test_the_list_of_runs(dataduct, two_runs, golden):
    golden("cli/history.txt", dataduct("history").stdout)


def test_all_of_one_run(dataduct, two_runs, golden):
    golden("cli/history_run.txt", dataduct("history", FAILED, "--sql").stdout)


@pytest.mark.parametrize("subject", [FAILED, "20260102"])
def test_a_run_is_named_by_the_beginning_of_its_id(dataduct, two_runs, subject):
    assert dataduct("history", subject).stdout.startswith(
        f"run {FAILED}  failed\nflights for 2026-01-02; started "
    )


@pytest.mark.parametrize("subject", ["flights", "pipelines/flights.yaml"])
def test_the_runs_of_a_pipeline(dataduct, two_runs, subject):
    assert [text.split()[0] for text in dataduct("history", subject).stdout.splitlines()] == [
        "RUN",
        FAILED,
        SUCCEEDED,
    ]


def test_only_runs_that_ended_so_and_at_most_so_many(dataduct, two_runs):
    assert dataduct("history", "--status", "failed").stdout.count("flights") == 1
    assert dataduct("history", "--limit", "1").stdout.count("flights") == 1
    none = dataduct("history", "flights", "--status", "interrupted")
    assert (none.exit_code, none.stdout, none.stderr) == (
        0,
        "",
        "there is no run of `flights` that is interrupted yet\n",
    )


def test_documents(dataduct, two_runs):
    listed = json.loads(dataduct("history", "--json").stdout)
    assert [run["id"] for run in listed["runs"]] == [FAILED, SUCCEEDED]
    assert listed["runs"][0]["started_at"] == "2026-01-02T01:30:00Z"
    assert "plan" not in listed["runs"][0]
    document = json.loads(dataduct("history", FAILED, "--json", "--sql").stdout)
    assert [step["step"] for step in document["steps"]] == ["extract", "load", "check", "report"]
    assert [attempt["status"] for attempt in document["steps"][0]["attempts"]] == ["failed", "succeeded"]
    assert document["steps"][2]["statements"][0]["text"] == "SELECT COUNT(*)\nFROM t"
    (verdict,) = document["verdicts"]
    assert (verdict["step"], verdict["passed"], verdict["figures"]["source_rows"]) == ("check", False, 10)


@pytest.mark.parametrize(
    ("subject", "hint"),
    [("flihgts", "did you mean `flights`?"), ("20260102T013000-b2b3", f"did you mean `{FAILED}`?")],
)
def test_a_name_nothing_has(dataduct, two_runs, subject, hint):
    outcome = dataduct("history", subject)
    assert outcome.exit_code == 2
    assert outcome.stderr == (
        f"error[DD951]: there is no run and no pipeline with runs called `{subject}`\n  hint: {hint}\n"
    )


@pytest.mark.parametrize("arguments", [["history", "flights"], ["logs"]])
def test_a_project_without_runs(dataduct, store, arguments):
    outcome = dataduct(*arguments)
    assert outcome.exit_code == 2
    assert outcome.stderr.startswith("error[DD951]: no pipeline of this project has run yet\n")


def test_logs_of_the_latest_run_are_those_of_its_failed_step(dataduct, two_runs):
    outcome = dataduct("logs")
    assert outcome.stderr == f"==> {FAILED}  check  attempt 1 <==\n"
    assert outcome.stdout == "log of check attempt 1\n\\x1b[31mred\n"


@pytest.mark.parametrize(
    ("arguments", "first_line"),
    [
        ([FAILED, "extract"], "log of extract attempt 2"),
        ([FAILED, "extract", "--attempt", "1"], "log of extract attempt 1"),
        (["flights", "extract"], "log of extract attempt 2"),
        ([SUCCEEDED], "log of extract attempt 1"),
    ],
)
def test_logs_of_a_step_and_an_attempt(dataduct, two_runs, arguments, first_line):
    assert dataduct("logs", *arguments).stdout.splitlines()[0] == first_line


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            [FAILED, "chekc"],
            f"error[DD952]: run {FAILED} has no step `chekc`\n  hint: did you mean `check`?\n",
        ),
        (
            [FAILED, "check", "--attempt", "7"],
            f"error[DD955]: step `check` of run {FAILED} has no log of attempt 7\n",
        ),
        ([FAILED, "report"], f"error[DD955]: step `report` of run {FAILED} has no log\n"),
    ],
)
def test_logs_that_are_not_there(dataduct, two_runs, arguments, told):
    outcome = dataduct("logs", *arguments)
    assert outcome.exit_code == 2
    assert outcome.stderr.startswith(told)


def test_a_log_file_that_was_removed(dataduct, two_runs, project):
    (project.log_directory / FAILED / "check.1.log").unlink()
    outcome = dataduct("logs")
    assert outcome.exit_code == 2
    path = Path(".dataduct/logs") / FAILED / "check.1.log"
    assert outcome.stderr.endswith(f"error[DD651]: log {path} cannot be read: No such file or directory\n")
