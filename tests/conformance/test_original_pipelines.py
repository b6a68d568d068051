"""Every pipeline that was recorded of the original Dataduct, compiled and run by ours.

Steps, order, schedule and what is in the tables at the end agree, or differ in a way that docs/migration.md lists.
The teardown that the original added to every pipeline (`echo Finished Pipeline`) is left out of all comparisons, and
names that the original made up are compared by the place of their step.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from original_database import DuckDbDatabase, OriginalDatabase, PostgresDatabase, Rows
from original_project import COURSES, DISCUSSIONS, DUCKDB, TEST_TABLE_1, put_programs_on_path, write_project
from original_record import ORIGINAL, STEP_CLASSES, RecordedPipeline, recorded_names

from conformance.summary import VERDICT
from dataduct import api
from dataduct.migration.differences import DIFFERENCES as KNOWN_DIFFERENCES
from dataduct.plan.plan import Plan
from projects import Project

pytestmark = pytest.mark.skipif(not ORIGINAL.is_dir(), reason="the record of the original is not at hand")

DIFFERENCES = {
    "blog_rds_upsert_implicit": {"order-by-table"},
    "example_custom_extract_local": {"custom-step-type"},
}
"""What differs on purpose, by the names of the list in `dataduct.migration.differences`."""


@pytest.fixture(params=recorded_names() or ["none"])
def record(request: pytest.FixtureRequest) -> RecordedPipeline:
    return RecordedPipeline(request.param)


def test_steps_order_and_schedule(record, empty, monkeypatch, record_property):
    record_property(VERDICT, (record.name, "agrees"))
    write_project(empty)
    monkeypatch.setenv("OPERATIONAL_PASSWORD", "none")
    plan = api.compile_pipeline(api.open_project(), Path(record.file.name))
    places = places_of(plan)
    differences = {
        *_differing_types(plan, places, record),
        *_more_edges(plan, places, record),
    }
    assert sorted(set(places.values())) == [step.place for step in record.steps]
    assert record.edges <= with_paths(edges_of(plan, places))
    assert {places[step.name] for step in plan.steps if step.phase == "bootstrap"} == {
        step.place for step in record.steps if step.is_bootstrap
    }
    assert (plan.schedule.period, plan.schedule.load_time) == (record.period, record.load_time)
    assert differences == DIFFERENCES.get(record.name, set())
    for difference in differences:
        record_property(VERDICT, (record.name, difference))


def _differing_types(plan: Plan, places: dict[str, int], record: RecordedPipeline) -> set[str]:
    """Return what differs in the steps' types; a type that the record does not allow fails."""
    for step in plan.steps:
        if step.parent is None or step.parent in {other.name for other in plan.steps}:
            assert step.step_type in STEP_CLASSES[record.steps[places[step.name]].class_name], step.name
    classes = {step.class_name for step in record.steps}
    return {"custom-step-type"} if "CustomExtractLocalStep" in classes else set()


def _more_edges(plan: Plan, places: dict[str, int], record: RecordedPipeline) -> set[str]:
    """Return the difference that steps wait for the writers of their tables, if ours wait for more than theirs."""
    more = edges_of(plan, places) - with_paths(record.edges)
    by_table = {
        (places[edge.step], places[step.name])
        for step in plan.steps
        for edge in step.depends_on
        if edge.reason == "table"
    }
    assert more <= by_table
    return {"order-by-table"} if more else set()


def places_of(plan: Plan) -> dict[str, int]:
    """Return the place in the file of each of the plan's steps; the parts of one step share its place."""
    lines: dict[str, int] = {}
    for step in plan.steps:
        assert step.position is not None
        whole = step.parent or step.name
        lines[whole] = min(lines.get(whole, step.position.line), step.position.line)
    order = sorted(lines, key=lambda name: lines[name])
    return {step.name: order.index(step.parent or step.name) for step in plan.steps}


def edges_of(plan: Plan, places: dict[str, int]) -> set[tuple[int, int]]:
    found = {(places[edge.step], places[step.name]) for step in plan.steps for edge in step.depends_on}
    return {(before, after) for before, after in found if before != after}


