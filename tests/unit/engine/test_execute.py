"""Steps executed one by one, as another engine asks for them."""

from pathlib import Path

import pytest
from engine_bench import Bench, PlanBuilder
from sqlalchemy import update

from dataduct.engine.engine import RunOptions, RunResult
from dataduct.engine.execute import execute_step
from dataduct.engine.workbench import Workbench
from dataduct.errors import UserError
from dataduct.plan.plan import BoundPlan
from dataduct.runs.events import RunFinished, RunStarted
from dataduct.runs.schema import runs


def execute(bench: Bench, bound: BoundPlan, step: str, run_id: str = "scheduled") -> RunResult:
    bench.events = []
    with Workbench(bench.project) as workbench:
        return execute_step(
            bound,
            step,
            workbench,
            bench.store,
            options=RunOptions(run_id=run_id),
            listener=bench.events.append,
        )


def test_steps_find_each_other_s_datasets_by_the_run_id(bench: Bench, build: PlanBuilder) -> None:
    plan = build.plan(build.extract(), build.load(), build.upsert())
    for step in ("extract", "load", "upsert"):
        before = bench.queries.latest_run("sales")
        assert before is None or before.status == "incomplete"
        assert execute(bench, plan, step).status == "succeeded"
        assert isinstance(bench.events[0], RunStarted)
        assert isinstance(bench.events[-1], RunFinished)
    assert bench.rows("SELECT COUNT(*) FROM prod.orders") == [(3,)]
    run = bench.queries.run("scheduled")
    assert (run.status, run.pipeline, run.run_date) == ("succeeded", "sales", "2026-01-01")


def test_a_step_executed_twice_loads_once(bench: Bench, build: PlanBuilder) -> None:
    plan = build.plan(build.extract(), build.load(mode="append"))
    for step in ("extract", "load", "load"):
        assert execute(bench, plan, step).status == "succeeded"
    assert execute(bench, plan, "extract", "another").status == "succeeded"
    assert execute(bench, plan, "load", "another").steps == {"load": "already-loaded"}
    assert bench.rows("SELECT COUNT(*) FROM staging.orders") == [(3,)]


def test_a_load_that_another_date_overwrote_can_be_executed_again(bench: Bench, build: PlanBuilder) -> None:
    steps = (build.extract(), build.load(), build.upsert())
    first, second = build.plan(*steps), build.plan(*steps, run_date="2026-01-02")
    for step in ("extract", "load"):
        execute(bench, first, step, "first")
    bench.fill_source([(7, "seven")])
    for step in ("extract", "load", "upsert"):
        execute(bench, second, step, "second")
    refused = execute(bench, first, "upsert", "first").error
    assert refused is not None
    assert refused.code == "DD789"
    for step in ("load", "upsert"):
        assert execute(bench, first, step, "first").status == "succeeded"
    assert bench.rows("SELECT id FROM prod.orders ORDER BY id") == [(1,), (2,), (3,), (7,)]


def test_a_step_whose_input_is_missing_says_which_step_to_run(bench: Bench, build: PlanBuilder) -> None:
    result = execute(bench, build.plan(build.extract(), build.load()), "load")
    assert result.error is not None
    assert (result.error.code, result.error.hint) == ("DD780", "run step `extract` first")
    assert bench.queries.run("scheduled").status == "failed"


def test_a_failed_step_executed_again_mends_the_run(bench: Bench, build: PlanBuilder) -> None:
    plan = build.plan(build.command("a", 'test "$DATADUCT_ATTEMPT" = 2'))
    assert execute(bench, plan, "a").status == "failed"
    assert execute(bench, plan, "a").status == "succeeded"
    assert bench.queries.run("scheduled").status == "succeeded"


def test_a_teardown_step_learns_how_the_run_went(bench: Bench, build: PlanBuilder, tmp_path: Path) -> None:
    tell = 'echo "$DATADUCT_RUN_STATUS $DATADUCT_FAILED_STEP" > $DATADUCT_PROJECT_DIRECTORY/told'
    plan = build.plan(build.command("a", "exit 1"), build.command("tell", tell, phase="teardown"))
    execute(bench, plan, "a")
    execute(bench, plan, "tell")
    assert (tmp_path / "told").read_text() == "failed a\n"


def test_an_unknown_step_is_named_with_the_nearest(bench: Bench, build: PlanBuilder) -> None:
    with pytest.raises(UserError) as caught:
        execute(bench, build.plan(build.extract()), "extrct")
    assert (caught.value.code, caught.value.hint) == ("DD931", "did you mean `extract`?")


def test_a_run_id_of_another_run_date_is_refused(bench: Bench, build: PlanBuilder) -> None:
    execute(bench, build.plan(build.command("a", "true")), "a")
    with pytest.raises(UserError) as caught:
        execute(bench, build.plan(build.command("a", "true"), run_date="2026-01-02"), "a")
    assert caught.value.code == "DD930"


def test_a_run_is_not_joined_in_another_mode(bench: Bench, build: PlanBuilder) -> None:
    plan = build.plan(build.command("a", "true"), build.command("b", "true"))
    execute(bench, plan, "a")
    with bench.store.engine.begin() as connection:
        connection.execute(update(runs).values(mode="test"))
    with pytest.raises(UserError) as caught:
        execute(bench, plan, "b")
    assert caught.value.code == "DD930"
    assert caught.value.message == "run scheduled is in mode `test`, not without a mode"
    assert bench.queries.run("scheduled").status == "incomplete"


def test_a_step_that_fails_ends_the_run(bench: Bench, build: PlanBuilder) -> None:
    plan = build.plan(build.command("a", "exit 1"), build.command("b", "true"))
    execute(bench, plan, "a")
    assert bench.queries.run("scheduled").status == "failed"
