"""The scripts, run: what they leave in the tables."""

import random
from collections.abc import Iterable, Iterator

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import COURSES, HISTORY, STAGING_COURSES, define

from dataduct.errors import DataductError, ProblemsError, UserError
from dataduct.model.operations import SqlStatement
from dataduct.sql.create import create_table
from dataduct.sql.deduplicate import dedupe
from dataduct.sql.dialect import DUCKDB
from dataduct.sql.history import OPEN_END, history
from dataduct.sql.queries import analyze, count_query, duplicates_query, null_keys_query
from dataduct.sql.source_rows import SourceRows
from dataduct.sql.upsert import delta_load, reload, upsert

Row = tuple[object, ...]
STAGED = SourceRows(rows=STAGING_COURSES)


class Warehouse:
    """An in-memory database with the tables of these tests."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        for table in (COURSES, STAGING_COURSES, HISTORY):
            self.run(create_table(table, DUCKDB))

    def run(self, statements: Iterable[SqlStatement]) -> None:
        self.connection.execute("BEGIN")
        try:
            for statement in statements:
                self.connection.execute(statement.text)
        except duckdb.Error:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def fill(self, table: str, rows: Iterable[Row]) -> None:
        self.connection.execute(f"DELETE FROM {table}")
        for row in rows:
            self.connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)

    def rows(self, query: str) -> list[Row]:
        return self.connection.execute(query).fetchall()

    def courses(self) -> list[Row]:
        return self.rows("SELECT id, name, price::VARCHAR, updated::VARCHAR FROM prod.courses ORDER BY ALL")


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    warehouse = Warehouse()
    yield warehouse
    warehouse.connection.close()


def course(
    key: int | None, name: str | None = "a", price: str | None = None, updated: str | None = None
) -> Row:
    return (key, name, price, updated)


def test_an_upsert_replaces_equal_keys_adds_new_ones_and_keeps_the_others(warehouse: Warehouse) -> None:
    warehouse.fill("prod.courses", [course(1, "old"), course(2, "kept")])
    warehouse.fill("staging.courses", [course(1, "new"), course(3, "added")])
    for _ in range(2):
        warehouse.run(upsert(COURSES, STAGED, DUCKDB))
        assert warehouse.courses() == [course(1, "new"), course(2, "kept"), course(3, "added")]
    assert warehouse.rows("SELECT table_name FROM duckdb_tables() WHERE temporary") == []


def test_a_reload_replaces_everything_and_may_read_what_it_replaces(warehouse: Warehouse) -> None:
    warehouse.fill("prod.courses", [course(1, "old"), course(2, "old")])
    source = SourceRows(
        rows="SELECT id + 1 AS id, name, price, updated FROM prod.courses", filter_clause="WHERE id > 2"
    )
    warehouse.run(reload(COURSES, source, DUCKDB))
    assert warehouse.courses() == [course(3, "old")]


def test_a_filter_clause_chooses_source_rows(warehouse: Warehouse) -> None:
    warehouse.fill("staging.courses", [course(1), course(2)])
    source = SourceRows(rows=STAGING_COURSES, filter_clause="WHERE id > 1 -- the second;")
    warehouse.run(upsert(COURSES, source, DUCKDB))
    assert warehouse.courses() == [course(2)]


def test_columns_of_a_select_go_by_name_whatever_their_order(warehouse: Warehouse) -> None:
    source = SourceRows(rows="SELECT 'x' AS Name, NULL AS updated, 1.5 AS price, 7 AS id;")
    warehouse.run(upsert(COURSES, source, DUCKDB))
    assert warehouse.courses() == [course(7, "x", "1.50")]


def test_columns_without_names_of_the_table_go_by_position(warehouse: Warehouse) -> None:
    source = SourceRows(rows="SELECT 7, 'x', 1 + 0.5, CAST(NULL AS TIMESTAMP)")
    warehouse.run(upsert(COURSES, source, DUCKDB))
    assert warehouse.courses() == [course(7, "x", "1.50")]


def test_an_unknown_number_of_columns_must_be_right(warehouse: Warehouse) -> None:
    warehouse.fill("staging.courses", [course(1)])
    warehouse.run(upsert(COURSES, SourceRows(rows="SELECT * FROM staging.courses"), DUCKDB))
    assert warehouse.courses() == [course(1)]
    for select in ("SELECT *, 1 FROM staging.courses", "SELECT * EXCLUDE (price) FROM staging.courses"):
        with pytest.raises(duckdb.BinderException):
            warehouse.run(upsert(COURSES, SourceRows(rows=select), DUCKDB))


def test_a_null_key_is_refused_by_the_table_and_nothing_changes(warehouse: Warehouse) -> None:
    warehouse.fill("prod.courses", [course(1, "old")])
    warehouse.fill("staging.courses", [course(1, "new"), course(None), course(None)])
    with pytest.raises(duckdb.ConstraintException):
        warehouse.run(upsert(COURSES, STAGED, DUCKDB))
    assert warehouse.courses() == [course(1, "old")]


def test_defaults_and_identities_fill_what_the_source_lacks(warehouse: Warehouse) -> None:
    table = define(
        "CREATE TABLE t (id INT PRIMARY KEY, note TEXT DEFAULT 'none', row_id BIGINT IDENTITY(10,5))"
    )
    warehouse.run(create_table(table, DUCKDB))
    warehouse.run(upsert(table, SourceRows(rows="SELECT id FROM (VALUES (1), (2)) AS v (id)"), DUCKDB))
    assert warehouse.rows("SELECT * FROM t ORDER BY row_id") == [(1, "none", 10), (2, "none", 15)]


def test_a_table_whose_key_is_an_identity_can_be_reloaded_but_not_upserted(warehouse: Warehouse) -> None:
    table = define("CREATE TABLE t (id BIGINT IDENTITY(1,1) PRIMARY KEY, name TEXT)")
    warehouse.run(create_table(table, DUCKDB))
    source = SourceRows(rows="SELECT 'a' AS name")
    for key in (1, 2):
        warehouse.run(reload(table, source, DUCKDB))
        assert warehouse.rows("SELECT * FROM t") == [(key, "a")]
    with pytest.raises(UserError, match="`id` is no column of table t that the source fills"):
        upsert(table, source, DUCKDB)


ORDERED = [
    course(1, "a", None, None),
    course(1, "b", None, "2026-01-01 00:00:00"),
    course(1, "b", "1.00", None),
]


@pytest.mark.parametrize(
    ("by", "kept"),
    [
        (None, course(1, "b", "1.00")),
        ("updated", course(1, "b", None, "2026-01-01 00:00:00")),
        ("PRICE", course(1, "b", "1.00")),
    ],
)
def test_which_duplicate_is_kept_does_not_depend_on_the_order(
    warehouse: Warehouse, by: str | None, kept: Row
) -> None:
    for seed in range(5):
        rows = [*ORDERED, course(2), course(3), course(3)]
        random.Random(seed).shuffle(rows)
        warehouse.fill("staging.courses", rows)
        warehouse.run(reload(COURSES, STAGED, DUCKDB, dedupe_by=by))
        assert warehouse.courses() == [kept, course(2), course(3)]
        warehouse.fill("prod.courses", rows)
        warehouse.run(dedupe(COURSES, DUCKDB, by="price" if by == "PRICE" else by))
        assert warehouse.courses() == [kept, course(2), course(3)]


def test_without_enforcement_duplicates_stay(warehouse: Warehouse) -> None:
    warehouse.fill("staging.courses", [course(1, "a"), course(1, "b")])
    warehouse.run(upsert(COURSES, STAGED, DUCKDB, enforce_primary_key=False))
    assert warehouse.courses() == [course(1, "a"), course(1, "b")]
    assert warehouse.rows(duplicates_query(COURSES.name, ("id",), DUCKDB)) == [(1, 2)]
    assert warehouse.rows(count_query(duplicates_query(COURSES.name, ("id",), DUCKDB, None), DUCKDB)) == [
        (1,)
    ]
    assert warehouse.rows(null_keys_query(COURSES.name, ("id", "price"), DUCKDB)) == [(1, None), (1, None)]
    warehouse.run(analyze(COURSES.name, DUCKDB))


def test_a_delta_load_takes_the_rows_since_the_latest_less_the_window(warehouse: Warehouse) -> None:
    days = [course(day, "a", None, f"2026-01-{day:02} 00:00:00") for day in range(1, 10)]
    warehouse.fill("staging.courses", [*days[:5], course(50)])
    warehouse.run(delta_load(COURSES, STAGED, DUCKDB, date_column="UPDATED", window=2))
    assert warehouse.courses() == [*days[:5], course(50)]
    changed = [course(row[0] if isinstance(row[0], int) else None, "b", None, str(row[3])) for row in days]
    warehouse.fill("staging.courses", [*changed, course(60)])
    warehouse.run(delta_load(COURSES, STAGED, DUCKDB, date_column="updated", window=2))
    assert warehouse.courses() == [*days[:2], *changed[2:], course(50)]


class Snapshots:
    """Runs history once for each snapshot of the source."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse

    def record(self, day: int, rows: Iterable[Row]) -> None:
        self.warehouse.fill("prod.courses", rows)
        self.warehouse.run(history(HISTORY, COURSES, DUCKDB, at=f"2026-01-{day:02} 00:00:00"))

    def versions(self) -> list[Row]:
        return self.warehouse.rows(
            "SELECT id, name, price::INT, strftime(effective_ts, '%d'), CASE WHEN expiration_ts = "
            f"'{OPEN_END}' THEN 'open' ELSE expiration_ts::VARCHAR END FROM hist.courses_history ORDER BY 1, 4"
        )


