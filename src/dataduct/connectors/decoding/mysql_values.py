"""The values of MySQL's binary rows: the specification, and the decoder where none is compiled."""

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from struct import Struct

from dataduct.connectors.decoding.batches import Codec, Stored
from dataduct.connectors.decoding.faults import Fault, MalformedValue, RefusedValue
from dataduct.connectors.decoding.targets import DYNAMIC_DECIMALS, Target, WireColumn

TINY, SHORT, LONG, FLOAT, DOUBLE, NULL, TIMESTAMP, LONGLONG, INT24 = 1, 2, 3, 4, 5, 6, 7, 8, 9
DATE, TIME, DATETIME, YEAR, NEWDATE, BIT = 10, 11, 12, 13, 14, 16
DECIMALS = frozenset({0, 246})
TEXTS_AND_BLOBS = frozenset({0, 15, BIT, 242, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255})
"""DECIMAL, VARCHAR, BIT, VECTOR, JSON, NEWDECIMAL, ENUM, SET, the blobs and texts, VAR_STRING, STRING, GEOMETRY."""
DATES = frozenset({DATE, NEWDATE})
TIMESTAMPS = frozenset({TIMESTAMP, DATETIME})

WIRE_SIZES = {TINY: 1, SHORT: 2, YEAR: 2, LONG: 4, INT24: 4, FLOAT: 4, LONGLONG: 8, DOUBLE: 8}
"""Bytes of the values that are not preceded by their length."""

_INTEGERS = {
    Target.INT8: (1, True),
    Target.INT16: (2, True),
    Target.INT32: (4, True),
    Target.INT64: (8, True),
    Target.UINT8: (1, False),
    Target.UINT16: (2, False),
    Target.UINT32: (4, False),
    Target.UINT64: (8, False),
}
_INTEGER_WIRES = frozenset({TINY, SHORT, YEAR, LONG, INT24, LONGLONG})
_DECIMAL_TEXT = re.compile(rb"(-?)([0-9]+)(?:\.([0-9]+))?")
_DECIMAL_DIGITS = 38
_FIRST_DAY = date(1970, 1, 1).toordinal()
_MICROSECONDS_A_DAY = 86_400_000_000
_MOMENT = Struct("<HBBBBBI")
_TIME = Struct("<BIBBBI")
_MOST_DAYS = 9999
_REPEATED = 8192


def mysql_codec(column: WireColumn) -> Codec:
    """Return how the values of `column` are read.

    Raises:
        ValueError: Values of the wire type do not become values of the target.
    """
    target, wire = column.target, column.wire
    codec = None
    if wire == NULL:
        codec = Codec(_no_value)
    elif target in _INTEGERS and wire in _INTEGER_WIRES:
        codec = _integer(column)
    elif target is Target.UINT64 and wire == BIT:
        codec = Codec(_bits, 8)
    elif target is Target.BOOL and wire in (BIT, TINY):
        codec = Codec(_boolean)
    elif (target, wire) in ((Target.FLOAT32, FLOAT), (Target.FLOAT64, DOUBLE)):
        codec = Codec(_as_it_is, WIRE_SIZES[wire])
    elif target is Target.DECIMAL and wire in DECIMALS:
        codec = Codec(_repeating(decimal_reader(column.type.precision, column.type.scale)), 16)
    elif target is Target.UTF8 and wire in TEXTS_AND_BLOBS:
        codec = Codec(bytes.decode)
    elif target is Target.BINARY and wire in TEXTS_AND_BLOBS:
        codec = Codec(_as_it_is)
    elif target is Target.DATE32 and wire in DATES:
        codec = Codec(_repeating(_date), 4)
    elif target is Target.TIMESTAMP and wire in TIMESTAMPS:
        codec = Codec(_timestamp_reader(column.decimals), 8)
    elif target is Target.TIME_TEXT and wire == TIME:
        codec = Codec(_repeating(_time_reader(column.decimals)))
    if codec is None:
        raise ValueError(f"column `{column.name}`: MySQL's type {wire} does not become {target.name}")
    return codec


def _repeating(read: Callable[[bytes], Stored]) -> Callable[[bytes], Stored]:
    """Remember the last results: the values of such columns repeat."""
    return lru_cache(_REPEATED)(read)


def _as_it_is(raw: bytes) -> bytes:
    return raw


def _no_value(raw: bytes) -> bytes:
    raise MalformedValue(Fault.NULL_TYPE)


