"""A step that was edited after its rows were loaded: it is kept, and the user is told."""

from dataclasses import replace
from pathlib import Path

import pytest
from engine_bench import STAGING, Bench, PlanBuilder
from sqlalchemy import update

from dataduct.config.project import Project
from dataduct.config.settings import Settings
from dataduct.engine.fingerprints import difference, fingerprint
from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import Extract, RunSql, SqlStatement
from dataduct.plan.plan import BoundPlan, PlanStep
from dataduct.runs.events import RunFinished, RunWarned
from dataduct.runs.schema import step_runs

SELECT = Extract(connection="shop", query="SELECT 1", output=DatasetRef("a", "a"))


def script(build: PlanBuilder, text: str, name: str = "mk") -> PlanStep:
    operation = RunSql(
        creates=(STAGING,),
        statements=(SqlStatement(text=text),),
        table=STAGING.name,
        writes=(STAGING.name,),
    )
    return build.step(name, operation)


def one_script(build: PlanBuilder, number: int) -> BoundPlan:
    return build.plan(script(build, f"INSERT INTO staging.orders VALUES ({number}, 'x')"))


def warnings(bench: Bench) -> list[str]:
    return [event.message for event in bench.events if isinstance(event, RunWarned)]


def test_the_note_says_what_differs_and_the_run_s_end_repeats_it(bench: Bench, build: PlanBuilder) -> None:
    bench.run(one_script(build, 1))
    result = bench.run(one_script(build, 2), run_id="run-2")
    assert result.steps == {"mk": "already-loaded"}
    note = bench.finished("mk").message or ""
    assert note.startswith("already loaded by run run-1 on ")
    assert note.endswith("; the step has changed since (its SQL differs): --force loads with the new one")
    assert warnings(bench) == [
        "`mk` (its SQL differs) has changed since the run that did it for 2026-01-01, and did not run: use --force"
    ]
    assert isinstance(bench.events[-1], RunFinished)
    assert bench.rows("SELECT id FROM staging.orders") == [(1,)]


def test_force_loads_with_the_new_one_and_the_next_run_says_nothing(bench: Bench, build: PlanBuilder) -> None:
    bench.run(one_script(build, 1))
    bench.run(one_script(build, 2), run_id="run-2", force=True)
    assert warnings(bench) == []
    bench.run(one_script(build, 2), run_id="run-3")
    assert warnings(bench) == []
    assert (bench.finished("mk").message or "").endswith("; use --force to load again")


def test_an_extract_whose_rows_are_loaded_is_told_too(bench: Bench, build: PlanBuilder) -> None:
    bench.run(build.plan(build.extract(), build.load()))
    edited = build.extract(query="SELECT id, name FROM orders WHERE id > 1")
    bench.run(build.plan(edited, build.load()), run_id="run-2")
    assert bench.finished("extract").message == (
        "not needed: its rows are loaded already; the step has changed since (its SQL differs): "
        "--force loads with the new one"
    )
    assert "changed" not in (bench.finished("load").message or "")


def test_a_step_that_a_resumed_run_did_before_is_told_too(bench: Bench, build: PlanBuilder) -> None:
    last = build.command("last", "exit 1", "mk")
    first = script(build, "INSERT INTO staging.orders VALUES (1, 'x')")
    bench.run(build.plan(first, last))
    edited = script(build, "INSERT INTO staging.orders VALUES (2, 'x')")
    bench.run(build.plan(edited, build.command("last", "exit 0", "mk")), resume=True)
    assert bench.finished("mk").message == (
        "done before this run was resumed; the step has changed since (its SQL differs): "
        "a new run with --force runs the new one"
    )
    assert bench.finished("last").status == "succeeded"


def test_nothing_is_said_of_a_run_that_is_not_known(bench: Bench, build: PlanBuilder) -> None:
    bench.run(one_script(build, 1))
    with bench.store.engine.begin() as connection:
        connection.execute(update(step_runs).values(fingerprint=None))
    bench.run(one_script(build, 2), run_id="run-2")
    assert warnings(bench) == []


def test_where_a_step_stands_does_not_count(tmp_path: Path) -> None:
    project = Project(root=tmp_path, settings=Settings())
    moved = replace(STAGING, source="elsewhere.sql")
    before = RunSql(statements=(), creates=(STAGING,))
    after = RunSql(statements=(), creates=(moved,))
    assert fingerprint(before, project) == fingerprint(after, project)


def test_the_project_s_directory_and_secrets_do_not_count(tmp_path: Path) -> None:
    prints = []
    for name, password in (("here", "hunter2"), ("there", "letmein9")):
        project = Project(root=tmp_path / name, settings=Settings())
        project.secrets.add(password)
        query = f"SELECT '{tmp_path / name}/file', '{password}'"
        prints.append(fingerprint(replace(SELECT, query=query), project))
    assert prints[0] == prints[1]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, None),
        ({"query": "SELECT 2"}, "its SQL differs"),
        ({"connection": "depot", "query": "SELECT 2"}, "its SQL and connection differ"),
        ({"output": DatasetRef("b", "b")}, "its output differs"),
    ],
)
def test_what_differs_is_named(tmp_path: Path, changes: dict[str, object], told: str | None) -> None:
    project = Project(root=tmp_path, settings=Settings())
    assert difference(fingerprint(SELECT, project), fingerprint(replace(SELECT, **changes), project)) == told


def test_a_run_of_some_steps_is_partial_until_the_others_are_done(bench: Bench, build: PlanBuilder) -> None:
    plan = build.plan(build.command("a", "true"), build.command("b", "exit 1"), build.command("c", "true"))
    assert bench.run(plan, select=frozenset({"a"})).status == "succeeded"
    assert bench.queries.run("run-1").partial
    assert bench.run(plan, "run-2", select=frozenset({"a", "b"})).status == "failed"
    mended = build.plan(build.command("a", "true"), build.command("b", "true"), build.command("c", "true"))
    bench.run(mended, "run-2", select=frozenset({"b"}), resume=True)
    assert bench.queries.run("run-2").partial
    bench.run(mended, "run-2", select=frozenset({"c"}), resume=True)
    assert not bench.queries.run("run-2").partial
