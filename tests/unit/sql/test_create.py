"""What is created is what was defined."""

import itertools
from dataclasses import replace

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import ENROLLMENTS, define

from dataduct.errors import UserError
from dataduct.model.table import Column, ColumnType, ForeignKey, TableDefinition, TableName
from dataduct.sql.column_types import SYNONYMS
from dataduct.sql.create import create_table
from dataduct.sql.dialect import DIALECTS, DUCKDB, POSTGRES, REDSHIFT
from dataduct.sql.table_definition import parse_table_definition

PLAIN = st.from_regex(r"[a-z_][a-z0-9_]{0,6}", fullmatch=True)
NAMES = st.one_of(
    PLAIN,
    st.sampled_from(
        ["order", "select", "Upper", 'a "b"', "x y", "é", "1a", "primary", "tag", "anti", "check"]
    ),
)
TYPES = st.one_of(
    st.sampled_from(
        [
            *(
                "INTEGER",
                "BIGINT",
                "SMALLINT",
                "BOOLEAN",
                "DATE",
                "TEXT",
                "REAL",
                "DOUBLE PRECISION",
                "NUMERIC",
            ),
            *("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIME", "VARCHAR"),
        ]
    ).map(ColumnType),
    st.tuples(st.sampled_from(["VARCHAR", "CHAR"]), st.integers(1, 4000)).map(
        lambda t: ColumnType(t[0], (t[1],))
    ),
    st.tuples(st.integers(1, 38), st.integers(0, 38)).map(lambda t: ColumnType("NUMERIC", (max(t), min(t)))),
)
DEFAULTS = st.sampled_from(
    [None, None, "0", "'it''s, (x)'", "-1.5", "(1 + 2) * 3", "NULL", "''::text", "upper('a')"]
)


@st.composite
def columns(draw: st.DrawFn, name: str) -> Column:
    identity = draw(st.none() | st.tuples(st.integers(-5, 5), st.sampled_from([1, 2, -1])))
    return Column(
        name=name,
        type=ColumnType("BIGINT") if identity else draw(TYPES),
        nullable=not identity and draw(st.booleans()),
        default=None if identity else draw(DEFAULTS),
        identity=identity,
        unique=draw(st.booleans()),
        encoding=draw(st.sampled_from([None, "zstd", "az64"])),
    )


@st.composite
def definitions(draw: st.DrawFn) -> TableDefinition:
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique_by=str.casefold))
    subset = st.lists(st.sampled_from(names), min_size=1, unique=True).map(tuple)
    key = draw(st.just(()) | subset)
    made = [draw(columns(name)) for name in names]
    reference = draw(st.just(()) | subset)
    sort_style = draw(st.sampled_from([None, "COMPOUND", "INTERLEAVED", "AUTO"]))
    has_sort_key = sort_style in ("COMPOUND", "INTERLEAVED") or (sort_style is None and draw(st.booleans()))
    return TableDefinition(
        name=TableName(draw(NAMES), draw(st.none() | NAMES)),
        columns=tuple(replace(column, nullable=False) if column.name in key else column for column in made),
        primary_key=key,
        unique=tuple(draw(st.lists(subset, max_size=2))),
        foreign_keys=(ForeignKey(reference, TableName("o", "s"), reference),) if reference else (),
        checks=tuple(draw(st.lists(st.sampled_from(["a > 0", "b <> '),'", "(c) IN (1, 2)"]), max_size=2))),
        distribution_style=draw(st.sampled_from([None, "ALL", "EVEN", "KEY", "AUTO"])),
        distribution_key=draw(st.none() | st.sampled_from(names)),
        sort_key=draw(subset) if has_sort_key else (),
        sort_style=sort_style,
        backup=draw(st.booleans()),
        source="t.sql",
    )


@settings(max_examples=30, deadline=None)
@given(definitions())
def test_redshift_ddl_reads_back_as_the_definition_but_for_checks(definition: TableDefinition) -> None:
    text = create_table(definition, REDSHIFT)[-1].text
    assert parse_table_definition(text, "t.sql") == replace(definition, checks=())


@settings(max_examples=30, deadline=None)
@given(definitions())
def test_postgres_ddl_reads_back_as_the_definition_but_for_storage(definition: TableDefinition) -> None:
    text = create_table(definition, POSTGRES)[-1].text
    assert parse_table_definition(text, "t.sql") == replace(
        definition,
        columns=tuple(replace(column, encoding=None) for column in definition.columns),
        distribution_style=None,
        distribution_key=None,
        sort_key=(),
        sort_style=None,
        backup=True,
    )


@settings(max_examples=15, deadline=None)
@given(definitions())
def test_duckdb_takes_every_definition(definition: TableDefinition) -> None:
    with duckdb.connect() as connection:
        for statement in create_table(replace(definition, checks=()), DUCKDB):
            connection.execute(statement.text)
        shown = connection.execute(f"DESCRIBE {DUCKDB.table(definition.name)}").fetchall()
    assert [row[0] for row in shown] == list(definition.column_names)
    assert [row[2] == "YES" for row in shown] == [column.nullable for column in definition.columns]


def test_duckdb_has_every_type() -> None:
    names = sorted(set(SYNONYMS.values()) - {"FLOAT"})
    listed = ", ".join(f'"{name}" {DUCKDB.column_type(ColumnType(name))}' for name in names)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t ({listed})")


def test_duckdb_keeps_lengths_identities_and_defaults_and_makes_no_index() -> None:
    with duckdb.connect() as connection:
        for statement in itertools.chain(
            create_table(ENROLLMENTS, DUCKDB), create_table(ENROLLMENTS, DUCKDB)
        ):
            connection.execute(statement.text)
        insert = 'INSERT INTO enrollments (user_id, "Course", code) VALUES '
        connection.execute(insert + "(1, 1, 'ab'), (1, 1, 'äö')")
        rows = connection.execute(
            "SELECT row_id, loaded_at IS NOT NULL FROM enrollments ORDER BY 1"
        ).fetchall()
        assert rows == [(1, True), (2, True)]
        for values in ("(1, 2, 'abc')", "(NULL, 2, 'a')", "(-1, 2, 'a')"):
            with pytest.raises(duckdb.ConstraintException):
                connection.execute(insert + values)
        assert connection.execute("SELECT * FROM duckdb_indexes()").fetchall() == []


def test_a_number_too_wide_for_the_warehouse_is_an_error_and_not_cut() -> None:
    with pytest.raises(
        UserError, match=r"NUMERIC\(50,2\) has more digits than duckdb keeps, which is 38"
    ) as caught:
        create_table(define("CREATE TABLE t (a NUMERIC(50,2))"), DUCKDB)
    assert caught.value.code == "DD416"


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_names_are_quoted_only_where_needed(dialect: object) -> None:
    assert isinstance(dialect, type(DUCKDB))
    assert [dialect.quote(name) for name in ("plain_1", "order", "Upper", 'a"b', "é", "")] == [
        "plain_1",
        '"order"',
        '"Upper"',
        '"a""b"',
        '"é"',
        '""',
    ]


TEXTS = st.lists(st.text(alphabet=st.sampled_from("a'\\\n\"é$%{")), min_size=40, max_size=40)


@settings(max_examples=10, deadline=None)
@given(TEXTS)
def test_literals_read_back(texts: list[str]) -> None:
    literals = [dialect.literal(text) for dialect in (DUCKDB, POSTGRES) for text in texts]
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT {', '.join(literals)}").fetchone() == (*texts, *texts)
