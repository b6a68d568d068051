"""Loads are committed exactly once, whatever is run again."""

from dataclasses import replace

import pytest
from engine_bench import PRODUCTION, STAGING, Bench, PlanBuilder
from sqlalchemy import delete

from dataduct.model.operations import LoadTable, RunSql, SqlStatement
from dataduct.model.table import Column, ColumnType
from dataduct.runs.schema import step_runs

PRODUCED = "SELECT id, name FROM prod.orders ORDER BY id"
STAGED = "SELECT id, name FROM staging.orders ORDER BY id"
LOADS = "SELECT step, run_date, run_id FROM dataduct.loads ORDER BY step, run_date"


def three_steps(build: PlanBuilder, run_date: str = "2026-01-01"):
    return build.plan(build.extract(), build.load(), build.upsert(), run_date=run_date)


def test_rows_go_from_the_source_into_the_tables(bench: Bench, build: PlanBuilder) -> None:
    result = bench.run(three_steps(build))
    assert result.status == "succeeded"
    assert bench.rows(PRODUCED) == [(1, "one"), (2, "two"), (3, "three")]
    assert [bench.finished(step).rows for step in ("extract", "load", "upsert")] == [3, 3, 3]
    assert bench.rows(LOADS) == [("load", "2026-01-01", "run-1"), ("upsert", "2026-01-01", "run-1")]
    assert bench.queries.run("run-1").status == "succeeded"
    purposes = [statement.text.split()[0] for statement in bench.queries.statements("run-1", "upsert")]
    assert purposes == ["DELETE", "INSERT"]


def test_a_replay_of_a_run_date_changes_nothing(bench: Bench, build: PlanBuilder) -> None:
    bench.run(three_steps(build))
    bench.fill_source([(9, "later")])
    result = bench.run(three_steps(build), run_id="run-2")
    assert result.steps == dict.fromkeys(("extract", "load", "upsert"), "already-loaded")
    assert "already loaded by run run-1 on " in (bench.finished("load").message or "")
    assert bench.rows(STAGED) == bench.rows(PRODUCED) == [(1, "one"), (2, "two"), (3, "three")]
    assert {run_id for _, _, run_id in bench.rows(LOADS)} == {"run-1"}


def test_force_loads_again_and_replaces_the_loads_rows(bench: Bench, build: PlanBuilder) -> None:
    bench.run(three_steps(build))
    bench.fill_source([(2, "zwei"), (4, "four")])
    assert bench.run(three_steps(build), run_id="run-2", force=True).status == "succeeded"
    assert bench.rows(STAGED) == [(2, "zwei"), (4, "four")]
    assert bench.rows(PRODUCED) == [(1, "one"), (2, "zwei"), (3, "three"), (4, "four")]
    assert [run_id for _, _, run_id in bench.rows(LOADS)] == ["run-2", "run-2"]


def test_a_crash_between_the_commit_and_its_mark_loads_nothing_twice(
    bench: Bench, build: PlanBuilder
) -> None:
    plan = build.plan(build.extract(), build.load(mode="append"), build.command("last", "exit 1", "load"))
    assert bench.run(plan).status == "failed"
    with bench.store.engine.begin() as connection:
        connection.execute(delete(step_runs).where(step_runs.c.step == "load"))
    mended = build.plan(build.extract(), build.load(mode="append"), build.command("last", "exit 0", "load"))
    result = bench.run(mended, resume=True)
    assert result.steps == {"extract": "succeeded", "load": "already-loaded", "last": "succeeded"}
    assert len(bench.rows(STAGED)) == 3


def test_resume_repeats_only_what_is_not_done(bench: Bench, build: PlanBuilder) -> None:
    broken = replace(build.upsert(), operation=RunSql(statements=(SqlStatement(text="SELECT nonsense"),)))
    assert bench.run(build.plan(build.extract(), build.load(), broken)).status == "failed"
    bench.fill_source([(9, "not for this run")])
    result = bench.run(three_steps(build), resume=True)
    assert result.steps == dict.fromkeys(("extract", "load", "upsert"), "succeeded")
    assert bench.finished("extract").message == "done before this run was resumed"
    assert bench.finished("extract").seconds == 0
    assert bench.rows(PRODUCED) == [(1, "one"), (2, "two"), (3, "three")]
    assert [step.attempts for step in bench.queries.steps("run-1")] == [1, 1, 2]


def test_a_resumed_run_of_another_plan_is_refused(bench: Bench, build: PlanBuilder) -> None:
    from dataduct.errors import UserError

    bench.run(build.plan(build.command("a", "exit 1")))
    with pytest.raises(UserError) as caught:
        bench.run(build.plan(build.command("a", "true"), build.command("b", "true")), resume=True)
    assert caught.value.code == "DD930"
    assert caught.value.details == ("new: `b`",)


def test_staging_that_a_later_date_overwrote_is_loaded_again_for_the_earlier_one(
    bench: Bench, build: PlanBuilder
) -> None:
    broken = build.plan(
        build.extract(),
        build.load(),
        replace(build.upsert(), operation=RunSql(statements=(SqlStatement(text="x"),))),
    )
    assert bench.run(broken).status == "failed"
    bench.fill_source([(7, "of the second")])
    assert bench.run(three_steps(build, "2026-01-02"), run_id="run-2").status == "succeeded"
    result = bench.run(three_steps(build), resume=True)
    assert result.status == "succeeded"
    assert bench.finished("load").message is None
    assert bench.rows(PRODUCED) == [(1, "one"), (2, "two"), (3, "three"), (7, "of the second")]


