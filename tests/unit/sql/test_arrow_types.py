"""The column that holds every value of an Arrow type, in each warehouse."""

import pyarrow as pa
import pytest

from dataduct.sql.arrow_types import column_of, narrower_than
from dataduct.sql.dialect import DUCKDB, POSTGRES, REDSHIFT


@pytest.mark.parametrize(
    ("arrow", "duckdb", "postgres", "redshift"),
    [
        (pa.bool_(), "BOOLEAN", "BOOLEAN", "BOOLEAN"),
        (pa.int8(), "TINYINT", "SMALLINT", "SMALLINT"),
        (pa.int64(), "BIGINT", "BIGINT", "BIGINT"),
        (pa.uint16(), "USMALLINT", "INTEGER", "INTEGER"),
        (pa.uint64(), "UBIGINT", "NUMERIC(20,0)", "NUMERIC(20,0)"),
        (pa.float32(), "FLOAT", "REAL", "REAL"),
        (pa.float64(), "DOUBLE", "DOUBLE PRECISION", "DOUBLE PRECISION"),
        (pa.decimal128(15, 2), "DECIMAL(15,2)", "NUMERIC(15,2)", "NUMERIC(15,2)"),
        (pa.string(), "VARCHAR", "TEXT", "VARCHAR(65535)"),
        (pa.binary(), "BLOB", "BYTEA", "VARBYTE(1024000)"),
        (pa.date32(), "DATE", "DATE", "DATE"),
        (pa.time64("us"), "TIME", "TIME", "TIME"),
        (pa.timestamp("us"), "TIMESTAMP", "TIMESTAMP", "TIMESTAMP"),
        (
            pa.timestamp("us", "UTC"),
            "TIMESTAMP WITH TIME ZONE",
            "TIMESTAMP WITH TIME ZONE",
            "TIMESTAMP WITH TIME ZONE",
        ),
    ],
    ids=str,
)
def test_every_type_that_a_source_gives_has_a_column(
    arrow: pa.DataType, duckdb: str, postgres: str, redshift: str
) -> None:
    found = tuple(column_of(str(arrow), dialect) for dialect in (DUCKDB, POSTGRES, REDSHIFT))
    assert found == (duckdb, postgres, redshift)


def test_more_digits_than_a_warehouse_has_have_no_column() -> None:
    assert column_of("decimal256(50, 2)", POSTGRES) == "NUMERIC(50,2)"
    assert column_of("decimal256(50, 2)", DUCKDB) is None


@pytest.mark.parametrize("arrow", ["list<item: int64>", "timestamp[ns, tz=UTC]", "duration[us]"])
def test_a_type_that_no_column_holds_has_none(arrow: str) -> None:
    assert column_of(arrow, DUCKDB) is None


def test_redshift_s_widest_text_is_narrower_than_arrow_s() -> None:
    assert narrower_than("string", REDSHIFT) == "texts of more than 65,535 bytes"
    assert narrower_than("string", DUCKDB) == ""