def _integer(column: WireColumn) -> Codec | None:
    """Return the codec of a target that has room for every integer of the wire type; None if it has not."""
    size = WIRE_SIZES[column.wire]
    width, signed = _INTEGERS[column.target]
    wire_signed = not column.unsigned or column.wire == YEAR
    if width < size or (wire_signed and not signed) or (width == size and wire_signed != signed):
        return None
    if width == size:
        return Codec(_as_it_is, width)

    def widened(raw: bytes) -> bytes:
        return int.from_bytes(raw, "little", signed=wire_signed).to_bytes(width, "little", signed=signed)

    return Codec(widened, width)


def _bits(raw: bytes) -> bytes:
    if not 1 <= len(raw) <= 8:
        raise MalformedValue(Fault.VALUE_LENGTH, len(raw))
    return raw[::-1].ljust(8, b"\0")


def _boolean(raw: bytes) -> bool:
    return _bits(raw) != bytes(8)


def decimal_reader(precision: int, scale: int) -> Callable[[bytes], Stored]:
    """Return a function from a decimal number's text to a decimal128 of that precision and scale."""
    limit = 10**precision

    def read(raw: bytes) -> bytes:
        match = _DECIMAL_TEXT.fullmatch(raw)
        if match is None:
            raise MalformedValue(Fault.NOT_DECIMAL)
        sign, whole, fraction = match.group(1), match.group(2).lstrip(b"0"), match.group(3) or b""
        if fraction[scale:].strip(b"0") or len(whole) > _DECIMAL_DIGITS:
            raise RefusedValue(raw.decode("ascii"))
        unscaled = int(whole + fraction[:scale].ljust(scale, b"0") or b"0")
        if unscaled >= limit:
            raise RefusedValue(raw.decode("ascii"))
        return (-unscaled if sign else unscaled).to_bytes(16, "little", signed=True)

    return read


def _date(raw: bytes) -> bytes:
    year, month, day = _date_parts(raw)
    try:
        days = date(year, month, day).toordinal() - _FIRST_DAY
    except ValueError:
        raise RefusedValue(f"{year:04d}-{month:02d}-{day:02d}") from None
    return days.to_bytes(4, "little", signed=True)


def _date_parts(raw: bytes) -> tuple[int, int, int]:
    if len(raw) not in (0, 4):
        raise MalformedValue(Fault.VALUE_LENGTH, len(raw))
    if not raw:
        return 0, 0, 0
    year = int.from_bytes(raw[:2], "little")
    if year > 9999 or raw[2] > 99 or raw[3] > 99:
        raise MalformedValue(Fault.NOT_DATE)
    return year, raw[2], raw[3]


def _timestamp_reader(decimals: int) -> Callable[[bytes], Stored]:
    def read(raw: bytes) -> bytes:
        if len(raw) not in (0, 4, 7, 11):
            raise MalformedValue(Fault.VALUE_LENGTH, len(raw))
        year, month, day, hour, minute, second, micro = _MOMENT.unpack(raw.ljust(_MOMENT.size, b"\0"))
        if (
            year > 9999
            or month > 99
            or day > 99
            or hour > 23
            or minute > 59
            or second > 59
            or micro > 999_999
        ):
            raise MalformedValue(Fault.NOT_DATE)
        try:
            days = date(year, month, day).toordinal() - _FIRST_DAY
        except ValueError:
            raise RefusedValue(
                f"{year:04d}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}:{second:02d}"
                f"{_fraction(micro, decimals)}"
            ) from None
        moment: int = days * _MICROSECONDS_A_DAY + (hour * 3600 + minute * 60 + second) * 1_000_000 + micro
        return moment.to_bytes(8, "little", signed=True)

    return read


def _time_reader(decimals: int) -> Callable[[bytes], Stored]:
    def read(raw: bytes) -> str:
        if len(raw) not in (0, 8, 12):
            raise MalformedValue(Fault.VALUE_LENGTH, len(raw))
        negative, days, hour, minute, second, micro = _TIME.unpack(raw.ljust(_TIME.size, b"\0"))
        if negative > 1 or days > _MOST_DAYS or hour > 23 or minute > 59 or second > 59 or micro > 999_999:
            raise MalformedValue(Fault.NOT_TIME)
        sign = "-" if negative else ""
        return f"{sign}{days * 24 + hour:02d}:{minute:02d}:{second:02d}{_fraction(micro, decimals)}"

    return read


def _fraction(micro: int, decimals: int) -> str:
    """Return the fraction of a second with the column's number of digits, or with six where that would lose some."""
    if decimals >= DYNAMIC_DECIMALS:
        return f".{micro:06d}" if micro else ""
    digits = f"{micro:06d}"
    kept = digits[:decimals] if not digits[decimals:].strip("0") else digits
    return f".{kept}" if kept else ""