def last_of(day: int) -> str:
    return f"2026-01-{day:02} 23:59:59.999999"


def test_history_keeps_every_version(warehouse: Warehouse) -> None:
    snapshots = Snapshots(warehouse)
    snapshots.record(1, [course(1, "a"), course(2, "a", "5"), course(3, "a"), course(4, "a", None)])
    snapshots.record(2, [course(1, "b"), course(2, "a", None), course(3, "a"), course(4, "a", "1")])
    snapshots.record(3, [course(1, "b"), course(2, "a", None), course(4, "a", "1"), course(5, "new")])
    snapshots.record(5, [course(1, "b"), course(3, "back"), course(4, "a", "1"), course(5, "new")])
    assert snapshots.versions() == [
        (1, "a", None, "01", last_of(1)),
        (1, "b", None, "02", "open"),
        (2, "a", 5, "01", last_of(1)),
        (2, "a", None, "02", last_of(4)),
        (3, "a", None, "01", last_of(2)),
        (3, "back", None, "05", "open"),
        (4, "a", None, "01", last_of(1)),
        (4, "a", 1, "02", "open"),
        (5, "new", None, "03", "open"),
    ]


def test_a_replay_of_history_for_the_same_time_replaces_what_it_recorded(warehouse: Warehouse) -> None:
    snapshots = Snapshots(warehouse)
    snapshots.record(1, [course(1, "a"), course(2, "a")])
    snapshots.record(2, [course(1, "b"), course(2, "a"), course(3, "a")])
    before = snapshots.versions()
    snapshots.record(2, [course(1, "b"), course(2, "a"), course(3, "a")])
    assert snapshots.versions() == before
    snapshots.record(2, [course(1, "c"), course(2, "a")])
    assert snapshots.versions() == [
        (1, "a", None, "01", last_of(1)),
        (1, "c", None, "02", "open"),
        (2, "a", None, "01", "open"),
    ]


