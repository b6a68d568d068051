import subprocess
import sys

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dataduct.sql import references, source_rows
from dataduct.sql.dialect import DIALECTS
from dataduct.sql.plain_statements import is_plain, plain_columns


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",
        "SELECT count(*), coalesce(a, b) FROM t WHERE a IN (1, 2) ORDER BY a, b",
        'SELECT a FROM "S"."T" LEFT JOIN u ON u.a = t.a UNION ALL SELECT b FROM c.d.e',
        "INSERT INTO t (a, b) SELECT a, b FROM u WHERE a > %s",
        "UPDATE t SET a = 1, b = u.b FROM u WHERE u.a = t.a",
        "DELETE FROM t WHERE name = 'FROM x'",
    ],
)
def test_tables_named_after_their_words_are_plain(statement: str) -> None:
    assert is_plain(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT a FROM t, u",
        "SELECT a FROM t JOIN u ON t.a = u.a, v",
        "SELECT extract(day FROM d) FROM t",
        "SELECT a FROM t WHERE a IS DISTINCT FROM b",
        "SELECT a FROM (SELECT 1)",
        "SELECT a FROM range(10)",
        "SELECT a FROM 'file.csv'",
        "SELECT a INTO n FROM t",
        "SELECT a FROM t WHERE b IN (SELECT b FROM u)",
        "WITH q AS (SELECT 1) SELECT a FROM q",
        "SELECT a FROM {{ table }}",
        "SELECT a FROM t FOR UPDATE",
        "INSERT INTO t SELECT 1 ON CONFLICT DO UPDATE SET a = 1",
        "DELETE FROM t USING u",
        "CREATE VIEW v AS SELECT 1",
        "SELECT a FROM `t`",
        "",
    ],
)
def test_what_may_hide_a_table_is_not_plain(statement: str) -> None:
    assert not is_plain(statement)


NAMES = st.sampled_from(
    [
        "t",
        "U",
        "s.t",
        '"Q"',
        '"S".t',
        "a.b.c",
        "users",
        "date",
        "public.events",
        "x1",
        "key",
        "value",
        "order_items",
    ]
)
ITEMS = st.sampled_from(
    [
        "a",
        "t.b",
        '"C"',
        "count(*)",
        "a AS d",
        "t.a AS b",
        "coalesce(a, 1)",
        "1",
        "'FROM z'",
        "date",
        "*",
        "a + 1",
    ]
)
TAILS = st.sampled_from(
    ["", " WHERE a > 1", " GROUP BY a, b", " ORDER BY a, b LIMIT 5", " WHERE a IN (1, 2)", " WHERE a = %s"]
)


@st.composite
def selects(draw: st.DrawFn) -> str:
    items = ", ".join(draw(st.lists(ITEMS, min_size=1, max_size=3)))
    joins = "".join(
        f" {kind}JOIN {table} ON 1 = 1"
        for kind, table in draw(
            st.lists(st.tuples(st.sampled_from(["", "LEFT ", "FULL OUTER "]), NAMES), max_size=2)
        )
    )
    return (
        f"SELECT {items} FROM {draw(NAMES)}{draw(st.sampled_from(['', ' AS x', ' y']))}{joins}{draw(TAILS)}"
    )


STATEMENTS = st.one_of(
    selects(),
    st.builds("{} UNION ALL {}".format, selects(), selects()),
    st.builds("INSERT INTO {} {}".format, NAMES, selects()),
    st.builds("INSERT INTO {} (a, b) {}".format, NAMES, selects()),
    st.builds(
        "UPDATE {} SET a = 1, b = 2{}".format, NAMES, st.one_of(st.just(""), NAMES.map(" FROM {}".format))
    ),
    st.builds("DELETE FROM {}{}".format, NAMES, TAILS.filter(lambda tail: "BY" not in tail)),
)


@given(STATEMENTS, st.sampled_from(["duckdb", "postgres", "redshift"]))
@settings(max_examples=200, deadline=None)
def test_plain_statements_have_the_tables_that_their_syntax_tree_has(statement: str, dialect: str) -> None:
    tree = references.parse_statement(statement, dialect)
    assume(tree is not None and is_plain(statement))
    assert tree is not None
    walked, searched = references._References(), references._References()
    references._walk(tree, walked)
    references._search(statement, searched)
    assert searched.lasting(searched.read) == walked.lasting(walked.read)
    assert searched.lasting(searched.written) == walked.lasting(walked.written)


@given(selects(), st.sampled_from(["duckdb", "postgres", "redshift"]))
@settings(max_examples=200, deadline=None)
def test_plain_columns_are_those_of_the_syntax_tree(statement: str, dialect: str) -> None:
    plain = plain_columns(statement, DIALECTS[dialect].reserved)
    assume(plain is not None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_rows, "plain_columns", lambda *_: None)
        assert source_rows.select_columns(statement, DIALECTS[dialect]) == plain


def test_values_that_look_like_names_are_not_plain_columns() -> None:
    reserved = DIALECTS["duckdb"].reserved
    assert plain_columns('SELECT a, t.B, "C" AS "D", e AS f FROM t', reserved) == ("a", "b", "D", "f")
    for value in ("current_date", "NULL", "true", "*", "t.*", "1", "sysdate", "a b", "DISTINCT a", "TOP 1 a"):
        assert plain_columns(f"SELECT {value} FROM t", reserved) is None, value


def test_plain_statements_need_no_parser() -> None:
    program = (
        "import sys\n"
        "from dataduct.sql.references import tables_read, tables_written\n"
        "assert [str(t) for t in tables_read('INSERT INTO t SELECT a FROM u', 'duckdb')] == ['u']\n"
        "assert [str(t) for t in tables_written('INSERT INTO t SELECT a FROM u', 'duckdb')] == ['t']\n"
        "assert 'sqlglot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
