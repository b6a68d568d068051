"""The columns of a query's result as Arrow has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from dataduct.errors import DataError

_NUMERIC, _BOOLEAN, _VARBYTE, _SUPER = 1700, 16, 6551, 4000
_TIMES = frozenset({1083, 1266, 1186})
_TYPES: Mapping[int, pa.DataType] = MappingProxyType(
    {
        _BOOLEAN: pa.bool_(),
        21: pa.int16(),
        23: pa.int32(),
        20: pa.int64(),
        26: pa.int64(),
        700: pa.float32(),
        701: pa.float64(),
        1082: pa.date32(),
        1083: pa.time64("us"),
        1114: pa.timestamp("us"),
        1184: pa.timestamp("us", "UTC"),
        _VARBYTE: pa.binary(),
    }
)


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of a result. `oid` is the type's number on the wire."""

    name: str
    oid: int
    type: pa.DataType

    @property
    def unloads_as_text(self) -> bool:
        """Whether UNLOAD has no Parquet type for it that is the stream's."""
        return self.oid in _TIMES or (self.oid == _NUMERIC and pa.types.is_string(self.type))

    @property
    def is_super(self) -> bool:
        """Whether it is a SUPER."""
        return self.oid == _SUPER


def result_columns(cursor: psycopg.Cursor) -> tuple[ResultColumn, ...]:
    """Return the columns of the result that a cursor has."""
    return tuple(
        ResultColumn(column.name, column.type_code, _type(column)) for column in cursor.description or ()
    )


def schema_of(columns: Sequence[ResultColumn]) -> pa.Schema:
    """Return the Arrow schema of a result."""
    return pa.schema([(column.name, column.type) for column in columns])


def batch_of(columns: Sequence[ResultColumn], rows: Sequence[Sequence[str | None]]) -> pa.RecordBatch:
    """Return rows, whose values are texts as the server prints them, as a batch.

    Raises:
        DataError: A value has no place in its Arrow type (DD715).
    """
    values = zip(*rows, strict=True) if rows else ([] for _ in columns)
    arrays = [_array(column, list(texts)) for column, texts in zip(columns, values, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema_of(columns))


def times_of(texts: pa.Array) -> pa.Array:
    """Return the times of day that texts such as `10:30:00.5` say. Raises `ArrowInvalid` for others."""
    at = pc.binary_join_element_wise("1970-01-01", texts, " ")
    return pc.cast(pc.cast(at, pa.timestamp("us")), pa.time64("us"))


def _type(column: psycopg.Column) -> pa.DataType:
    if column.type_code == _NUMERIC:
        precision, scale = column.precision, column.scale
        return pa.string() if precision is None or scale is None else pa.decimal128(precision, scale)
    return _TYPES.get(column.type_code, pa.string())


def _array(column: ResultColumn, texts: list[str | None]) -> pa.Array:
    kind = column.type
    if column.oid == _BOOLEAN:
        return pa.array([None if text is None else text == "t" for text in texts], kind)
    if column.oid == _VARBYTE:
        return pa.array(
            [None if text is None else bytes.fromhex(text.removeprefix("\\x")) for text in texts], kind
        )
    array = pa.array(texts, pa.string())
    if pa.types.is_string(kind):
        return array
    try:
        if pa.types.is_time(kind):
            return times_of(array)
        if pa.types.is_timestamp(kind) and kind.tz is not None:
            # The session's time zone is UTC, so that every offset is +00.
            return pc.cast(pc.replace_substring_regex(array, r"\+00(:?00)?$", ""), pa.timestamp("us")).cast(
                kind
            )
        return pc.cast(array, kind)
    except pa.ArrowInvalid:
        raise DataError(
            f"column {column.name} holds a value that {kind} has no place for: {_first_wrong(array, kind)}",
            code="DD715",
            hint="cast the column to VARCHAR in the query",
        ) from None


def _first_wrong(array: pa.Array, kind: pa.DataType) -> str:
    if pa.types.is_time(kind):
        return ", ".join(repr(text) for text in array.to_pylist()[:1])
    plain = pa.timestamp("us") if pa.types.is_timestamp(kind) else kind
    for value in array:
        try:
            pc.cast(value, plain)
        except pa.ArrowInvalid:
            return str(value)
    return ""
