import pytest
from tables import COURSES, define

from dataduct.model.table import Column, ColumnType
from dataduct.sql.comparison import differences
from dataduct.sql.dialect import DIALECTS, DUCKDB, POSTGRES, REDSHIFT, Dialect

TABLE = define(
    "CREATE TABLE t (a INT, b VARCHAR(20), c NUMERIC(9), d TIMESTAMPTZ, e SUPER, f TEXT, g NUMERIC)"
)


def existing(*types: str) -> list[Column]:
    return [Column(name=name, type=ColumnType(text)) for name, text in zip("abcdefg", types, strict=False)]


@pytest.mark.parametrize(
    ("dialect", "types"),
    [
        (
            DUCKDB,
            [
                "INTEGER",
                "VARCHAR",
                "DECIMAL(9,0)",
                "TIMESTAMP WITH TIME ZONE",
                "JSON",
                "VARCHAR",
                "DECIMAL(38,10)",
            ],
        ),
        (
            POSTGRES,
            ["int4", "character varying(20)", "numeric(9,0)", "timestamptz", "jsonb", "text", "numeric"],
        ),
        (
            REDSHIFT,
            [
                *("integer", "varchar(20)", "numeric(9,0)", "timestamp with time zone", "super"),
                *("character varying(256)", "numeric(18,0)"),
            ],
        ),
    ],
)
def test_types_are_compared_as_the_warehouse_shows_them(dialect: Dialect, types: list[str]) -> None:
    assert differences(existing(*types), TABLE, dialect) == ()


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_a_table_does_not_differ_from_itself(dialect: Dialect) -> None:
    assert differences(COURSES.columns, COURSES, dialect) == ()


def test_every_difference_is_a_sentence() -> None:
    found = define(
        "CREATE TABLE t (A INT, b BIGINT, x DATE, c NUMERIC(9), d TIMESTAMPTZ, e SUPER, f TEXT)"
    ).columns
    assert differences(found, TABLE, POSTGRES) == (
        "column `g` NUMERIC is missing",
        "column `x` DATE is not in the definition",
        "column `b` is BIGINT, and the definition says VARCHAR(20)",
    )


def test_a_length_that_a_check_enforces_on_duckdb_is_compared() -> None:
    table = define("CREATE TABLE t (a VARCHAR(20), b VARCHAR(20), c TEXT)")
    limited = [
        Column(name="a", type=ColumnType("VARCHAR", (5,))),
        Column(name="b", type=ColumnType("VARCHAR")),
        Column(name="c", type=ColumnType("VARCHAR")),
    ]
    assert differences(limited, table, DUCKDB) == (
        "column `a` is VARCHAR(5), and the definition says VARCHAR(20)",
    )


def test_the_order_of_columns_is_compared() -> None:
    found = define("CREATE TABLE t (b INT, a INT)").columns
    assert differences(found, define("CREATE TABLE t (a INT, b INT)"), DUCKDB) == (
        "the columns stand in the order b, a, and the definition says a, b",
    )


def test_a_type_nobody_knows_is_shown_as_it_is() -> None:
    found = [Column(name="a", type=ColumnType("STRUCT(x INTEGER)"))]
    assert differences(found, define("CREATE TABLE t (a INT)"), DUCKDB) == (
        "column `a` is STRUCT(x INTEGER), and the definition says INTEGER",
    )
