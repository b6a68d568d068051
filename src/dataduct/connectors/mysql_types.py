"""The types of MySQL and MariaDB: what the values of each become in Arrow."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from dataduct.connectors.base import SourceColumn, SourceType
from dataduct.connectors.column_names import unique_names
from dataduct.connectors.decoding import Target, WireColumn
from dataduct.connectors.mysql_wire import ColumnDefinition

_UNSIGNED, _ENUM, _SET = 0x20, 0x100, 0x800
_BINARY_CHARSET = 63
_BYTES_PER_CHARACTER = 4
_WIDEST_DECIMAL = 38
_MICROSECOND_DIGITS = 6

_DECIMAL, _TINY, _FLOAT, _DOUBLE, _NULL, _TIMESTAMP = 0, 1, 4, 5, 6, 7
_DATE, _TIME, _DATETIME, _YEAR, _NEW_DATE, _BIT = 10, 11, 12, 13, 14, 16
_VECTOR, _JSON, _NEW_DECIMAL, _ENUM_TYPE, _SET_TYPE, _STRING, _GEOMETRY = 242, 245, 246, 247, 248, 254, 255
_BLOBS = (249, 250, 251, 252)

_INVALID_DATES = "zero and invalid dates (`0000-00-00`, `2024-02-00`, `2024-02-31`)"


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the values of one rule are decoded; the type is None where it depends on the column."""

    rule: SourceType
    target: Target
    type: pa.DataType | None


_INTEGERS: dict[tuple[int, bool], _Reading] = {
    (code, unsigned): _Reading(
        SourceType(f"{names} unsigned" if unsigned else names, str(kind), reading), target, kind
    )
    for code, names, reading, signed_one, unsigned_one in (
        (1, "tinyint", "tinyint(1) and boolean too", (Target.INT8, pa.int8()), (Target.UINT8, pa.uint8())),
        (2, "smallint", "", (Target.INT16, pa.int16()), (Target.UINT16, pa.uint16())),
        (9, "mediumint", "", (Target.INT32, pa.int32()), (Target.UINT32, pa.uint32())),
        (3, "int", "", (Target.INT32, pa.int32()), (Target.UINT32, pa.uint32())),
        (8, "bigint", "", (Target.INT64, pa.int64()), (Target.UINT64, pa.uint64())),
    )
    for unsigned, (target, kind) in ((False, signed_one), (True, unsigned_one))
}
_DECIMALS = _Reading(SourceType("decimal(p,s), p <= 38", "decimal128(p, s)"), Target.DECIMAL, None)
_WIDE_DECIMALS = _Reading(
    SourceType("decimal(p,s), p > 38", "string", "as text with every digit: Arrow's decimal128 has 38"),
    Target.UTF8,
    pa.string(),
)
_FLOATS = _Reading(
    SourceType("float", "float", "bit by bit, not as MySQL prints it"), Target.FLOAT32, pa.float32()
)
_DOUBLES = _Reading(SourceType("double", "double", "bit by bit"), Target.FLOAT64, pa.float64())
_BOOLEANS = _Reading(SourceType("bit(1)", "bool"), Target.BOOL, pa.bool_())
_BITS = _Reading(
    SourceType("bit(n), 2 <= n <= 64", "uint64", "as the number that the bits are"),
    Target.UINT64,
    pa.uint64(),
)
_YEARS = _Reading(SourceType("year", "int16"), Target.INT16, pa.int16())
_DATES = _Reading(SourceType("date", "date32[day]", refused=_INVALID_DATES), Target.DATE32, pa.date32())
_DATETIMES = _Reading(
    SourceType("datetime(f)", "timestamp[us]", "without a zone", _INVALID_DATES),
    Target.TIMESTAMP,
    pa.timestamp("us"),
)
_TIMESTAMPS = _Reading(
    SourceType(
        "timestamp(f)",
        "timestamp[us, tz=UTC]",
        "the moment in UTC",
        "the zero timestamp `0000-00-00 00:00:00`",
    ),
    Target.TIMESTAMP,
    pa.timestamp("us", "UTC"),
)
_TIMES = _Reading(
    SourceType("time(f)", "string", "as MySQL prints it: it may be negative and exceed 24 hours"),
    Target.TIME_TEXT,
    pa.string(),
)
_ENUMS = _Reading(
    SourceType("enum, set", "string", "the names; the error value 0 is the empty string"),
    Target.UTF8,
    pa.string(),
)
_TEXTS = _Reading(
    SourceType("char, varchar, text, uuid, inet", "string", "from any character set"),
    Target.UTF8,
    pa.string(),
)
_JSONS = _Reading(
    SourceType("json", "string", "the document as the server prints it"), Target.UTF8, pa.string()
)
_BINARIES = _Reading(
    SourceType("binary, varbinary, blob", "binary", "binary(n) with its zero bytes at the end"),
    Target.BINARY,
    pa.binary(),
)
_SHAPES = _Reading(
    SourceType("geometry, point, ...", "binary", "the number of the reference system in 4 bytes, then WKB"),
    Target.BINARY,
    pa.binary(),
)
_VECTORS = _Reading(
    SourceType("vector", "binary", "32-bit floats, lowest byte first"), Target.BINARY, pa.binary()
)
_NULLS = _Reading(SourceType("NULL", "string", "an expression that is always NULL"), Target.UTF8, pa.string())

