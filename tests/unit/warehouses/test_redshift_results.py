"""Columns of Redshift's tables and results as Arrow has them."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from dataduct.errors import DataError, SqlError
from dataduct.model.table import Column, ColumnType
from dataduct.warehouses.redshift_results import ResultColumn, batch_of
from dataduct.warehouses.redshift_stream import require_query
from dataduct.warehouses.redshift_targets import target_of


@pytest.mark.parametrize(
    ("oid", "kind", "text", "value"),
    [
        (16, pa.bool_(), "t", True),
        (21, pa.int16(), "-5", -5),
        (20, pa.int64(), "9223372036854775807", 2**63 - 1),
        (701, pa.float64(), "Infinity", float("inf")),
        (701, pa.float64(), "0.1", 0.1),
        (1700, pa.decimal128(38, 2), "-12345678901234567890.05", Decimal("-12345678901234567890.05")),
        (1082, pa.date32(), "2026-01-31", dt.date(2026, 1, 31)),
        (1083, pa.time64("us"), "23:59:59.999999", dt.time(23, 59, 59, 999999)),
        (1114, pa.timestamp("us"), "2026-01-31 10:00:00.5", dt.datetime(2026, 1, 31, 10, 0, 0, 500000)),
        (
            1184,
            pa.timestamp("us", "UTC"),
            "2026-01-31 10:00:00+00",
            dt.datetime(2026, 1, 31, 10, tzinfo=dt.UTC),
        ),
        (6551, pa.binary(), "00ff", b"\x00\xff"),
        (1043, pa.string(), "it's", "it's"),
    ],
)
def test_a_value_as_the_server_prints_it(oid, kind, text, value):
    batch = batch_of([ResultColumn("x", oid, kind)], [(text,), (None,)])

    assert batch.column(0).to_pylist() == [value, None]
    assert batch.schema.field(0).type == kind


def test_a_value_without_a_place_is_named():
    column = ResultColumn("born", 1082, pa.date32())

    with pytest.raises(DataError, match=r"column born holds a value .*: 0044-03-15 BC") as refused:
        batch_of([column], [("2026-01-01",), ("0044-03-15 BC",)])

    assert refused.value.code == "DD715"


@pytest.mark.parametrize(
    ("kind", "stored", "length"),
    [
        (ColumnType("VARCHAR", (20,)), pa.string(), 20),
        (ColumnType("TEXT"), pa.string(), 256),
        (ColumnType("CHAR"), pa.string(), 1),
        (ColumnType("NUMERIC"), pa.decimal128(18, 0), None),
        (ColumnType("NUMERIC", (9,)), pa.decimal128(9, 0), None),
        (ColumnType("NUMERIC", (9, 2)), pa.decimal128(9, 2), None),
        (ColumnType("VARBYTE", (10,)), pa.binary(), 10),
        (ColumnType("SUPER"), pa.string(), 65535),
    ],
)
def test_what_a_column_stores(kind, stored, length):
    target = target_of(Column(name="x", type=kind))

    assert (target.fit.type, target.fit.length) == (stored, length)
    assert target.fit.counts_bytes == pa.types.is_string(stored)


@pytest.mark.parametrize(
    ("kind", "source", "taken"),
    [
        ("INTEGER", pa.int32(), True),
        ("INTEGER", pa.int64(), False),
        ("SMALLINT", pa.int8(), False),
        ("TIMESTAMP", pa.timestamp("us"), True),
        ("TIMESTAMP", pa.timestamp("ns"), False),
        ("TIMESTAMP", pa.timestamp("us", "UTC"), False),
        ("TIMESTAMP WITH TIME ZONE", pa.timestamp("us", "Europe/Paris"), True),
        ("VARCHAR", pa.large_string(), True),
        ("VARCHAR", pa.binary(), False),
        ("TIME", pa.time64("us"), False),
        ("SUPER", pa.string(), False),
    ],
)
def test_which_files_are_copied_as_they_are(kind, source, taken):
    assert target_of(Column(name="x", type=ColumnType(kind))).takes(source) == taken


@pytest.mark.parametrize("text", ["", "DELETE FROM t", "SELECT 1; SELECT 2", "SELECT 1 INTO t"])
def test_only_one_query_is_streamed(text):
    with pytest.raises(SqlError, match="one query is expected") as refused:
        require_query(text)

    assert refused.value.code == "DD716"


def test_a_semicolon_is_left_out():
    assert require_query("SELECT ';' ;\n") == "SELECT ';'"
