"""What Redshift runs, what it refuses, and what it declares without enforcing."""

from collections.abc import Iterator
from typing import Any

import pytest
import redshift_connector

from redshift_standin.fixtures import RedshiftServer


@pytest.fixture(scope="module")
def connection(redshift_server: RedshiftServer) -> Iterator[Any]:
    database = redshift_server.fresh_database("statements")
    with redshift_connector.connect(**redshift_server.settings(database)) as made:
        made.autocommit = True
        yield made


def rows(connection: Any, sql: str) -> list[tuple[object, ...]]:
    cursor = connection.cursor()
    cursor.execute(sql)
    return [tuple(row) for row in cursor.fetchall()]


def run(connection: Any, *statements: str) -> None:
    for statement in statements:
        connection.cursor().execute(statement)


def test_keys_are_declared_and_not_enforced(connection: Any) -> None:
    run(
        connection,
        "CREATE TABLE parent (a int, b varchar(10) UNIQUE, PRIMARY KEY (b, a))",
        "CREATE TABLE child (x int PRIMARY KEY, y varchar(10), "
        "CONSTRAINT to_parent FOREIGN KEY (y, x) REFERENCES parent)",
        "INSERT INTO parent VALUES (1, 'one'), (1, 'one')",
        "INSERT INTO child VALUES (7, 'nobody'), (7, NULL)",
    )
    keys = rows(
        connection,
        "SELECT constraint_name, constraint_type FROM information_schema.table_constraints "
        "WHERE table_name IN ('parent', 'child') ORDER BY 1",
    )
    assert keys == [
        ("child_pkey", "PRIMARY KEY"),
        ("parent_b_key", "UNIQUE"),
        ("parent_pkey", "PRIMARY KEY"),
        ("to_parent", "FOREIGN KEY"),
    ]
    columns = rows(
        connection,
        "SELECT column_name FROM information_schema.key_column_usage WHERE constraint_name = 'parent_pkey' "
        "ORDER BY ordinal_position",
    )
    assert columns == [("b",), ("a",)]
    referenced = rows(
        connection,
        "SELECT confrelid::regclass::text, conkey, confkey FROM pg_constraint WHERE conname = 'to_parent'",
    )
    assert referenced[0][0] == "parent"
    with pytest.raises(redshift_connector.Error, match="Cannot insert a NULL value into column a"):
        run(connection, "INSERT INTO parent VALUES (NULL, 'x')")


def test_a_renamed_table_keeps_its_keys(connection: Any) -> None:
    run(connection, "CREATE TABLE before (id int, PRIMARY KEY (id))", "ALTER TABLE before RENAME TO after")
    found = rows(
        connection, "SELECT contype FROM pg_catalog.pg_constraint WHERE conrelid = 'after'::regclass"
    )
    assert found == [("p",)]


def test_attributes_of_tables_are_kept_for_pg_table_def(connection: Any) -> None:
    run(
        connection,
        "CREATE TABLE IF NOT EXISTS shaped (id bigint IDENTITY(10, 5), a integer ENCODE az64 DISTKEY, "
        "\"B\" varchar(MAX) ENCODE zstd DEFAULT 'distkey, sortkey', c decimal) "
        "BACKUP NO DISTSTYLE KEY COMPOUND SORTKEY (b, a)",
    )
    assert rows(
        connection,
        'SELECT "column", type, encoding, distkey, sortkey, "notnull" FROM pg_table_def WHERE tablename = \'shaped\'',
    ) == [
        ("id", "bigint", "none", False, 0, True),
        ("a", "integer", "az64", True, 2, False),
        ("b", "character varying(65535)", "zstd", False, 1, False),
        ("c", "numeric(18,0)", "none", False, 0, False),
    ]
    run(connection, "INSERT INTO shaped (a) VALUES (1), (2)")
    assert rows(connection, "SELECT * FROM shaped ORDER BY id") == [
        (10, 1, "distkey, sortkey", None),
        (15, 2, "distkey, sortkey", None),
    ]
    with pytest.raises(redshift_connector.Error, match="cannot set an identity column to a value"):
        run(connection, "INSERT INTO shaped (id) VALUES (1)")
    found = rows(
        connection, "SELECT diststyle, sortkey1, tbl_rows FROM svv_table_info WHERE \"table\" = 'shaped'"
    )
    assert found == [("KEY(a)", "b", 2)]


def test_pg_table_def_honours_the_search_path(connection: Any) -> None:
    run(connection, "CREATE SCHEMA aside", "CREATE TABLE aside.hidden (i int)")
    query = "SELECT count(*) FROM pg_table_def WHERE tablename = 'hidden'"
    assert rows(connection, query) == [(0,)]
    run(connection, "SET search_path TO public, aside")
    assert rows(connection, query) == [(1,)]
    run(connection, "SET search_path TO public")


