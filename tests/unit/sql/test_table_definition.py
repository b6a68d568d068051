"""What CREATE TABLE texts mean: `golden/sql/definitions.txt` for good ones, `golden/sql/problems.txt` for broken."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataduct.errors import ProblemsError
from dataduct.model.table import ColumnType, ForeignKey, TableDefinition, TableName
from dataduct.sql.table_definition import parse_table_definition
from dataduct.sql.type_grammar import parse_column_type

CASES = Path(__file__).parent / "cases"


def texts(name: str) -> list[str]:
    return [text.strip("\n") for text in (CASES / name).read_text(encoding="utf-8").split("\n====\n")]


def parse(text: str) -> TableDefinition:
    return parse_table_definition(text, "t.sql")


def described(definition: TableDefinition) -> str:
    lines = [f"  table {definition.name!r}"]
    for column in definition.columns:
        facts = [str(column.type), "null" if column.nullable else "not null"]
        facts += [f"default {column.default}"] if column.default is not None else []
        facts += [f"identity {column.identity}"] if column.identity else []
        facts += ["unique"] if column.unique else []
        facts += [f"encode {column.encoding}"] if column.encoding else []
        lines.append(f"  {column.name!r}: {', '.join(facts)}")
    for name in ("primary_key", "unique", "foreign_keys", "checks", "temporary", "distribution_style"):
        if getattr(definition, name):
            lines.append(f"  {name} {getattr(definition, name)}")
    for name in ("distribution_key", "sort_key", "sort_style"):
        if getattr(definition, name):
            lines.append(f"  {name} {getattr(definition, name)}")
    return "\n".join(lines + ([] if definition.backup else ["  no backup"])) + "\n"


def drawn(text: str, error: ProblemsError) -> str:
    lines = []
    for problem in error.problems:
        assert problem.position is not None
        line = text.split("\n")[problem.position.line - 1]
        lines.append(f"  {problem.position} {problem.code} {problem.message}")
        lines.append(f"    {line}")
        lines.append("    " + " " * (problem.position.column - 1) + "^" * problem.position.width)
        lines += [f"    expected {problem.expected}"] if problem.expected else []
        lines += [f"    hint: {problem.hint}"] if problem.hint else []
    return "\n".join(lines) + "\n"


def test_good_definitions(golden: Callable[[str, str], None]) -> None:
    good = texts("good.sql")
    assert len(good) >= 40
    golden("sql/definitions.txt", "\n".join(f"{text}\n{described(parse(text))}" for text in good))


def test_broken_definitions(golden: Callable[[str, str], None]) -> None:
    parts = []
    broken = texts("broken.sql")
    assert len(broken) >= 20
    for text in broken:
        with pytest.raises(ProblemsError) as caught:
            parse(text)
        parts.append(f"{text}\n{drawn(text, caught.value)}")
    golden("sql/problems.txt", "\n".join(parts))


def test_all_problems_are_reported_at_once_in_the_order_of_their_places() -> None:
    text = "CREATE TABLE t (\n  a INTT,\n  b INT c INT,\n  a INT NOT NUL,\n  PRIMARY KEY (d)\n) SORTKY (a)"
    with pytest.raises(ProblemsError) as caught:
        parse(text)
    assert [(str(problem.position), problem.code) for problem in caught.value.problems] == [
        ("t.sql:2:5", "DD404"),
        ("t.sql:3:9", "DD403"),
        ("t.sql:4:3", "DD406"),
        ("t.sql:4:9", "DD403"),
        ("t.sql:5:16", "DD407"),
        ("t.sql:6:3", "DD403"),
    ]


def test_attributes_that_the_original_lost_are_kept() -> None:
    definition = parse(
        "CREATE TABLE s.t (id INT DEFAULT 0 NOT NULL PRIMARY KEY, code CHAR(2) NOT NULL, at TIMESTAMP WITH TIME ZONE "
        "NOT NULL, other INT REFERENCES o, UNIQUE (code))"
    )
    assert definition.primary_key == ("id",)
    assert definition.unique == (("code",),)
    assert [column.nullable for column in definition.columns] == [False, False, False, True]
    assert definition.columns[1].type == ColumnType("CHAR", (2,))
    assert definition.foreign_keys == (ForeignKey(("other",), TableName("o")),)


def test_without_a_schema_there_is_none() -> None:
    assert parse("create table T (a int)").name == TableName("t", None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("character varying(20)", ColumnType("VARCHAR", (20,))),
        ("VARCHAR(max)", ColumnType("VARCHAR", (65535,))),
        ("NUMERIC", ColumnType("NUMERIC")),
        ("DECIMAL(9)", ColumnType("NUMERIC", (9, 0))),
        ("DECIMAL(9, 2)", ColumnType("NUMERIC", (9, 2))),
        ("timestamptz(3)", ColumnType("TIMESTAMP WITH TIME ZONE", (3,))),
        ("TIMESTAMP (3) WITH TIME ZONE", ColumnType("TIMESTAMP WITH TIME ZONE", (3,))),
        ("TIMESTAMP WITH TIME ZONE(3)", ColumnType("TIMESTAMP WITH TIME ZONE", (3,))),
        ("double precision", ColumnType("DOUBLE PRECISION")),
        ("FLOAT(24)", ColumnType("REAL")),
        ("FLOAT", ColumnType("DOUBLE PRECISION")),
        ("bytea", ColumnType("VARBYTE")),
        ("char", ColumnType("CHAR", (1,))),
        ("interval day to second", ColumnType("INTERVAL DAY TO SECOND")),
    ],
)
def test_types_fold_to_one_spelling(text: str, expected: ColumnType) -> None:
    assert parse_column_type(text) == expected
    assert parse_column_type(str(expected)) == expected


FRAGMENTS = st.sampled_from(
    [
        *(
            "CREATE",
            "TABLE",
            "TEMP",
            "(",
            ")",
            ",",
            ";",
            "a",
            "b",
            '"Q"',
            ".",
            "INT",
            "VARCHAR(10)",
            "NUMERIC(5,2)",
            "(5",
        ),
        *(
            "NOT NULL",
            "NULL",
            "DEFAULT",
            "0",
            "'x'",
            "::text",
            "PRIMARY KEY",
            "(a)",
            "(a, b)",
            "UNIQUE",
            "CHECK",
            "LIKE",
        ),
        *(
            "REFERENCES",
            "CONSTRAINT",
            "IDENTITY(1,1)",
            "GENERATED ALWAYS AS IDENTITY",
            "ENCODE",
            "DISTKEY",
            "SORTKEY",
        ),
        *(
            "FOREIGN KEY",
            "DISTSTYLE",
            "BACKUP",
            "AS",
            "SELECT",
            "-- c\n",
            "{{ x }}",
            "'",
            "[",
            "]",
            "CASE",
            "END",
            "é",
        ),
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40),
        st.lists(FRAGMENTS, max_size=25).map(" ".join),
        st.lists(FRAGMENTS, max_size=20).map(lambda parts: "CREATE TABLE t (a INT, b " + " ".join(parts)),
    )
)
def test_any_text_is_a_definition_or_problems_with_places(text: str) -> None:
    try:
        definition = parse(text)
    except ProblemsError as error:
        assert error.problems
        assert all(problem.position is not None and problem.position.line >= 1 for problem in error.problems)
    else:
        assert definition.columns