def with_paths(edges: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return the edges, and an edge for every path of them."""
    reached = set(edges)
    while more := {(a, d) for a, b in reached for c, d in reached if b == c} - reached:
        reached |= more
    return reached


# --- what is in the tables at the end ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Effect:
    """A pipeline that writes tables.

    Attributes:
        held: Rows that tables hold before it runs, by table.
        loads: Rows that the original's step copies into its table, by the step's id and table.
        parameters: Values of the `%s` of a step.
        failing: Type of the check that these rows fail, or None.
    """

    held: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    loads: dict[tuple[str, str], Sequence[tuple[Any, ...]]] = field(default_factory=dict)
    parameters: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    failing: str | None = None


_OLD_COURSES = [(2, "biology-101", "Biology", "2012-01-01 00:00:00"), (9, "zoology", None, None)]
_OLD_POSTS = [("p2", 1, "old", "2010-01-01 00:00:00", "replaced"), ("p9", 2, "old", None, None)]
_TEST_TABLE = {"dev.test_table": [(-1, "below zero"), (9, "nine")]}
_TEST_TABLE_2 = {"dev.test_table_2": [(2, "two"), (3, "three"), (5, None)]}
_LOAD_TEST_TABLE = {("CreateAndLoadStep0", "dev.test_table"): TEST_TABLE_1}
_COURSES = Effect(
    held={"prod.courses": _OLD_COURSES},
    loads={("CreateAndLoadStep0", "staging.courses"): COURSES},
    failing="count-check",
)

EFFECTS = {
    "blog_rds_upsert": _COURSES,
    "blog_rds_upsert_implicit": _COURSES,
    "cassandra_emr": Effect(
        held={"prod.discussion_posts": _OLD_POSTS, "prod.discussion_answers": _OLD_POSTS},
        loads={
            (f"load_{what}", f"staging.discussion_{what}"): DISCUSSIONS
            for what in ("posts", "votes", "answers")
        },
    ),
    "example_create_and_load_redshift": Effect(held=_TEST_TABLE, loads=_LOAD_TEST_TABLE),
    "example_create_update_sql": Effect(
        held=_TEST_TABLE | _TEST_TABLE_2, parameters={"CreateUpdateSqlStep0": (4,)}
    ),
    "example_load_redshift": Effect(
        held=_TEST_TABLE, loads={("LoadRedshiftStep0", "dev.test_table"): TEST_TABLE_1}
    ),
    "example_load_reload_pk": Effect(
        held=_TEST_TABLE_2,
        loads={("LoadReloadAndPrimaryKeyStep0", "dev.test_table"): TEST_TABLE_1},
    ),
    "example_reload": Effect(held=_TEST_TABLE_2, loads=_LOAD_TEST_TABLE),
    "example_sql_command": Effect(held=_TEST_TABLE),
    "example_upsert": Effect(held=_TEST_TABLE_2, loads=_LOAD_TEST_TABLE),
}
READERS = {
    "example_bootstrap", "example_column_check", "example_count_check", "example_custom_extract_local",
    "example_double_input", "example_double_output", "example_emr_streaming", "example_extract_local",
    "example_extract_postgres", "example_extract_rds", "example_extract_redshift", "example_extract_s3",
    "example_failed_pipeline", "example_load_postgres", "example_pipeline_dependency", "example_primary_key_check",
    "example_transform",
}  # fmt: skip
"""Examples that write no table of the warehouse."""

_DEFINITIONS = {
    "dev.test_table": "CREATE TABLE dev.test_table (id INTEGER PRIMARY KEY, description VARCHAR(255))",
    "dev.test_table_2": "CREATE TABLE dev.test_table_2 (id INTEGER PRIMARY KEY, description VARCHAR(255))",
}


def test_every_difference_is_a_documented_one():
    assert {difference for found in DIFFERENCES.values() for difference in found} <= {
        each.id for each in KNOWN_DIFFERENCES
    }


def test_every_pipeline_either_writes_tables_or_not():
    assert {*EFFECTS} | READERS == set(recorded_names())
    assert not {*EFFECTS} & READERS


Warehouse = tuple[str, OriginalDatabase, OriginalDatabase]


@pytest.fixture(params=["duckdb", "postgres"])
def warehouse(
    request: pytest.FixtureRequest, tmp_path: Path, empty: Project, monkeypatch: Any
) -> Iterator[Warehouse]:
    """The settings of an empty warehouse, the same as a database, and another empty database for the original."""
    ours: OriginalDatabase
    theirs: OriginalDatabase
    if request.param == "duckdb":
        settings = DUCKDB
        ours = DuckDbDatabase(empty.root / "warehouse.duckdb")
        theirs = DuckDbDatabase(tmp_path / "original.duckdb")
    else:
        server = request.getfixturevalue("postgres_server")
        name = server.fresh_database("conformance")
        monkeypatch.setenv("WAREHOUSE_PASSWORD", server.password)
        settings = (
            f"{{type: postgres, host: {server.host}, port: {server.port}, user: {server.user}, database: {name}, "
            'password: "${env:WAREHOUSE_PASSWORD}"}'
        )
        ours = PostgresDatabase(server, name)
        theirs = PostgresDatabase(server, server.fresh_database("original"))
    yield settings, ours, theirs
    ours.close()
    theirs.close()


@pytest.mark.parametrize("name", EFFECTS)
def test_tables_at_the_end(name, warehouse, empty, monkeypatch, record_property):
    record_property(VERDICT, (name, "agrees"))
    record, effect = RecordedPipeline(name), EFFECTS[name]
    settings, ours, theirs = warehouse
    definitions = _DEFINITIONS | record.definitions()
    for database in (ours, theirs):
        for table, rows in effect.held.items():
            database.create(definitions[table])
            database.load(table, rows)
    expected = replayed(record, effect, theirs)
    assert ours.tables() == {table: expected[table] for table in effect.held}, "both begin with the same rows"

    write_project(empty, settings)
    put_programs_on_path(empty, monkeypatch)
    ended = empty("run", record.file.name, "--run-date", "2026-01-01")
    assert ended.exit_code == (1 if effect.failing else 0), ended.text
    failed = {step for step, status in empty.steps().items() if status == "failed"}
    assert [step.removesuffix("-prod.courses") for step in failed] == (
        [effect.failing] if effect.failing else []
    )

    assert ours.tables() == theirs.tables()


def replayed(record: RecordedPipeline, effect: Effect, database: OriginalDatabase) -> Rows:
    """Do what the original's steps did, one after the other; return the tables as they were before."""
    before = database.tables()
    for step in record.steps:
        texts = list(record.sql_of(step))
        for sql in texts:
            if sql.kind == "table_definition":
                database.create(sql.text)
        for (loading, table), rows in effect.loads.items():
            if loading == step.id:
                database.load(table, rows)
        for sql in texts:
            if sql.kind in ("sql", "sql (uploaded at create time)", "SqlActivity.script"):
                database.run(sql.text, effect.parameters.get(step.id, ()))
    return before