def test_lengths_are_bytes(connection: Any) -> None:
    run(
        connection,
        "CREATE TABLE lengths (v varchar(4), c char(4))",
        "INSERT INTO lengths VALUES ('abcd', 'ab')",
    )
    run(connection, "INSERT INTO lengths (v) VALUES ('žž')")
    with pytest.raises(redshift_connector.Error, match=r"value too long for type character varying\(4\)"):
        run(connection, "INSERT INTO lengths (v) VALUES ('žžž')")
    with pytest.raises(redshift_connector.Error, match="CHAR string contains invalid ASCII character"):
        run(connection, "INSERT INTO lengths (c) VALUES ('ž')")
    run(
        connection,
        "CREATE TABLE copied AS SELECT v FROM lengths",
        "ALTER TABLE copied ADD COLUMN w varchar(2)",
    )
    with pytest.raises(redshift_connector.Error, match="value too long"):
        run(connection, "INSERT INTO copied VALUES ('žžž')")
    with pytest.raises(redshift_connector.Error, match="value too long"):
        run(connection, "UPDATE copied SET w = 'žž'")
    run(connection, "ALTER TABLE copied ALTER COLUMN v TYPE varchar(6)", "INSERT INTO copied VALUES ('žžž')")


def test_quoted_names_are_folded_and_literals_are_not(connection: Any) -> None:
    run(connection, 'CREATE TABLE "Folded" ("Some Col" varchar(99))')
    run(connection, """INSERT INTO folded VALUES ('SORTKEY(x) -- "Quoted" ENCODE /* no */ getdate()')""")
    found = rows(connection, 'SELECT "SOME COL" FROM FOLDED /* RETURNING */ -- ON CONFLICT')
    assert found == [('SORTKEY(x) -- "Quoted" ENCODE /* no */ getdate()',)]
    assert rows(connection, r"SELECT 'a\\b\'c'") == [("a\\b'c",)]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("NVL(NULL, 2)", 2),
        ("NVL2(NULL::int, 1, 2)", 2),
        ("DECODE(2, 1, 'one', 2, 'two', 'more')", "two"),
        ("DECODE(NULL::int, NULL, 'none', 'some')", "none"),
        ("DATEADD(month, 1, '2024-01-31'::date)::date::varchar", "2024-02-29"),
        ("DATEDIFF(day, '2024-02-28 23:59:59', '2024-03-01')", 2),
        ("DATEDIFF(year, '2023-12-31', '2024-01-01')", 1),
        ("DATEDIFF('hour', '2024-01-01 00:59', '2024-01-01 01:00')", 1),
        ("LEN('abc')", 3),
        ("SYSDATE > '2020-01-01' AND GETDATE() > '2020-01-01'", True),
        ("CONVERT(integer, '12')", 12),
        ("CAST('1.5' AS DECIMAL)::varchar", "2"),
        ("JSON_EXTRACT_PATH_TEXT('{\"a\": {\"b\": 1}}', 'a', 'b')", "1"),
        ("JSON_SERIALIZE(JSON_PARSE('[1]'))", "[1]"),
    ],
)
def test_functions_of_redshift(connection: Any, expression: str, value: object) -> None:
    assert rows(connection, f"SELECT {expression} AS x") == [(value,)]


