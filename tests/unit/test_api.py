"""What the composition root adds to the floors below: files checked together, runs resumed as they were started."""

import sqlite3
from pathlib import Path

import pytest

from dataduct import api
from dataduct.config.project import Project
from dataduct.errors import ProblemsError, UserError
from dataduct.runs.events import Event, RunStarted, StepFinished

PIPELINE = """
name: words
frequency: daily
variables: {word: hello, broken: "no"}
steps:
  - {step_type: sql-command, name: keep, command: "CREATE TABLE said AS SELECT '{{ var.word }}' AS word"}
  - {step_type: transform, name: fail, command: "test '{{ var.broken }}' = no && test -e mended", depends_on: keep}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with one pipeline whose second step fails until a file is there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dataduct.yml").write_text("project: words\n")
    command = PIPELINE.replace("test -e mended", f"test -e {tmp_path}/mended")
    (tmp_path / "words.yaml").write_text(command)
    return api.open_project(tmp_path)


def run(project: Project, **options: object) -> tuple[str, list[Event]]:
    events: list[Event] = []
    result = api.run(project, project.root / "words.yaml", listener=events.append, **options)  # type: ignore[arg-type]
    return result.status, events


def said(project: Project) -> str:
    import duckdb

    with duckdb.connect(str(project.root / "warehouse.duckdb"), read_only=True) as warehouse:
        row = warehouse.execute("SELECT word FROM said").fetchone()
    assert row is not None
    return str(row[0])


def test_a_resumed_run_keeps_its_run_date_its_variables_and_what_is_done(project: Project) -> None:
    status, events = run(project, run_date="2026-01-05", variables={"word": "bye"})
    assert status == "failed"
    (project.root / "mended").touch()
    status, again = run(project, resume=True)
    assert status == "succeeded"
    first, second = (next(e for e in each if isinstance(e, RunStarted)) for each in (events, again))
    assert (second.run_id, second.run_date, second.resumed) == (first.run_id, "2026-01-05", True)
    done = {event.step: event.seconds for event in again if isinstance(event, StepFinished)}
    assert done["keep"] == 0.0
    assert said(project) == "bye"


def test_there_is_nothing_to_resume_after_a_good_run(project: Project) -> None:
    (project.root / "mended").touch()
    assert run(project)[0] == "succeeded"
    with pytest.raises(UserError, match="nothing to resume") as raised:
        run(project, resume=True)
    assert raised.value.code == "DD516"


def test_resuming_a_run_date_that_never_began_begins_it(project: Project) -> None:
    (project.root / "mended").touch()
    status, events = run(project, resume=True, run_date="2026-01-05")
    assert status == "succeeded"
    assert not next(event for event in events if isinstance(event, RunStarted)).resumed


def test_a_variable_that_held_a_secret_is_asked_for_again(project: Project) -> None:
    project.secrets.add("s3cret-word")
    assert run(project, run_date="2026-01-05", variables={"word": "s3cret-word"})[0] == "failed"
    store = (project.root / ".dataduct" / "runs.sqlite").read_bytes()
    assert b"s3cret-word" not in store
    with pytest.raises(UserError, match="the variable `word` held a secret") as raised:
        run(project, resume=True)
    assert raised.value.code == "DD517"
    (project.root / "mended").touch()
    assert run(project, resume=True, variables={"word": "s3cret-word"})[0] == "succeeded"


def test_two_files_with_one_pipeline_name_are_told(project: Project) -> None:
    (project.root / "more.yaml").write_text("name: words\nsteps: []\n")
    (problem,) = api.validate(project, [project.root / "words.yaml", project.root / "more.yaml"])
    assert problem.code == "DD515"


def test_a_plan_document_survives_a_file(project: Project, tmp_path: Path) -> None:
    plan = api.compile_pipeline(project, project.root / "words.yaml")
    (tmp_path / "plan.json").write_text(api.plan_json(plan))
    assert api.load_plan(tmp_path / "plan.json") == plan


def test_a_plan_file_that_is_missing_is_named(project: Project, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.json cannot be read"):
        api.load_plan(tmp_path / "none.json")


def test_compiling_reports_every_problem_in_the_order_of_lines(project: Project) -> None:
    broken = project.root / "broken.yaml"
    broken.write_text(
        "name: b\nfrequncy: daily\nsteps:\n  - {step_type: upsrt}\n  - {step_type: transform}\n"
    )
    with pytest.raises(ProblemsError) as raised:
        api.compile_pipeline(project, broken)
    lines = [problem.position.line for problem in raised.value.problems if problem.position]
    assert lines == [2, 4, 5]


def test_steps_and_settings_have_schemas() -> None:
    assert {"steps", "name"} <= set(api.pipeline_schema()["properties"])
    assert "warehouse" in api.settings_schema()["properties"]
    assert api.step_type("create-load-redshift") is api.step_type("create-load")


def test_the_run_store_is_a_sqlite_file(project: Project) -> None:
    (project.root / "mended").touch()
    run(project)
    with sqlite3.connect(project.root / ".dataduct" / "runs.sqlite") as store:
        assert store.execute("SELECT status FROM runs").fetchall() == [("succeeded",)]