def test_an_upsert_from_overwritten_staging_is_refused(bench: Bench, build: PlanBuilder) -> None:
    bench.run(
        build.plan(build.extract(), build.load(), build.upsert()), select=frozenset({"extract", "load"})
    )
    bench.run(three_steps(build, "2026-01-02"), run_id="run-2")
    result = bench.run(three_steps(build), run_id="run-3", select=frozenset({"upsert"}))
    assert result.error is not None
    assert result.error.code == "DD789"


def test_a_failed_script_leaves_nothing(bench: Bench, build: PlanBuilder) -> None:
    script = RunSql(
        creates=(PRODUCTION,),
        statements=(
            SqlStatement(text="INSERT INTO prod.orders VALUES (%s, %s)"),
            SqlStatement(text="SELECT nonsense"),
        ),
        parameters=(1, "it's"),
        table=PRODUCTION.name,
        writes=(PRODUCTION.name,),
    )
    result = bench.run(build.plan(build.step("script", script)))
    assert result.status == "failed"
    assert bench.rows("SELECT 1 FROM information_schema.tables WHERE table_name IN ('orders', 'loads')") == []


def test_a_script_without_a_transaction_keeps_each_statement(bench: Bench, build: PlanBuilder) -> None:
    script = RunSql(
        creates=(PRODUCTION,),
        statements=(
            SqlStatement(text="INSERT INTO prod.orders VALUES (1, 'a')"),
            SqlStatement(text="SELECT nonsense"),
        ),
        table=PRODUCTION.name,
        in_transaction=False,
        after_commit=(SqlStatement(text="ANALYZE prod.orders"),),
    )
    plan = build.plan(build.step("script", script))
    assert bench.run(plan).status == "failed"
    assert bench.rows(PRODUCED) == [(1, "a")]
    good = replace(script, statements=(SqlStatement(text="DELETE FROM prod.orders"),))
    assert bench.run(build.plan(build.step("script", good)), run_id="run-2").status == "succeeded"
    assert bench.rows(PRODUCED) == []
    assert [step for step, _, _ in bench.rows(LOADS)] == ["script"]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("replace", [(2, "two"), (9, "nine")]),
        ("overwrite-existing", [(1, "old"), (2, "two"), (9, "nine")]),
        ("keep-existing", [(1, "old"), (2, "old"), (9, "nine")]),
    ],
)
def test_the_modes_treat_existing_rows(bench: Bench, build: PlanBuilder, mode, expected) -> None:
    bench.write(
        "CREATE SCHEMA staging",
        "CREATE TABLE staging.orders (id INTEGER NOT NULL, name VARCHAR)",
        "INSERT INTO staging.orders VALUES (1, 'old'), (2, 'old')",
    )
    bench.fill_source([(2, "two"), (9, "nine")])
    assert bench.run(build.plan(build.extract(), build.load(mode=mode))).error is None
    assert bench.rows(STAGED) == expected


def test_a_key_that_stands_twice_cannot_overwrite(bench: Bench, build: PlanBuilder) -> None:
    bench.fill_source([(1, "a"), (1, "b")])
    result = bench.run(build.plan(build.extract(), build.load(mode="overwrite-existing")))
    assert result.error is not None
    assert (result.error.code, result.error.details) == ("DD788", ("id=1: 2 rows",))


def test_a_mode_that_needs_a_key_without_one_is_refused(bench: Bench, build: PlanBuilder) -> None:
    keyless = replace(STAGING, primary_key=())
    result = bench.run(build.plan(build.extract(), build.load(mode="keep-existing", definition=keyless)))
    assert result.error is not None
    assert result.error.code == "DD786"


def test_a_missing_table_without_a_definition_is_named(bench: Bench, build: PlanBuilder) -> None:
    load = build.load()
    assert isinstance(load.operation, LoadTable)
    bare = replace(load, operation=replace(load.operation, definition=None))
    result = bench.run(build.plan(build.extract(), bare))
    assert result.error is not None
    assert (result.error.code, result.error.message) == ("DD785", "table staging.orders does not exist")


def test_a_row_that_does_not_fit_rolls_back_the_load(bench: Bench, build: PlanBuilder) -> None:
    bench.run(three_steps(build))
    bench.fill_source([(1, "x" * 50)])
    result = bench.run(three_steps(build, "2026-01-02"), run_id="run-2")
    assert result.steps == {"extract": "succeeded", "load": "failed", "upsert": "skipped"}
    assert bench.finished("upsert").message == "step `load` failed"
    assert len(bench.rows(STAGED)) == 3


def test_a_table_that_differs_from_its_definition_is_an_error(bench: Bench, build: PlanBuilder) -> None:
    bench.run(three_steps(build))
    wider = replace(STAGING, columns=(*STAGING.columns, Column(name="more", type=ColumnType("INTEGER"))))
    plan = build.plan(build.extract(), build.load(definition=wider), run_date="2026-01-02")
    result = bench.run(plan, run_id="run-2")
    assert result.error is not None
    assert result.error.code == "DD711"


def test_the_warehouse_stays_closed_if_no_step_writes_a_table(bench: Bench, build: PlanBuilder) -> None:
    assert bench.run(build.plan(build.extract(), build.command("a", "true"))).status == "succeeded"
    assert not (bench.root / "warehouse.duckdb").exists()
