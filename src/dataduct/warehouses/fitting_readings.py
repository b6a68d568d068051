"""What one text says, as a number, a date or the like.

A reading returns the value, as the Arrow type stores it (a date is its days, a timestamp its microseconds since 1970),
or the reason why the text is not one: `TYPE` where it says no such value, `CHANGED` where the value is another one in
that type.
"""

import re
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from math import isfinite, isinf
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa

from dataduct.warehouses.fitting_numbers import as_decimal, as_type, numeric_text
from dataduct.warehouses.misfits import Reason

TRUE_WORDS = frozenset({"true", "t", "yes", "y", "on", "1"})
FALSE_WORDS = frozenset({"false", "f", "no", "n", "off", "0"})

_WHOLE = re.compile(r"\s*([+-]?[0-9]+)(?:\.0*)?\s*", re.ASCII)
_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?P<exponent>[eE][+-]?[0-9]{1,6})?\s*", re.ASCII)
_SPECIAL = re.compile(r"\s*(?:nan|[+-]?inf(?:inity)?)\s*", re.IGNORECASE)
_MOMENT = re.compile(
    r"\s*(?P<year>[0-9]{4,6})[-/](?P<month>[0-9]{1,2})[-/](?P<day>[0-9]{1,2})"
    r"(?:[ T]\s*(?P<clock>[0-9:.]+)\s*(?P<zone>Z|[+-][0-9:]+|[A-Za-z][A-Za-z0-9_+/-]*)?)?\s*",
    re.ASCII,
)
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]*))?)?", re.ASCII)
_OFFSET = re.compile(r"([+-])([0-9]{1,2})(?::?([0-9]{2}))?(?::?([0-9]{2}))?", re.ASCII)

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_SECOND = 10**6
_DAY = 86_400 * _SECOND
_YEARS = 400
_YEARS_DAYS = 146_097
_LARGEST = 2**63


def integer(text: str, kind: pa.DataType) -> Any:
    """Return a whole number; zeros may stand after a point."""
    match = _WHOLE.fullmatch(text)
    if match:
        return Reason.TYPE if len(match[1]) > 400 else as_type(int(match[1]), kind)
    number = _NUMBER.fullmatch(text)
    return Reason.CHANGED if number and abs(Decimal(text.strip())) < 2**63 else Reason.TYPE


def decimal(text: str, precision: int, scale: int) -> Decimal | Reason:
    """Return a decimal. A number in scientific notation is one of a float: its last digit may be off."""
    match = _NUMBER.fullmatch(text)
    if not match:
        return Reason.TYPE
    tolerance = Decimal("1e-15") if match["exponent"] else None
    return as_decimal(Decimal(text.strip()), precision, scale, tolerance)


def numeric_text_of(text: str, digits: tuple[int, int] | None) -> str | Reason:
    """Return the plain text of a number that no Arrow type holds."""
    if not _NUMBER.fullmatch(text):
        if digits is None and _SPECIAL.fullmatch(text):
            return text.strip()
        return Reason.TYPE
    with localcontext(prec=2000):
        return numeric_text(Decimal(text.strip()), digits)


def floating(text: str, kind: pa.DataType) -> float | Reason:
    """Return the nearest float; a number that only infinity or zero is nearest to has none."""
    if _SPECIAL.fullmatch(text):
        return float(text)
    if not _NUMBER.fullmatch(text):
        return Reason.TYPE
    number = float(text)
    nearest: float = (
        number if kind.bit_width == 64 else pa.array([text.strip().lstrip("+")]).cast(kind)[0].as_py()
    )
    vanished = nearest == 0 and Decimal(text.strip()) != 0
    return Reason.CHANGED if not isfinite(nearest) or isinf(number) or vanished else nearest


def date_and_time(text: str) -> tuple[int, int, int, str | None] | Reason:
    """Return a moment's day since 1970, its microseconds in the day, the digits finer than that, and its zone."""
    match = _MOMENT.fullmatch(text)
    if not match:
        return Reason.TYPE
    cycles, year = divmod(int(match["year"]) - 1, _YEARS)
    if cycles < 0:
        return Reason.TYPE
    try:
        day = date(year + 1, int(match["month"]), int(match["day"])).toordinal() - _EPOCH_DAY
    except ValueError:
        return Reason.TYPE
    clock = _clock(match["clock"]) if match["clock"] else (0, 0)
    if clock is None:
        return Reason.TYPE
    return day + cycles * _YEARS_DAYS, *clock, match["zone"]


def date_only(moment: tuple[int, int, int, str | None]) -> bool:
    """Whether a moment is the beginning of a day that is the same one in UTC."""
    _, micros, finer, zone = moment
    return micros == 0 and finer == 0 and _offset(zone, 0) == 0


def date_of(text: str) -> int | Reason:
    """Return the days since 1970 of a date, which a midnight may follow."""
    moment = date_and_time(text)
    if isinstance(moment, Reason):
        return moment
    return moment[0] if date_only(moment) else Reason.CHANGED


def timestamp(text: str, zoned: bool) -> int | Reason:
    """Return the microseconds since 1970 of a timestamp; one without a zone is in UTC."""
    moment = date_and_time(text)
    if isinstance(moment, Reason):
        return moment
    day, micros, finer, zone = moment
    value = day * _DAY + micros
    offset = _offset(zone, value)
    if offset is None:
        return Reason.TYPE
    if finer or (offset and not zoned) or (not zoned and zone and zone[0].isalpha() and not _is_utc(zone)):
        return Reason.CHANGED
    value -= offset
    return value if -_LARGEST <= value < _LARGEST else Reason.TYPE


def time_of_day(text: str) -> int | Reason:
    """Return the microseconds since midnight of a time without a zone."""
    clock = _clock(text.strip())
    if clock is None:
        return Reason.TYPE
    return Reason.CHANGED if clock[1] else clock[0]


def uuid_bytes(text: str) -> bytes | Reason:
    """Return the 16 bytes of a UUID in any of its spellings."""
    bare = text.strip().strip("{}").replace("-", "")
    if not re.fullmatch(r"[0-9A-Fa-f]{32}", bare):
        return Reason.TYPE
    return uuid.UUID(bare).bytes


def _clock(text: str) -> tuple[int, int] | None:
    """Return the microseconds of a time of day and the digits finer than that, or None if it is none."""
    match = _CLOCK.fullmatch(text)
    if not match:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    fraction = (match[4] or "").ljust(6, "0")
    return (hour * 3600 + minute * 60 + second) * _SECOND + int(fraction[:6]), int(fraction[6:] or 0)


def _is_utc(zone: str) -> bool:
    return zone.upper() in ("Z", "UTC")


def _offset(zone: str | None, value: int) -> int | None:
    """Return the microseconds that a zone is before UTC at the local time `value`; None if there is no such zone."""
    if zone is None or _is_utc(zone):
        return 0
    match = _OFFSET.fullmatch(zone)
    if match:
        seconds = int(match[2]) * 3600 + int(match[3] or 0) * 60 + int(match[4] or 0)
        return (-seconds if match[1] == "-" else seconds) * _SECOND
    try:
        local = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)
        shift = ZoneInfo(zone).utcoffset(local.replace(tzinfo=None))
    except (ZoneInfoNotFoundError, ValueError, OverflowError, OSError):
        return None
    return None if shift is None else round(shift.total_seconds()) * _SECOND
