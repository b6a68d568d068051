"""Listing runs stays instant however many there are: every query finds its rows through an index."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, text

from dataduct.runs.queries import RunQueries
from dataduct.runs.store import RunStore, open_store

FULL_SCAN = re.compile(r"SCAN (runs|other|step_runs|attempts|statements|verdicts)(?! USING)")
RUNS, STEPS = 10_000, 20

FILL = (
    f"""INSERT INTO runs (id, pipeline, run_date, status, started_at)
        WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {RUNS - 1})
        SELECT printf('run-%06d', i), 'pipeline-' || (i % 30), date('2020-01-01', '+' || (i / 30) || ' days'),
               CASE i % 10 WHEN 0 THEN 'failed' ELSE 'succeeded' END,
               strftime('%Y-%m-%d %H:%M:%f000', '2020-01-01', '+' || i || ' minutes')
        FROM n""",
    f"""INSERT INTO step_runs (run_id, step, position, step_type, operation, status, attempts)
        WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {STEPS - 1})
        SELECT runs.id, 'step-' || i, i, 'load', 'load-table', 'succeeded', 1 FROM runs, n""",
    """INSERT INTO attempts (run_id, step, number, status, started_at)
        SELECT run_id, step, 1, 'succeeded', '2020-01-01 00:00:00.000000' FROM step_runs""",
    "ANALYZE",
)

QUESTIONS: dict[str, Callable[[RunQueries], object]] = {
    "recent runs": lambda queries: queries.recent_runs(),
    "recent runs of a pipeline": lambda queries: queries.recent_runs("pipeline-3"),
    "recent runs that failed": lambda queries: queries.recent_runs(status="failed"),
    "recent runs of a pipeline that failed": lambda queries: queries.recent_runs(
        "pipeline-3", status="failed"
    ),
    "running": lambda queries: queries.recent_runs(status="running"),
    "interrupted": lambda queries: queries.recent_runs(status="interrupted"),
    "a run by prefix": lambda queries: queries.run("run-005000"),
    "the latest run": lambda queries: queries.latest_run("pipeline-3"),
    "the latest run of a run date": lambda queries: queries.latest_run("pipeline-3", "2020-06-01"),
    "the run for a day": lambda queries: queries.run_for("pipeline-3", "2020-06-01", None),
    "the run for a time": lambda queries: queries.run_for("pipeline-3", "2020-06-01T10:00", "test"),
    "a resumable run": lambda queries: queries.resumable_run("pipeline-3", None, None),
    "the run dates that succeeded": lambda queries: queries.succeeded_run_dates("pipeline-3", "test"),
    "steps": lambda queries: queries.steps("run-005000"),
    "attempts": lambda queries: queries.attempts("run-005000", "step-3"),
    "statements": lambda queries: queries.statements("run-005000", "step-3"),
    "verdicts": lambda queries: queries.verdicts("run-005000"),
    "pipelines": lambda queries: queries.pipelines(),
}


@pytest.fixture(scope="module")
def full_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunStore]:
    path: Path = tmp_path_factory.mktemp("runs") / "runs.sqlite"
    store = open_store(path)
    with store.engine.connect().execution_options(writes=True) as connection, connection.begin():
        for statement in FILL:
            connection.exec_driver_sql(statement)
    yield store
    store.close()


def query_plan(store: RunStore, question: str) -> list[str]:
    """Ask the question and return how SQLite finds the rows of each of its queries."""
    asked: list[tuple[str, object]] = []

    def note(_: object, __: object, statement: str, parameters: object, *___: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(store.engine, "before_cursor_execute", note)
    QUESTIONS[question](RunQueries(store))
    event.remove(store.engine, "before_cursor_execute", note)
    assert asked
    with store.engine.connect() as connection:
        return [
            row[3]
            for statement, parameters in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]


def test_the_store_is_as_full_as_it_should_be(full_store: RunStore) -> None:
    with full_store.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM step_runs")) == RUNS * STEPS


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_is_answered_through_an_index(full_store: RunStore, question: str) -> None:
    lines = query_plan(full_store, question)
    assert not [line for line in lines if FULL_SCAN.match(line)], lines


@pytest.mark.parametrize(
    "question", [name for name in QUESTIONS if name.startswith(("recent", "the latest"))]
)
def test_newest_first_needs_no_sorting(full_store: RunStore, question: str) -> None:
    lines = query_plan(full_store, question)
    assert not [line for line in lines if "TEMP B-TREE" in line], lines


@pytest.mark.parametrize(
    ("question", "index"),
    [
        ("recent runs", "runs_by_start"),
        ("recent runs of a pipeline", "runs_by_pipeline"),
        ("recent runs that failed", "runs_by_status"),
        ("running", "runs_by_status"),
        ("the latest run", "runs_by_pipeline"),
        ("the latest run of a run date", "runs_by_run_date"),
        ("pipelines", "COVERING INDEX runs_by_outcome"),
    ],
)
def test_each_index_earns_its_place(full_store: RunStore, question: str, index: str) -> None:
    lines = query_plan(full_store, question)
    assert any(f"{index} " in f"{line} " for line in lines), lines
