"""Columns of text whose every value is written plainly, converted at once by Arrow."""

import re

import pyarrow as pa
import pyarrow.compute as pc

_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_INTEGERS = {
    "TINYINT": pa.int8(),
    "SMALLINT": pa.int16(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "UTINYINT": pa.uint8(),
    "USMALLINT": pa.uint16(),
    "UINTEGER": pa.uint32(),
    "UBIGINT": pa.uint64(),
}
_FLOATS = {"FLOAT": pa.float32(), "DOUBLE": pa.float64()}
_OTHERS = {"DATE": pa.date32(), "TIMESTAMP": pa.timestamp("us"), "BOOLEAN": pa.bool_()}

_DAY = len("2026-01-31")
_SECOND = len("2026-01-31 23:59:59")
_MICROSECOND = len("2026-01-31 23:59:59.999999")


def plain_type(target: str) -> pa.DataType | None:
    """Return the Arrow type of plain values for a column of DuckDB type `target`, None if there is none."""
    if match := _DECIMAL.fullmatch(target):
        return pa.decimal128(int(match[1]), int(match[2]))
    return _INTEGERS.get(target) or _FLOATS.get(target) or _OTHERS.get(target)


def plain_values(column: pa.Array, type: pa.DataType) -> pa.Array | None:
    """Return the values of a column of text as values of `type`, or None if one of them is not plain.

    Of a plain value no reader can think otherwise: `12`, `-1.50`, `1e-05`, `2026-01-31 23:59:59.5`, `true`. Whatever
    Arrow reads in its own way (hexadecimal, infinity, hours without minutes), and whatever does not fit `type`, is not.
    """
    if column.null_count == len(column):
        return pa.nulls(len(column), type)
    try:
        if pa.types.is_boolean(type):
            return _booleans(column)
        if pa.types.is_temporal(type):
            return column.cast(type) if _is_moment(column, type) else None
        if pa.types.is_floating(type):
            return _floats(column, type)
        marks = b"0123456789-." if pa.types.is_decimal(type) else b"0123456789-"
        return column.cast(type) if _holds_only(column, marks) else None
    except pa.ArrowInvalid:
        return None


def _booleans(column: pa.Array) -> pa.Array | None:
    if _holds_only(column, b"tf") and _lengths(column) == (1, 1):
        return pc.match_substring(column, "t")
    return column.cast(pa.bool_())


def _is_moment(column: pa.Array, type: pa.DataType) -> bool:
    """Return whether all values have the length and the characters of a day, or of a moment without an offset."""
    shortest, longest = _lengths(column)
    if pa.types.is_date(type):
        return shortest == longest == _DAY and _holds_only(column, b"0123456789-")
    return shortest >= _SECOND and longest <= _MICROSECOND and _holds_only(column, b"0123456789-: .T")


def _floats(column: pa.Array, type: pa.DataType) -> pa.Array | None:
    if not _holds_only(column, b"0123456789-+.eE"):
        return None
    values = column.cast(type)
    return None if pc.any(pc.is_inf(values)).as_py() else values


def _lengths(column: pa.Array) -> tuple[int, int]:
    """Return the bytes of the shortest and of the longest value."""
    lengths = pc.min_max(pc.binary_length(column))
    return lengths["min"].as_py(), lengths["max"].as_py()


def _holds_only(column: pa.Array, marks: bytes) -> bool:
    """Return whether the values of `column` consist of nothing but `marks`."""
    _, offsets, data = column.buffers()
    if data is None:
        return False
    bounds = memoryview(offsets).cast("i")
    held = memoryview(data)[bounds[column.offset] : bounds[column.offset + len(column)]]
    return not bytes(held).translate(None, marks)
