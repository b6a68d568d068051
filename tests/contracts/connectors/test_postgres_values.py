"""Every value of every PostgreSQL type is read as it is, over an encrypted connection and over a plain one."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from postgres_columns import EXTENSIONS, KINDS, SETUP, Kind

from dataduct.connectors.base import Reader, closing_reader
from dataduct.connectors.postgres import open_reader
from dataduct.connectors.postgres_types import LEDGER
from dataduct.errors import DataError
from dataduct.model.cancellation import Cancellation
from servers.postgres import Postgres

_SESSION = "-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=1"


@pytest.fixture(scope="module")
def database(postgres_server: Postgres) -> str:
    name = postgres_server.fresh_database("values")
    postgres_server.execute(*SETUP, database=name)
    return name


@pytest.fixture(scope="module", params=["disable", "require"])
def reader(request: pytest.FixtureRequest, postgres_server: Postgres, database: str) -> Iterator[Reader]:
    options = postgres_server.root_settings() | {"sslmode": request.param}
    with closing_reader(open_reader(options, database=database, project_directory=Path())) as reader:
        yield reader


@pytest.fixture(scope="module")
def server(postgres_server: Postgres, database: str) -> Iterator[Any]:
    connection = postgres_server.connect(database, options=_SESSION)
    yield connection
    connection.close()


_PRINTED = {"money": "v::numeric::text", "xml": "v::text"}


def printed(arrow: str) -> str:
    """Return SQL for what a value `v` must be read as, computed by the server, as text."""
    if arrow == "date32[day]":
        return "(v - date '1970-01-01')::text"
    if arrow.startswith(("timestamp", "time64")):
        return "(extract(epoch FROM v) * 1000000)::numeric(30, 0)::text"
    if arrow == "binary":
        return "encode(v, 'hex')"
    return "CASE WHEN v IS DISTINCT FROM NULL THEN format('%%s', v) END"


def plain(array: pa.ChunkedArray) -> list[str | None]:
    """Return the values as texts that can be compared with what the server computed."""
    kind = array.type
    if pa.types.is_date(kind):
        array = array.cast(pa.int32())
    elif pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        array = array.cast(pa.int64())
    values = array.to_pylist()
    if pa.types.is_boolean(kind):
        return [None if value is None else "t" if value else "f" for value in values]
    if pa.types.is_binary(kind):
        return [None if value is None else value.hex() for value in values]
    if pa.types.is_decimal(kind):
        return [None if value is None else format(value, "f") for value in values]
    return [None if value is None else str(value) for value in values]


def same(kind: pa.DataType, left: str | None, right: str | None) -> bool:
    """Return whether two texts are the same value; floats and decimals may be printed in two ways."""
    if left is None or right is None:
        return left is right
    if pa.types.is_floating(kind):
        return pa.array([float(left)], kind).view(_BITS[kind]) == pa.array([float(right)], kind).view(
            _BITS[kind]
        )
    if pa.types.is_decimal(kind):
        return Decimal(left) == Decimal(right)
    return left == right


_BITS = {pa.float32(): pa.int32(), pa.float64(): pa.int64()}


def check(reader: Reader, server: Any, type_: str, values: list[str | None]) -> pa.Field:
    """Read `values` of `type_` and compare each with what the server says of it."""
    parts = [
        f"SELECT {place} AS place, {'NULL' if value is None else literal(value)}::{type_} AS v"
        for place, value in enumerate(values)
    ]
    query = f"SELECT v FROM ({' UNION ALL '.join(parts)}) AS given ORDER BY place"
    table = reader.read(query, Cancellation()).read_all()
    field = table.schema.field("v")
    expression = _PRINTED.get(type_) or printed(str(field.type))
    wanted = server.execute(f"SELECT {expression} FROM ({query.replace('%', '%%')}) AS read", ()).fetchall()
    found = plain(table["v"])
    assert len(found) == len(values)
    for (want,), got, value in zip(wanted, found, values, strict=True):
        assert same(field.type, got, want), (
            f"{type_}: {value!r:.80} was read as {got!r:.80}, not {want!r:.80}"
        )
    return field


def literal(text: str) -> str:
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.type)
def test_edge_values(reader: Reader, server: Any, kind: Kind) -> None:
    field = check(reader, server, kind.type, [None, *kind.values, None])
    assert str(field.type) == kind.arrow


@pytest.mark.parametrize("kind", EXTENSIONS, ids=lambda kind: kind.type)
def test_types_of_extensions(reader: Reader, server: Any, kind: Kind) -> None:
    available = server.execute(
        "SELECT 1 FROM pg_available_extensions WHERE name = %s", (kind.type,)
    ).fetchone()
    if not available:
        pytest.skip(f"the server has no extension {kind.type}: apt-get install postgresql-contrib")
    server.execute(f"CREATE EXTENSION IF NOT EXISTS {kind.type}")
    assert str(check(reader, server, kind.type, [None, *kind.values]).type) == kind.arrow


@pytest.mark.parametrize(
    ("kind", "value"), [pytest.param(k, v, id=f"{k.type} {v}") for k in KINDS for v in k.refused]
)
def test_a_value_without_a_place_is_an_error_that_names_it(
    reader: Reader, server: Any, kind: Kind, value: str
) -> None:
    query = (
        f"SELECT v FROM (SELECT 1 AS place, '{kind.values[0]}'::{kind.type} AS v UNION ALL SELECT 2, '{value}'"
        f"::{kind.type} UNION ALL SELECT 3, NULL::{kind.type}) AS given ORDER BY place"
    )
    with pytest.raises(DataError) as caught:
        reader.read(query, Cancellation()).read_all()
    assert caught.value.code == "DD826"
    shown = server.execute(f"SELECT {literal(value)}::{kind.type}::text").fetchone()[0]
    assert caught.value.message == f"column `v`: `{shown}` in row 2 has no exact form in a dataset"
    assert "allow_lossy: [v]" in (caught.value.hint or "")
    allowed = reader.read(query, Cancellation(), allow_lossy={"v"}).read_all()["v"]
    assert allowed.is_valid().to_pylist() == [True, False, False]


def test_all_columns_of_a_table_at_once(reader: Reader, server: Any) -> None:
    server.execute("DROP TABLE IF EXISTS everything")
    columns = ", ".join(f"c{number} {kind.type}" for number, kind in enumerate(KINDS))
    server.execute(f"CREATE TABLE everything ({columns}, twice bigint GENERATED ALWAYS AS (c3 * 2) STORED)")
    names = ", ".join(f"c{number}" for number in range(len(KINDS)))
    first = ", ".join(literal(kind.values[1 if kind.type == "bigint" else 0]) for kind in KINDS)
    server.execute(f"INSERT INTO everything ({names}) VALUES ({first.replace('%', '%%')})", ())
    server.execute("INSERT INTO everything DEFAULT VALUES")
    described = reader.describe("SELECT * FROM everything", Cancellation())
    table = reader.read("SELECT * FROM everything", Cancellation()).read_all()
    assert [column.name for column in described] == table.schema.names
    assert [column.type for column in described] == table.schema.types
    assert [str(column.type) for column in described] == [*(kind.arrow for kind in KINDS), "int64"]
    assert {column.rule for column in described} <= set(LEDGER)
    assert table["twice"].to_pylist() == [2, None]
    assert all(table.column(number).null_count == 1 for number in range(table.num_columns))


def test_the_edge_values_use_every_row_of_the_ledger(reader: Reader) -> None:
    query = ", ".join(f"NULL::{kind.type} AS c{number}" for number, kind in enumerate(KINDS))
    assert {column.rule for column in reader.describe(f"SELECT {query}", Cancellation())} == set(LEDGER)


_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=30)
_DECIMALS = st.decimals(
    allow_nan=False, allow_infinity=False, places=10, min_value=-(10**27), max_value=10**27
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)
_ANY_VALUE: dict[str, st.SearchStrategy[str]] = {
    "bigint": st.integers(-(2**63), 2**63 - 1).map(str),
    "real": st.floats(width=32).map(str),
    "double precision": st.floats().map(str),
    "numeric(38,10)": _DECIMALS.map(str),
    "numeric": st.decimals(allow_nan=False, allow_infinity=False).map(str)
    | st.sampled_from(["NaN", "Infinity"]),
    "text": _TEXT,
    "char(7)": _TEXT.map(lambda text: text[:7]),
    "bytea": st.binary(max_size=40).map(lambda data: f"\\x{data.hex()}"),
    "date": st.dates().map(str),
    "timestamp": st.datetimes().map(str),
    "timestamptz": st.datetimes(timezones=st.just(None)).map(lambda moment: f"{moment}+05:45"),
    "time": st.times().map(str),
    "interval": st.tuples(
        st.integers(-9999, 9999), st.integers(-9999, 9999), st.integers(-(10**12), 10**12)
    ).map(lambda parts: f"{parts[0]} mons {parts[1]} days {parts[2]} microseconds"),
    "jsonb": _JSON.map(lambda value: json.dumps(value).replace("\\u0000", "")),
    "uuid": st.uuids().map(str),
    "bigint[]": st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=5).map(
        lambda numbers: "{" + ",".join("NULL" if n is None else str(n) for n in numbers) + "}"
    ),
    "inet": st.ip_addresses().map(str),
    "bit varying": st.text("01", max_size=70),
}


@pytest.mark.parametrize("type_", _ANY_VALUE)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_any_value(reader: Reader, server: Any, type_: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.none() | _ANY_VALUE[type_], min_size=1, max_size=30))
    check(reader, server, type_, values)
