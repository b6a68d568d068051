"""`run` and `execute`: what they ask for, what they tell, and how they end."""

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from dataduct import api
from dataduct.errors import Interrupted, StepTimeoutError, UserError
from dataduct.model.verdict import CheckVerdict
from dataduct.runs.events import RunFinished, RunStarted, StepFinished, StepStarted
from dataduct.runs.records import RecordedVerdict, Run, StepRun

RUN = "20260101T120000-k3f9"
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
VERDICT = CheckVerdict(check="count", passed=True, summary="10 and 10 rows", figures={"source_rows": 10})


class FakeQueries:
    """The run store after the run."""

    def run(self, run_id):
        return Run(id=run_id, pipeline="flights", run_date="2026-01-01", status="succeeded", started_at=NOW)

    def steps(self, run_id):
        return [
            StepRun(
                run_id=run_id,
                step="load",
                step_type="load",
                operation="load-table",
                status="succeeded",
                rows=10,
            )
        ]

    def verdicts(self, run_id):
        return [RecordedVerdict(run_id=run_id, step="check", attempt=1, verdict=VERDICT, measured_at=NOW)]


@pytest.fixture
def engine(project, monkeypatch):
    """An engine that tells of one step and ends as the test says: a status, or an error to raise."""
    Path(project.root, "pipelines").mkdir()
    Path(project.root, "pipelines", "flights.yaml").write_text("name: flights\n")
    fake = SimpleNamespace(ends="succeeded", asked=None, begins=True)

    def run(_, path, *, listener, **asked):
        fake.asked = {"path": path, **asked}
        if fake.begins:
            listener(
                RunStarted(run_id=RUN, pipeline="flights", run_date="2026-01-01", steps=("load", "check"))
            )
            listener(StepStarted(step="load", step_type="load", operation="load-table", attempt=1))
        if isinstance(fake.ends, Exception):
            raise fake.ends
        listener(
            StepFinished(
                step="load", status=fake.ends, seconds=1.5, rows=10, bytes=120, code="DD701", log_file="f/load.1.log",
                message=None if fake.ends == "succeeded" else "row 3: `x` is no INTEGER", details=("INSERT ...",),
            )
        )  # fmt: skip
        listener(RunFinished(run_id=RUN, status=fake.ends, seconds=2))
        return SimpleNamespace(run_id=RUN, status=fake.ends)

    monkeypatch.setattr(api, "run", run)
    monkeypatch.setattr(api, "execute", run)
    monkeypatch.setattr(api, "queries", lambda _: FakeQueries())
    return fake


def test_a_run_that_succeeds(dataduct, engine):
    outcome = dataduct("run", "flights")
    assert (outcome.exit_code, outcome.stdout) == (0, "")
    assert f"run {RUN} succeeded in 2.0 s: 1 done, 1 not started" in outcome.stderr
    assert "to go on" not in outcome.stderr


def test_what_is_asked_of_the_engine(dataduct, engine):
    dataduct(
        "run", "flights", "--run-date", "2026-01-01", "--var", "region=eu", "--var", "where=a=b", "--select", "load+",
        "--select", "+check", "--resume", "--force", "--workers", "3",
    )  # fmt: skip
    assert engine.asked == {
        "path": Path("pipelines/flights.yaml"),
        "run_date": "2026-01-01",
        "variables": {"region": "eu", "where": "a=b"},
        "select": ("load+", "+check"),
        "resume": True,
        "force": True,
        "workers": 3,
    }


def test_a_run_that_fails_ends_with_the_command_to_go_on(dataduct, engine):
    engine.ends = "failed"
    outcome = dataduct(
        "run", "flights", "-m", "prod", "--var", "note=two words", "--var", "key=s3cret", "--select", "load"
    )
    assert outcome.exit_code == 1
    assert outcome.stderr.partition("\n\n")[2] == (
        f"failed: load of run {RUN}\n"
        "  error[DD701]: row 3: `x` is no INTEGER\n"
        "    INSERT ...\n"
        "  log: .dataduct/logs/f/load.1.log\n"
        "\n"
        "did not run: check\n"
        "to go on:    dataduct run pipelines/flights.yaml --run-date 2026-01-01 --resume '--var=note=two words' "
        "'--var=key=***' --select=load --mode prod\n"
    )