_FIXED: dict[int, _Reading] = {
    _FLOAT: _FLOATS,
    _DOUBLE: _DOUBLES,
    _NULL: _NULLS,
    _TIMESTAMP: _TIMESTAMPS,
    _DATE: _DATES,
    _NEW_DATE: _DATES,
    _TIME: _TIMES,
    _DATETIME: _DATETIMES,
    _YEAR: _YEARS,
    _VECTOR: _VECTORS,
    _JSON: _JSONS,
    _ENUM_TYPE: _ENUMS,
    _SET_TYPE: _ENUMS,
    _GEOMETRY: _SHAPES,
}

LEDGER: tuple[SourceType, ...] = tuple(
    reading.rule
    for reading in (
        *_INTEGERS.values(),
        _DECIMALS,
        _WIDE_DECIMALS,
        _FLOATS,
        _DOUBLES,
        _BOOLEANS,
        _BITS,
        _YEARS,
        _DATES,
        _DATETIMES,
        _TIMESTAMPS,
        _TIMES,
        _TEXTS,
        _ENUMS,
        _JSONS,
        _BINARIES,
        _SHAPES,
        _VECTORS,
        _NULLS,
    )
)
"""What every type of MySQL and MariaDB becomes."""


def source_columns(definitions: Sequence[ColumnDefinition]) -> tuple[SourceColumn, ...]:
    """Return the columns of a result as the port describes them; equal names get `_1`, `_2`, ..."""
    names = unique_names([definition.name for definition in definitions])
    return tuple(
        SourceColumn(name, source_type(definition), _arrow_type(definition), _reading(definition).rule)
        for name, definition in zip(names, definitions, strict=True)
    )


def wire_columns(definitions: Sequence[ColumnDefinition]) -> tuple[WireColumn, ...]:
    """Return the columns of a result as a decoder takes them, in the order and with the names of `source_columns`."""
    names = unique_names([definition.name for definition in definitions])
    return tuple(
        WireColumn(
            name,
            _reading(definition).target,
            _arrow_type(definition),
            wire=definition.type_code,
            unsigned=bool(definition.flags & _UNSIGNED),
            decimals=definition.decimals,
        )
        for name, definition in zip(names, definitions, strict=True)
    )


def source_type(definition: ColumnDefinition) -> str:
    """Return a column's type as MySQL writes it, as far as the server says it (`decimal(15,2) unsigned`)."""
    code, length = definition.type_code, definition.length
    unsigned = " unsigned" if definition.flags & _UNSIGNED else ""
    if (code, False) in _INTEGERS:
        display = "(1)" if code == _TINY and length == 1 else ""
        return f"{_INTEGERS[code, False].rule.name}{display}{unsigned}"
    if code in (_DECIMAL, _NEW_DECIMAL):
        precision, scale = _precision(definition)
        return f"decimal({precision},{scale}){unsigned}"
    if code in (_FLOAT, _DOUBLE):
        return _FIXED[code].rule.name + unsigned
    if code in (_TIME, _DATETIME, _TIMESTAMP):
        digits = f"({definition.decimals})" if 0 < definition.decimals <= _MICROSECOND_DIGITS else ""
        return _FIXED[code].rule.name.removesuffix("(f)") + digits
    if code == _BIT:
        return f"bit({length})"
    if code == _GEOMETRY:
        return "geometry"
    if code in (_ENUM_TYPE, _SET_TYPE) or definition.flags & (_ENUM | _SET):
        return "enum" if code == _ENUM_TYPE or definition.flags & _ENUM else "set"
    if code in _FIXED:
        return _FIXED[code].rule.name
    return _string_type(definition)


def _string_type(definition: ColumnDefinition) -> str:
    binary = definition.charset == _BINARY_CHARSET
    if definition.type_code in _BLOBS:
        size = definition.length if binary else definition.length // _BYTES_PER_CHARACTER
        sizes = {255: "tiny", 65_535: "", 16_777_215: "medium"}
        return sizes.get(size, "long") + ("blob" if binary else "text")
    fixed = definition.type_code == _STRING
    if binary:
        return f"{'binary' if fixed else 'varbinary'}({definition.length})"
    return f"{'char' if fixed else 'varchar'}({definition.length // _BYTES_PER_CHARACTER})"


def _reading(definition: ColumnDefinition) -> _Reading:
    code = definition.type_code
    if (code, False) in _INTEGERS:
        return _INTEGERS[code, bool(definition.flags & _UNSIGNED)]
    if code in (_DECIMAL, _NEW_DECIMAL):
        return _DECIMALS if _precision(definition)[0] <= _WIDEST_DECIMAL else _WIDE_DECIMALS
    if code == _BIT:
        return _BOOLEANS if definition.length == 1 else _BITS
    if code in _FIXED:
        return _FIXED[code]
    if definition.flags & (_ENUM | _SET):
        return _ENUMS
    return _BINARIES if definition.charset == _BINARY_CHARSET else _TEXTS


def _arrow_type(definition: ColumnDefinition) -> pa.DataType:
    kind = _reading(definition).type
    return pa.decimal128(*_precision(definition)) if kind is None else kind


def _precision(definition: ColumnDefinition) -> tuple[int, int]:
    """Return precision and scale of a decimal, whose length has room for a point and a sign."""
    scale = definition.decimals
    signed = not definition.flags & _UNSIGNED
    return max(1, scale, definition.length - (scale > 0) - signed), scale
