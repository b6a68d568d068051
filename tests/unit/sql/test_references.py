import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataduct.model.table import TableName
from dataduct.sql.dialect import DUCKDB
from dataduct.sql.references import tables_read, tables_written
from dataduct.sql.source_rows import select_columns


@pytest.mark.parametrize(
    ("sql", "read", "written"),
    [
        ("SELECT a FROM t", ["t"], []),
        ("SELECT EXTRACT(day FROM d), 'FROM x' FROM S.T, b JOIN c ON true", ["b", "c", "s.t"], []),
        ("SELECT a FROM (SELECT b FROM x) y WHERE a IN (SELECT c FROM z)", ["x", "z"], []),
        ("WITH q AS (SELECT 1 FROM base) SELECT * FROM q JOIN other ON true", ["base", "other"], []),
        ("WITH q AS (SELECT 1 FROM s.q) SELECT * FROM q", ["s.q"], []),
        ('INSERT INTO "S"."T" (a) SELECT a FROM u', ["u"], ["S.T"]),
        (
            "UPDATE t SET a = u.b FROM u WHERE t.a = u.a; DELETE FROM v USING w WHERE v.a = w.a",
            ["u", "w"],
            ["t", "v"],
        ),
        ("CREATE TABLE n AS SELECT * FROM o; DROP TABLE p; TRUNCATE TABLE q", ["o"], ["n", "p", "q"]),
        ("CREATE TEMP TABLE x AS SELECT * FROM a; INSERT INTO b SELECT * FROM x; DROP TABLE x", ["a"], ["b"]),
        ("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = s.b", ["s"], ["t"]),
        ("INSERT INTO t SELECT * FROM t", ["t"], ["t"]),
        ("SELECT * FROM {{ table }} JOIN {{ s }}.u ON true JOIN v_{{ x }} ON true JOIN w ON true", ["w"], []),
        ("SELECT a FROM t WHERE d > '#{format(@x,'YYYY')}' AND b = %s LIMIT {{ n }}", ["t"], []),
        ("{% if a %}SELECT 1 FROM t;{% endif %} SELECT 1 FROM u", ["t", "u"], []),
        ("COPY s.t FROM 's3://b/k' CREDENTIALS AS 'x' DELIMITER '\t'", [], ["s.t"]),
        ("ALTER TABLE a APPEND FROM b", ["b"], ["a"]),
        ("FROB t FROM a.b.c WITH x AS (SELECT 1) JOIN x INTO y UPDATE z", ["b.c"], ["y", "z"]),
        ("DELETE FROM t WHERE WHERE x", [], ["t"]),
        ("VACUUM t", [], []),
        ("SELECT 'unclosed FROM t", [], []),
        ("", [], []),
    ],
)
@pytest.mark.parametrize("dialect", ["redshift", "postgres", "duckdb"])
def test_tables_of_a_script(sql: str, read: list[str], written: list[str], dialect: str) -> None:
    assert [str(table) for table in tables_read(sql, dialect)] == read
    assert [str(table) for table in tables_written(sql, dialect)] == written


def test_names_keep_their_schema_apart() -> None:
    assert tables_read('SELECT 1 FROM "a.b".c', "duckdb") == (TableName("c", "a.b"),)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ('SELECT a, t.B, "C" AS "D", 1 AS E FROM t', ("a", "b", "D", "e")),
        ("SELECT count(*), a + 1, a::int FROM t", (None, None, None)),
        ("SELECT a FROM t UNION ALL SELECT b FROM u", ("a",)),
        ("WITH q AS (SELECT 1 AS x) SELECT x FROM q", ("x",)),
        ("SELECT DATE '{{ run_date }}' AS d, '#{f(@x,'Y')}' AS e FROM {{ t }}", ("d", "e")),
        ("SELECT * FROM t", None),
        ("SELECT a, t.* FROM t", None),
        ("SELECT {{ columns }} FROM t", None),
        ("SELECT FROM WHERE", None),
        ("DELETE FROM t", None),
        ("VALUES (1, 2)", None),
    ],
)
def test_columns_of_a_select(sql: str, expected: tuple[str | None, ...] | None) -> None:
    assert select_columns(sql, DUCKDB) == expected


def test_nothing_is_printed_and_sqlglot_is_loaded_only_when_used() -> None:
    code = (
        "import sys\nimport dataduct.sql.references as r, dataduct.sql.upsert, dataduct.sql.history\n"
        "assert 'sqlglot' not in sys.modules\n"
        "r.tables_read('ALTER TABLE a APPEND FROM b; VACUUM x; SELECT ~~ FROM', 'redshift')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


FRAGMENTS = st.sampled_from(
    [
        *(
            "SELECT",
            "*",
            "a",
            "FROM",
            "t",
            "s.t",
            "JOIN",
            "WITH q AS (",
            ")",
            "(",
            ",",
            "INSERT INTO",
            "VALUES",
            "1",
        ),
        *(
            "UPDATE",
            "SET",
            "DELETE",
            "USING",
            "MERGE INTO",
            "CREATE TABLE",
            "AS",
            "DROP TABLE",
            "{{ x }}",
            "{% y %}",
        ),
        *(
            "#{z}",
            "'b'",
            '"C"',
            "%s",
            "%",
            ";",
            "WHERE",
            "=",
            "COPY",
            "::",
            "INTERVAL",
            "CASE",
            "END",
            "[",
            "]",
            ".",
        ),
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(FRAGMENTS, max_size=14).map(" ".join))
def test_any_text_has_references_of_some_kind(text: str) -> None:
    for dialect in ("duckdb", "redshift"):
        assert isinstance(tables_read(text, dialect), tuple)
        assert isinstance(tables_written(text, dialect), tuple)
    columns = select_columns(text, DUCKDB)
    assert columns is None or len(columns) > 0
