"""SQLite's values as Arrow arrays, exactly or not at all."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

import pyarrow as pa

from dataduct.connectors.sqlite_types import Kind, SourceColumn
from dataduct.errors import DataError

Value = int | float | str | bytes | None
Values = Sequence[Value]

_SHOWN = 60
_CLASSES: dict[type, str] = {int: "integer", float: "real", str: "text", bytes: "blob"}
_BOOLEANS: dict[Value, bool | None] = {None: None, 0: False, 1: True, "false": False, "true": True}
_ZONE = re.compile(r"(?:Z|[+-]\d\d(?::?\d\d)?)$")
_HAS_TIME = re.compile(r"^.{10}.")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOTHING = type(None)


def storage_classes(values: Values) -> frozenset[str]:
    """Return what `typeof` says of the values, without `null`."""
    return frozenset(_CLASSES[found] for found in set(map(type, values)) if found is not _NOTHING)


def has_zone(text: Value) -> bool:
    """Return whether a timestamp's text ends in a zone (`Z`, `+01:00`)."""
    return isinstance(text, str) and _HAS_TIME.match(text) is not None and _ZONE.search(text[11:]) is not None


def to_arrow(column: SourceColumn, values: Values, first_row: int, *, lossy: bool = False) -> pa.Array:
    """Return `values` as an array of the column's type.

    Args:
        first_row: Row number, from 1, of the first value, for messages.
        lossy: Whether a value that does not fit becomes NULL instead of an error.

    Raises:
        DataError: A value does not fit the type; names row, column and value.
    """
    try:
        return _ARRAYS[column.kind](values, column)
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        kept = []
        for offset, value in enumerate(values):
            fits = _fits(column, value)
            if not fits and not lossy:
                raise _unfit(column, value, first_row + offset) from error
            kept.append(value if fits else None)
        if not lossy:
            raise
    return _ARRAYS[column.kind](kept, column)


def _fits(column: SourceColumn, value: Value) -> bool:
    try:
        _ARRAYS[column.kind]([value], column)
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        return False
    return True


def _unfit(column: SourceColumn, value: Value, row: int) -> DataError:
    shown = repr(value)
    if len(shown) > _SHOWN:
        shown = f"{shown[:_SHOWN]}..."
    what = (
        f"row {row}, column `{column.name}`: {_CLASSES[type(value)]} value {shown} is not {column.kind.value}"
    )
    if column.kind in (Kind.TIMESTAMP, Kind.ZONED_TIMESTAMP) and isinstance(value, str):
        zoned = Kind.ZONED_TIMESTAMP if column.kind is Kind.TIMESTAMP else Kind.TIMESTAMP
        try:
            _ARRAYS[zoned]([value], column)
        except (pa.ArrowException, ValueError):
            pass
        else:
            return DataError(
                f"{what}: some values of the column name a zone and some do not",
                code="DD770",
                hint=f"bring all to UTC in the query: strftime('%Y-%m-%d %H:%M:%f', {column.name})",
            )
    return DataError(
        what,
        code="DD768",
        hint=f"the column is declared {column.declared}: mend the value, take the column as it is with "
        f"CAST({column.name} AS TEXT), or allow such values to become NULL with `allow_lossy: [{column.name}]`"
        if column.declared
        else "the values of this column changed while it was read: CAST it to one type in the query",
    )


def _strictly(*allowed: type) -> Callable[[Values, SourceColumn], pa.Array]:
    """Return a conversion for values of certain Python types only, as Arrow would convert others in silence."""
    expected = {_NOTHING, *allowed}

    def convert(values: Values, column: SourceColumn) -> pa.Array:
        if not set(map(type, values)) <= expected:
            raise TypeError
        return pa.array(values, column.type)

    return convert


def _booleans(values: Values, column: SourceColumn) -> pa.Array:
    try:
        return pa.array([_BOOLEANS[value] for value in values], column.type)
    except KeyError:
        folded = [value.lower() if isinstance(value, str) else value for value in values]
        if not set(folded) <= _BOOLEANS.keys():
            raise ValueError from None
        return pa.array([_BOOLEANS[value] for value in folded], column.type)


def _dates(values: Values, column: SourceColumn) -> pa.Array:
    return _from_iso(values, column.type)


def _naive_timestamps(values: Values, column: SourceColumn) -> pa.Array:
    return _from_iso(values, pa.timestamp("us"))


def _utc_timestamps(values: Values, column: SourceColumn) -> pa.Array:
    texts = [value if value is None or has_zone(value) else f"{_with_time(value)}Z" for value in values]
    return _zoned_timestamps(texts, column)


def _zoned_timestamps(values: Values, column: SourceColumn) -> pa.Array:
    return _from_iso(values, pa.timestamp("us", "UTC"))


def _from_iso(values: Values, kind: pa.DataType) -> pa.Array:
    if not set(map(type, values)) <= {_NOTHING, str}:
        raise TypeError
    return pa.array(values, pa.string()).cast(kind)


def _with_time(value: Value) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value if _HAS_TIME.match(value) else f"{value} 00:00"


def _decimals(values: Values, column: SourceColumn) -> pa.Array:
    try:
        return pa.array(values, pa.float64()).cast(pa.string()).cast(column.type)
    except (pa.ArrowException, TypeError):
        return pa.array([None if value is None else _decimal(value) for value in values], column.type)


def _decimal(value: int | float | str | bytes) -> Decimal:
    text = value if isinstance(value, str) else repr(value)
    if isinstance(value, bytes) or not _NUMBER.fullmatch(text):
        raise ValueError
    return Decimal(text)


_ARRAYS: dict[Kind, Callable[[Values, SourceColumn], pa.Array]] = {
    Kind.INTEGER: _strictly(int),
    Kind.FLOAT: _strictly(int, float),
    Kind.TEXT: _strictly(str),
    Kind.BLOB: _strictly(bytes),
    Kind.BOOLEAN: _booleans,
    Kind.DATE: _dates,
    Kind.TIMESTAMP: _naive_timestamps,
    Kind.ZONED_TIMESTAMP: _zoned_timestamps,
    Kind.UTC_TIMESTAMP: _utc_timestamps,
    Kind.DECIMAL: _decimals,
}
