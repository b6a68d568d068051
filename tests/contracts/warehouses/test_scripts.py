"""Every kind of generated script runs on every warehouse and leaves the same rows."""

import pytest

from dataduct.sql.create import create_table
from dataduct.sql.deduplicate import dedupe
from dataduct.sql.history import history
from dataduct.sql.queries import analyze, count_query, duplicates_query, null_keys_query
from dataduct.sql.source_rows import SourceRows
from dataduct.sql.table_definition import parse_table_definition
from dataduct.sql.upsert import delta_load, reload, upsert


def define(text):
    return parse_table_definition(text, "t.sql")


COLUMNS = "name VARCHAR(20) NOT NULL, price NUMERIC(9,2), updated TIMESTAMP"
COURSES = define(f"CREATE TABLE prod.courses (id BIGINT PRIMARY KEY, {COLUMNS})")
STAGING = define(f"CREATE TABLE staging.courses (id BIGINT, {COLUMNS})")
HISTORY = define(
    "CREATE TABLE hist.courses (effective_ts TIMESTAMP, expiration_ts TIMESTAMP, id BIGINT, name VARCHAR(20), "
    "price NUMERIC(9,2))"
)
ENROLLMENTS = define(
    'CREATE TABLE enrollments (user_id INT, "Course" INT, "order" JSON, loaded_at TIMESTAMP DEFAULT sysdate, '
    'row_id BIGINT IDENTITY(1,1), note TEXT, code CHAR(2), PRIMARY KEY (user_id, "Course"), CHECK (user_id > 0))'
)
STAGED = SourceRows(rows=STAGING)


@pytest.fixture
def tables(bench):
    for table in (COURSES, STAGING, HISTORY, ENROLLMENTS):
        run(bench, create_table(table, bench.dialect))
    fill(bench, "prod.courses", (1, "old", 1, "2026-01-01"), (2, "kept", None, "2026-01-02"))
    fill(
        bench,
        "staging.courses",
        (1, "new", 2, "2026-01-02"),
        (3, "added", 3, "2025-12-01"),
        (3, "added twice", 4, "2025-12-02"),
    )
    return bench


def run(bench, statements):
    return bench.run(*(statement.text for statement in statements))


def fill(bench, table, *rows):
    values = ", ".join(
        "(" + ", ".join("NULL" if value is None else repr(value) for value in row) + ")" for row in rows
    )
    bench.run(f"DELETE FROM {table}", f"INSERT INTO {table} VALUES {values}")


def names(bench, table="prod.courses"):
    return bench.rows(f"SELECT id, name FROM {table} ORDER BY id, name")


def test_an_upsert(tables):
    for _ in range(2):
        run(tables, upsert(COURSES, STAGED, tables.dialect, dedupe_by="updated"))
        assert names(tables) == [(1, "new"), (2, "kept"), (3, "added twice")]


def test_an_upsert_of_chosen_rows(tables):
    source = SourceRows(rows=STAGING, filter_clause="WHERE id < 3")

    run(tables, upsert(COURSES, source, tables.dialect))

    assert names(tables) == [(1, "new"), (2, "kept")]


def test_an_upsert_by_a_key_of_two_columns(tables):
    order = tables.kind.json.format("""'{"a": 1}'""")
    source = SourceRows(
        rows=f"SELECT 1 AS user_id, 2 AS course, {order} AS \"order\", 'n' AS note, 'ab' AS code"
    )
    for _ in range(2):
        run(tables, upsert(ENROLLMENTS, source, tables.dialect))

    assert tables.rows('SELECT user_id, "Course", note, code FROM enrollments') == [(1, 2, "n", "ab")]
    assert tables.rows("SELECT count(*) FROM enrollments WHERE loaded_at IS NULL OR row_id IS NULL") == [(0,)]


def test_a_reload_that_reads_what_it_replaces(tables):
    source = SourceRows(rows="SELECT id + 10 AS id, name, price, updated FROM prod.courses")

    run(tables, reload(COURSES, source, tables.dialect))

    assert names(tables) == [(11, "old"), (12, "kept")]


def test_a_delta_load(tables):
    run(tables, delta_load(COURSES, STAGED, tables.dialect, date_column="updated"))

    assert names(tables) == [(1, "new"), (2, "kept")]


def test_a_history(tables):
    for day, name in ((3, "a"), (4, "b"), (4, "b")):
        fill(tables, "prod.courses", (1, name, 1, "2026-01-01"))
        run(tables, history(HISTORY, COURSES, tables.dialect, at=f"2026-01-0{day} 00:00:00"))

    assert tables.rows("SELECT id, name FROM hist.courses ORDER BY effective_ts") == [(1, "a"), (1, "b")]


def test_a_deduplication(tables):
    repeated = define(f"CREATE TABLE staging.courses (id BIGINT PRIMARY KEY, {COLUMNS})")

    run(tables, dedupe(repeated, tables.dialect, by="updated"))

    assert names(tables, "staging.courses") == [(1, "new"), (3, "added twice")]


def test_the_queries_of_checks(tables):
    dialect = tables.dialect

    assert tables.rows(count_query(STAGING.name, dialect)) == [(3,)]
    assert tables.rows(duplicates_query(STAGING.name, ("id",), dialect)) == [(3, 2)]
    assert tables.rows(null_keys_query(STAGING.name, ("id",), dialect)) == []
    run(tables, analyze(COURSES.name, dialect))


def test_no_temporary_table_is_left(tables):
    run(tables, upsert(COURSES, STAGED, tables.dialect))

    left = "SELECT count(*) FROM information_schema.tables WHERE table_name LIKE 'dataduct%'"
    assert tables.rows(left) == [(0,)]
