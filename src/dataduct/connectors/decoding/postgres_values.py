"""The values of PostgreSQL's COPY BINARY: the specification, and the decoder where none is compiled."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct, unpack
from uuid import UUID

from dataduct.connectors.decoding.batches import Codec, Stored
from dataduct.connectors.decoding.calendar_text import MICROSECONDS_A_DAY, date_text, timestamp_text
from dataduct.connectors.decoding.faults import Fault, MalformedValue, RefusedValue
from dataduct.connectors.decoding.targets import Target, WireColumn

NUMERIC_HEADER = Struct(">HhHH")
"""Number of digits, weight of the first digit, sign, digits after the point to print."""

_WIDTHS = {
    Target.INT16: 2,
    Target.INT32: 4,
    Target.INT64: 8,
    Target.FLOAT32: 4,
    Target.FLOAT64: 8,
}
_DAYS_TO_2000 = 10_957
_MICROSECONDS_TO_2000 = _DAYS_TO_2000 * MICROSECONDS_A_DAY
_NEGATIVE = 0x4000
_SPECIAL = {0xC000: "NaN", 0xD000: "Infinity", 0xF000: "-Infinity"}
_MOST_PRINTED = 0x3FFF
_MOST_WEIGHT = 10
"""A first digit of this weight or more needs more than the 38 digits of a decimal128."""
_REPEATED = 8192


def postgres_codec(column: WireColumn) -> Codec:
    """Return how the values of `column` are read.

    Raises:
        ValueError: PostgreSQL sends no values that become values of the target.
    """
    target = column.target
    if target in _WIDTHS:
        return _big_endian(_WIDTHS[target])
    match target:
        case Target.BOOL:
            return Codec(_boolean)
        case Target.OID:
            return Codec(_oid, 8)
        case Target.DECIMAL:
            return Codec(_repeating(_decimal_reader(column.type.precision, column.type.scale)), 16)
        case Target.NUMERIC_TEXT:
            return Codec(_numeric_text)
        case Target.UTF8:
            return Codec(bytes.decode)
        case Target.BINARY:
            return Codec(_as_it_is)
        case Target.JSONB_TEXT:
            return Codec(_jsonb)
        case Target.UUID_TEXT:
            return Codec(_uuid)
        case Target.DATE32:
            return Codec(_repeating(_date), 4)
        case Target.TIMESTAMP:
            return Codec(_timestamp_reader("" if column.type.tz is None else "+00"), 8)
        case Target.TIME64:
            return Codec(_time, 8)
    raise ValueError(f"column `{column.name}`: PostgreSQL sends nothing that becomes {target.name}")


def _repeating(read: Callable[[bytes], Stored]) -> Callable[[bytes], Stored]:
    """Remember the last results: the values of such columns repeat."""
    return lru_cache(_REPEATED)(read)


def _as_it_is(raw: bytes) -> bytes:
    return raw


def _check_length(raw: bytes, expected: int) -> None:
    if len(raw) != expected:
        raise MalformedValue(Fault.VALUE_LENGTH, len(raw))


def _big_endian(width: int) -> Codec:
    def reversed_bytes(raw: bytes) -> bytes:
        if len(raw) != width:
            raise MalformedValue(Fault.VALUE_LENGTH, len(raw))
        return raw[::-1]

    return Codec(reversed_bytes, width)


def _oid(raw: bytes) -> bytes:
    _check_length(raw, 4)
    return raw[::-1] + bytes(4)


def _boolean(raw: bytes) -> bool:
    _check_length(raw, 1)
    if raw[0] > 1:
        raise MalformedValue(Fault.NOT_BOOLEAN, raw[0])
    return raw == b"\1"


def _jsonb(raw: bytes) -> str:
    if not raw:
        raise MalformedValue(Fault.VALUE_LENGTH, 0)
    if raw[0] != 1:
        raise MalformedValue(Fault.JSONB_VERSION, raw[0])
    return raw[1:].decode()


def _uuid(raw: bytes) -> str:
    _check_length(raw, 16)
    return str(UUID(bytes=raw))


def _date(raw: bytes) -> bytes:
    """Days since 2000 to days since 1970."""
    _check_length(raw, 4)
    days = int.from_bytes(raw, "big", signed=True)
    if days in (2**31 - 1, -(2**31)):
        raise RefusedValue("infinity" if days > 0 else "-infinity")
    days += _DAYS_TO_2000
    if days >= 2**31:
        raise RefusedValue(date_text(days))
    return days.to_bytes(4, "little", signed=True)


def _timestamp_reader(zone: str) -> Callable[[bytes], Stored]:
    """Return a function from microseconds since 2000 to microseconds since 1970."""

    def read(raw: bytes) -> bytes:
        if len(raw) != 8:
            raise MalformedValue(Fault.VALUE_LENGTH, len(raw))
        moment = int.from_bytes(raw, "big", signed=True)
        if moment in (2**63 - 1, -(2**63)):
            raise RefusedValue("infinity" if moment > 0 else "-infinity")
        moment += _MICROSECONDS_TO_2000
        if moment >= 2**63:
            raise RefusedValue(timestamp_text(moment) + zone)
        return moment.to_bytes(8, "little", signed=True)

    return read


def _time(raw: bytes) -> bytes:
    _check_length(raw, 8)
    moment = int.from_bytes(raw, "big", signed=True)
    if not 0 <= moment <= MICROSECONDS_A_DAY:
        raise MalformedValue(Fault.NOT_TIME)
    if moment == MICROSECONDS_A_DAY:
        raise RefusedValue("24:00:00")
    return raw[::-1]


@dataclass(frozen=True, slots=True)
class Numeric:
    """A numeric: the sum of `digits[i] * 10000 ** (weight - i)`, with its sign, or a special value.

    Attributes:
        digits: From 0 to 9999 each; the first and the last one are not 0.
        printed: Decimal digits after the point that PostgreSQL prints.
        special: `NaN`, `Infinity`, `-Infinity`, or empty.
    """

    digits: tuple[int, ...]
    weight: int
    negative: bool
    printed: int
    special: str

    @classmethod
    def parse(cls, raw: bytes) -> "Numeric":
        """Read the wire's form of it."""
        if len(raw) < NUMERIC_HEADER.size:
            raise MalformedValue(Fault.VALUE_LENGTH, len(raw))
        count, weight, sign, printed = NUMERIC_HEADER.unpack_from(raw)
        if len(raw) != NUMERIC_HEADER.size + 2 * count:
            raise MalformedValue(Fault.VALUE_LENGTH, len(raw))
        digits = unpack(f">{count}H", raw[NUMERIC_HEADER.size :])
        special = _SPECIAL.get(sign, "")
        if (
            (sign not in (0, _NEGATIVE) and not special)
            or printed > _MOST_PRINTED
            or max(digits, default=0) > 9999
        ):
            raise MalformedValue(Fault.NOT_NUMERIC)
        first, last = 0, count
        while first < last and not digits[first]:
            first += 1
        while first < last and not digits[last - 1]:
            last -= 1
        digits = digits[first:last]
        return cls(
            digits, weight - first if digits else 0, sign == _NEGATIVE and bool(digits), printed, special
        )

    def text(self) -> str:
        """Return it as PostgreSQL prints it."""
        if self.special:
            return self.special
        sign = "-" if self.negative else ""
        whole = "".join(f"{self._digit(place):04d}" for place in range(self.weight, -1, -1))
        places = -(-self.printed // 4)
        fraction = "".join(f"{self._digit(place):04d}" for place in range(-1, -1 - places, -1))[
            : self.printed
        ]
        return f"{sign}{whole.lstrip('0') or '0'}{'.' if fraction else ''}{fraction}"

    def _digit(self, place: int) -> int:
        """Return the digit that counts for `10000 ** place`."""
        index = self.weight - place
        return self.digits[index] if 0 <= index < len(self.digits) else 0

    def has_scale(self, scale: int) -> bool:
        """Return whether at most `scale` digits stand after the point, zeros at the end not counted."""
        first = max(0, self.weight + scale // 4 + 1)
        return all(
            digit % 10 ** min(4, 4 * (index - self.weight) - scale) == 0
            for index, digit in enumerate(self.digits[first:], start=first)
        )

    def unscaled(self, scale: int) -> int:
        """Return the number times `10 ** scale`, which must be an integer."""
        total = 0
        for digit in self.digits:
            total = total * 10_000 + digit
        exponent = 4 * (self.weight - len(self.digits) + 1) + scale
        power: int = 10 ** abs(exponent)
        total = total * power if exponent >= 0 else total // power
        return -total if self.negative else total


def _decimal_reader(precision: int, scale: int) -> Callable[[bytes], Stored]:
    limit = 10**precision

    def read(raw: bytes) -> bytes:
        number = Numeric.parse(raw)
        if number.special or number.weight > _MOST_WEIGHT or not number.has_scale(scale):
            raise RefusedValue(number.text())
        unscaled = number.unscaled(scale)
        if abs(unscaled) >= limit:
            raise RefusedValue(number.text())
        return unscaled.to_bytes(16, "little", signed=True)

    return read


def _numeric_text(raw: bytes) -> str:
    number = Numeric.parse(raw)
    if not number.has_scale(number.printed):
        raise MalformedValue(Fault.NOT_NUMERIC)
    return number.text()