@pytest.mark.parametrize(
    ("error", "code", "first"),
    [
        (Interrupted("stopped by SIGTERM", code="DD910"), 130, "interrupted[DD910]: stopped by SIGTERM"),
        (
            StepTimeoutError("the run took longer than 1 h", code="DD912"),
            1,
            "error[DD912]: the run took longer than 1 h",
        ),
    ],
)
def test_a_run_that_is_stopped(dataduct, engine, error, code, first):
    engine.ends = error
    outcome = dataduct("run", "flights", "--json")
    assert outcome.exit_code == code
    assert first in outcome.stderr
    assert "--run-date 2026-01-01 --resume" in outcome.stderr
    assert json.loads(outcome.stdout)["run"]["id"] == RUN


def test_a_run_that_never_began(dataduct, engine):
    engine.begins, engine.ends = False, UserError("the run date `x` is no date", code="DD512")
    outcome = dataduct("run", "flights", "--json")
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert outcome.stderr == "error[DD512]: the run date `x` is no date\n"


def test_the_document_of_a_run(dataduct, engine):
    document = json.loads(dataduct("run", "flights", "--json").stdout)
    assert document["run"] == {
        "id": RUN, "pipeline": "flights", "run_date": "2026-01-01", "status": "succeeded",
        "started_at": "2026-01-01T12:00:00Z", "finished_at": None, "error": None, "mode": None, "partial": False,
    }  # fmt: skip
    assert document["steps"][0]["rows"] == 10
    assert document["verdicts"] == [
        {"step": "check", "attempt": 1, "measured_at": "2026-01-01T12:00:00Z", "check": "count", "passed": True,
         "summary": "10 and 10 rows", "figures": {"source_rows": 10}, "examples": []},
    ]  # fmt: skip


def test_one_step_of_a_plan(dataduct, engine, tmp_path):
    (tmp_path / "plan.json").write_text("{}")
    outcome = dataduct("execute", "plan.json", "--step", "load", "--run-date", "2026-01-01", "--run-id", "r1")
    assert outcome.exit_code == 0
    assert engine.asked == {
        "path": Path("plan.json"), "step": "load", "run_date": "2026-01-01", "run_id": "r1", "variables": {},
    }  # fmt: skip


def test_one_step_that_fails(dataduct, engine, tmp_path):
    (tmp_path / "plan.json").write_text("{}")
    engine.ends = "failed"
    outcome = dataduct("execute", "plan.json", "--step", "load", "--run-date", "2026-01-01")
    assert outcome.exit_code == 1
    assert f"dataduct execute plan.json --step load --run-date 2026-01-01 --run-id {RUN}\n" in outcome.stderr


@pytest.mark.parametrize(
    "written",
    ["flights", "flights.yaml", "pipelines/flights", "pipelines/flights.yaml", "./pipelines/flights.yaml"],
)
def test_a_pipeline_is_a_path_or_a_bare_name(dataduct, engine, written):
    dataduct("run", written)
    assert engine.asked["path"] == Path("pipelines/flights.yaml")


def test_pipelines_are_found_from_a_directory_of_the_project(dataduct, engine, project, monkeypatch):
    below = project.root / "tables" / "deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    dataduct("run", "flights")
    assert engine.asked["path"] == project.root / "pipelines" / "flights.yaml"


def test_paths_are_looked_up_in_the_project_that_is_given(
    dataduct, engine, project, monkeypatch, tmp_path_factory
):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    dataduct("-C", str(project.root), "run", "pipelines/flights.yaml")
    assert engine.asked["path"] == project.root / "pipelines" / "flights.yaml"


@pytest.mark.parametrize("written", ["flihgts", "pipelines/flihgts.yaml", "flight.yml"])
def test_the_nearest_pipeline_is_named(dataduct, engine, written):
    outcome = dataduct("run", written)
    assert outcome.exit_code == 2
    assert outcome.stderr.startswith(f"error[DD950]: there is no pipeline file `{written}`\n  looked for: ")
    assert outcome.stderr.endswith("  hint: did you mean `pipelines/flights.yaml`?\n")


def test_without_a_near_name_the_pipelines_are_listed(dataduct, engine):
    assert dataduct("run", "zzz").stderr.endswith("  hint: pipelines here: pipelines/flights.yaml\n")