def test_listagg_and_approximate_count(connection: Any) -> None:
    run(
        connection,
        "CREATE TEMP TABLE n (i int, s varchar(5))",
        "INSERT INTO n VALUES (2, 'b'), (1, 'a'), (1, 'a')",
    )
    query = (
        "SELECT LISTAGG(s, ',') WITHIN GROUP (ORDER BY i DESC), APPROXIMATE COUNT(DISTINCT i) FROM n "
        "MINUS SELECT 'z', 0"
    )
    assert rows(connection, query) == [("b,a,a", 2)]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", 'syntax error at or near "ON"'),
        ("DELETE FROM t RETURNING i", 'syntax error at or near "RETURNING"'),
        ("CREATE INDEX x ON t (i)", "CREATE INDEX"),
        ("CREATE UNIQUE INDEX x ON t (i)", "CREATE INDEX"),
        ("CREATE UNLOGGED TABLE u (i int)", "UNLOGGED"),
        ("CREATE TABLE u (i int[])", "Array types are not supported"),
        ("CREATE TABLE u (i uuid)", 'Column "u.i" has unsupported type "uuid"'),
        ("CREATE TABLE u (i jsonb)", "unsupported type"),
        ("CREATE TABLE u (i bytea)", "unsupported type"),
        ("CREATE TABLE u (i serial)", "unsupported type"),
        ("CREATE TABLE u AS SELECT 'a'::regclass AS r", "does not exist|unsupported type"),
        ("CREATE TABLE u (i int CHECK (i > 0))", "CHECK"),
        ("CREATE TABLE u (v varchar(65536))", "cannot exceed 65535"),
        ("CREATE TABLE u (v char(4097))", "cannot exceed 4096"),
        ("CREATE TABLE u (v decimal(39, 0))", "precision 39"),
        ("CREATE TABLE u (i int) INHERITS (t)", "INHERITS"),
        ("SELECT 1 IS DISTINCT FROM 2", "Not implemented"),
        ("SELECT 1 IS NOT DISTINCT FROM 2", "Not implemented"),
        ("SELECT DISTINCT ON (i) i FROM t", "DISTINCT ON is not supported"),
        ("SELECT * FROM t, LATERAL (SELECT 1) x", "LATERAL"),
        ("SELECT count(*) FILTER (WHERE i > 1) FROM t", "syntax error"),
        ("SELECT ARRAY[1]", "ARRAY"),
        ("SELECT i FROM t, generate_series(1, 2)", "not supported on Redshift tables"),
        ("INSERT INTO t SELECT * FROM generate_series(1, 2)", "not supported on Redshift tables"),
        ("SELECT string_agg(s, ',') FROM t", "string_agg"),
        ("SELECT i FROM t FOR UPDATE", "FOR UPDATE"),
        ("SELECT * FROM (VALUES (1)) v", "VALUES"),
        ("VALUES (1)", "VALUES"),
        ("SELECT '{}'::jsonb", 'type "jsonb" does not exist'),
        ("SELECT concat('a', 'b', 'c')", "concat"),
        ("COPY t FROM STDIN", "COPY FROM STDIN"),
        ("COPY t TO STDOUT", "not supported"),
        ("COPY (SELECT 1) TO STDOUT", "not supported"),
        ("DO $$ BEGIN END $$", "DO is not supported"),
        ("CREATE EXTENSION hstore", "EXTENSION"),
        ("CREATE SEQUENCE q", "SEQUENCE"),
        ("TRUNCATE t CASCADE", "CASCADE"),
        ("TRUNCATE t, t", "syntax error"),
        ("ALTER TABLE t ADD COLUMN a int, ADD COLUMN b int", "more than one action"),
        ("ALTER TABLE t ADD COLUMN IF NOT EXISTS a int", "syntax error"),
        ("ALTER TABLE t ADD COLUMN a int NOT NULL", "non-null default"),
        ("ALTER TABLE t ALTER COLUMN i TYPE bigint", "cannot alter type"),
        ("SET lock_timeout = 5", 'unrecognized configuration parameter "lock_timeout"'),
        ("WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", "syntax error"),
        ("SELECT i FROM t EXCEPT ALL SELECT 1", "EXCEPT ALL"),
    ],
)
def test_what_only_postgresql_has_is_refused(connection: Any, statement: str, said: str) -> None:
    run(connection, "CREATE TABLE IF NOT EXISTS t (i int, s varchar(10))")
    with pytest.raises(redshift_connector.Error, match=said):
        run(connection, statement)


def test_truncate_commits_the_transaction(redshift_server: RedshiftServer, connection: Any) -> None:
    run(
        connection,
        "CREATE TABLE emptied (i int)",
        "CREATE TABLE kept (i int)",
        "INSERT INTO emptied VALUES (1)",
    )
    run(connection, "BEGIN", "INSERT INTO kept VALUES (1)", "TRUNCATE TABLE emptied", "ROLLBACK")
    assert rows(connection, "SELECT (SELECT count(*) FROM emptied), (SELECT count(*) FROM kept)") == [(0, 1)]


def test_alter_table_append_moves_rows_outside_a_transaction(connection: Any) -> None:
    for table in ("target", "source"):
        run(connection, f"CREATE TABLE {table} (i int, s varchar(3))")
    run(connection, "INSERT INTO source VALUES (1, 'a')")
    with pytest.raises(redshift_connector.Error, match="cannot run inside a transaction block"):
        run(connection, "BEGIN", "ALTER TABLE target APPEND FROM source")
    run(connection, "ROLLBACK", "ALTER TABLE target APPEND FROM source")
    assert rows(connection, "SELECT count(*) FROM source") == [(0,)]
    assert rows(connection, "SELECT * FROM target") == [(1, "a")]


def test_types_of_redshift_only(connection: Any) -> None:
    run(connection, "CREATE TABLE own_types (s SUPER, b VARBYTE(10), t text)")
    run(connection, "INSERT INTO own_types VALUES (JSON_PARSE('{}'), to_varbyte('abc', 'utf8'), 'x')")
    assert rows(
        connection,
        "SELECT column_name, data_type FROM svv_columns WHERE table_name = 'own_types' ORDER BY ordinal_position",
    ) == [("s", "super"), ("b", "varbyte"), ("t", "character varying")]


def test_merge_runs(connection: Any) -> None:
    run(connection, "CREATE TABLE m (i int, s varchar(3))", "CREATE TABLE m_new (i int, s varchar(3))")
    run(connection, "INSERT INTO m VALUES (1, 'a')", "INSERT INTO m_new VALUES (1, 'b'), (2, 'c')")
    run(
        connection,
        "MERGE INTO m USING m_new n ON m.i = n.i WHEN MATCHED THEN UPDATE SET s = n.s "
        "WHEN NOT MATCHED THEN INSERT VALUES (n.i, n.s)",
    )
    assert rows(connection, "SELECT * FROM m ORDER BY 1") == [(1, "b"), (2, "c")]


def test_query_groups_and_unknown_parameters(connection: Any) -> None:
    run(connection, "SET query_group TO 'etl'")
    assert rows(connection, "SHOW query_group") == [("etl",)]
    run(connection, "RESET query_group", "VACUUM FULL m TO 99 PERCENT", "ANALYZE m")