SNAPSHOT = st.dictionaries(st.integers(1, 3), st.tuples(st.sampled_from("ab"), st.sampled_from([None, 1])))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), SNAPSHOT), min_size=1, max_size=5))
def test_versions_never_overlap_and_the_open_ones_are_the_source(
    runs: list[tuple[int, dict[int, tuple[str, int | None]]]],
) -> None:
    warehouse = Warehouse()
    snapshots = Snapshots(warehouse)
    for day, rows in runs:
        snapshots.record(
            day, [course(key, name, str(price) if price else None) for key, (name, price) in rows.items()]
        )
    assert {(row[0], row[1], row[2]) for row in snapshots.versions() if row[4] == "open"} == {
        (key, name, price) for key, (name, price) in runs[-1][1].items()
    }
    overlaps = warehouse.rows(
        "SELECT * FROM hist.courses_history a, hist.courses_history b WHERE a.id = b.id AND a.rowid <> b.rowid "
        "AND a.effective_ts <= b.expiration_ts AND b.effective_ts <= a.expiration_ts"
    )
    backward = warehouse.rows("SELECT * FROM hist.courses_history WHERE effective_ts > expiration_ts")
    assert (overlaps, backward) == ([], [])
    warehouse.connection.close()


NO_KEY = define("CREATE TABLE t (id INT, name TEXT)")
NO_TIMES = define("CREATE TABLE h (id BIGINT, name VARCHAR(20))")
STRANGE = define("CREATE TABLE h (effective_ts TIMESTAMP, expiration_ts TIMESTAMP, id BIGINT, other INT)")
KEYLESS = define("CREATE TABLE h (effective_ts TIMESTAMP, expiration_ts TIMESTAMP, name TEXT)")
DATES = define("CREATE TABLE h (effective_ts DATE, expiration_ts TIMESTAMP, id BIGINT)")


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        (
            lambda: upsert(NO_KEY, SourceRows(rows=NO_KEY), DUCKDB),
            "DD422",
            "table t in t.sql has no primary key, so no row can be replaced",
        ),
        (
            lambda: dedupe(NO_KEY, DUCKDB),
            "DD422",
            "table t in t.sql has no primary key, so duplicates cannot be dropped",
        ),
        (
            lambda: upsert(COURSES, STAGED, DUCKDB, dedupe_by="updatd"),
            "DD423",
            "`updatd` is no column of table prod.courses that the source fills",
        ),
        (
            lambda: delta_load(COURSES, STAGED, DUCKDB, date_column="name"),
            "DD426",
            "date column `name` of table prod.courses is VARCHAR(20), expected DATE or TIMESTAMP",
        ),
        (
            lambda: delta_load(COURSES, STAGED, DUCKDB, date_column="updated", window=-1),
            "DD426",
            "the window is -1 days, expected zero or more",
        ),
        (
            lambda: upsert(COURSES, SourceRows(rows="SELECT 1 AS id, 'x' AS name"), DUCKDB),
            "DD421",
            "table columns `price`, `updated` have no source column and no DEFAULT",
        ),
        (
            lambda: upsert(COURSES, SourceRows(rows="SELECT 1 AS a, 2 AS b, 3 AS c, 4 AS d, 5 AS e"), DUCKDB),
            "DD420",
            "the source has 5 columns and the table has 4",
        ),
        (
            lambda: history(NO_TIMES, COURSES, DUCKDB, at="x"),
            "DD424",
            "history table h has no column named like `effective_ts`",
        ),
        (
            lambda: history(DATES, COURSES, DUCKDB, at="x"),
            "DD424",
            "column `effective_ts` of history table h is DATE, expected TIMESTAMP",
        ),
        (
            lambda: history(STRANGE, COURSES, DUCKDB, at="x"),
            "DD425",
            "history table h has column `other`, which prod.courses has not",
        ),
        (
            lambda: history(KEYLESS, COURSES, DUCKDB, at="x"),
            "DD425",
            "history table h lacks column `id` of the primary key of prod.courses",
        ),
    ],
)
def test_what_cannot_be_scripted_is_explained(call: object, code: str, message: str) -> None:
    assert callable(call)
    with pytest.raises(UserError) as caught:
        call()
    assert (caught.value.code, caught.value.message) == (code, message)


def test_a_source_of_two_statements_is_a_problem() -> None:
    with pytest.raises(ProblemsError) as caught:
        upsert(COURSES, SourceRows(rows="SELECT 1; SELECT 2"), DUCKDB)
    assert isinstance(caught.value, DataductError)
    assert caught.value.code == "DD411"
