"""Dates as templates see them: texts in ISO form that the date filters understand."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Self

from dataduct.definition.dates import plus_elapsed, plus_months, time_zone

_WHOLE_NUMBER = re.compile(r"\s*[-+]?[0-9]{1,9}\s*", re.ASCII)

ATTRIBUTES: Final = frozenset(("year", "month", "day", "hour", "minute", "second", "strftime", "isoformat"))
"""What templates may read of a moment, besides what they may read of any text."""


class Moment(str):
    """A date, or a date and time, that prints in ISO form.

    Without a time of day it prints `2026-01-31`; with one `2026-01-31T10:00:00`, and the offset if it is not UTC.
    """

    __slots__ = ("has_time", "moment")

    moment: datetime
    has_time: bool

    def __new__(cls, moment: datetime, *, has_time: bool, text: str | None = None) -> Self:
        """Return the moment; `text` is how it prints if not in the usual form."""
        if text is None:
            utc = moment.utcoffset() == timedelta(0)
            printed = moment.replace(tzinfo=None) if utc else moment
            text = (
                printed.isoformat(timespec="seconds") if has_time else f"{moment:%Y}-{moment:%m-%d}".zfill(10)
            )
        instance = super().__new__(cls, text)
        instance.moment = moment
        instance.has_time = has_time
        return instance

    @classmethod
    def of(cls, value: object) -> "Moment":
        """Return the moment that `value` names: a moment, a date or a text in ISO form. Raises ValueError."""
        if isinstance(value, Moment):
            return value
        if isinstance(value, datetime):
            return cls(_aware(value), has_time=True)
        if isinstance(value, date):
            return cls(datetime(value.year, value.month, value.day, tzinfo=UTC), has_time=False)
        if isinstance(value, str):
            try:
                moment = datetime.fromisoformat(value.strip())
            except ValueError:
                raise ValueError(f"`{value[:40]}` is no date; write YYYY-MM-DD or YYYY-MM-DDTHH:MM") from None
            return cls(_aware(moment), has_time=len(value.strip()) > len("YYYY-MM-DD"))
        raise ValueError(f"{type(value).__name__} is no date; give a date or a text such as 2026-01-31")

    year = property(lambda self: self.moment.year)
    month = property(lambda self: self.moment.month)
    day = property(lambda self: self.moment.day)
    hour = property(lambda self: self.moment.hour)
    minute = property(lambda self: self.moment.minute)
    second = property(lambda self: self.moment.second)

    def strftime(self, pattern: str) -> str:
        """Return the moment as the percent pattern says."""
        return format_date(self, pattern)

    def isoformat(self) -> str:
        """Return the moment in ISO form, with its offset if it has a time of day."""
        return iso(self)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _whole_number(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value):
        return int(value)
    raise ValueError(f"`{str(value)[:40]}` is not a whole number")


def add_days(value: object, days: object) -> Moment:
    """Return the date so many days later."""
    start = Moment.of(value)
    return Moment(start.moment + timedelta(days=_whole_number(days)), has_time=start.has_time)


def add_months(value: object, months: object) -> Moment:
    """Return the date so many months later; a day the month lacks becomes its last one."""
    start = Moment.of(value)
    return Moment(plus_months(start.moment, _whole_number(months)), has_time=start.has_time)


def add_hours(value: object, hours: object) -> Moment:
    """Return the time so many hours later."""
    start = Moment.of(value)
    return Moment(plus_elapsed(start.moment, timedelta(hours=_whole_number(hours))), has_time=True)


def format_date(value: object, pattern: object) -> str:
    """Return the date as the percent pattern says (`%Y/%m/%d`)."""
    if not isinstance(pattern, str) or "%" not in pattern:
        raise ValueError(f"`{str(pattern)[:40]}` is no date format; write one such as %Y-%m-%d")
    return Moment.of(value).moment.strftime(pattern)


def date_of(value: object, pattern: object = None) -> str:
    """Return the date without its time of day, or as the percent pattern says."""
    if pattern is not None:
        return format_date(value, pattern)
    return Moment(_midnight(Moment.of(value).moment), has_time=False)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def start_of_month(value: object) -> Moment:
    """Return the first day of the month."""
    return Moment(_midnight(Moment.of(value).moment).replace(day=1), has_time=False)


def end_of_month(value: object) -> Moment:
    """Return the last day of the month."""
    first = _midnight(Moment.of(value).moment).replace(day=1)
    return Moment(first + timedelta(days=(plus_months(first, 1) - first).days - 1), has_time=False)


def start_of_week(value: object) -> Moment:
    """Return the Monday of the week."""
    midnight = _midnight(Moment.of(value).moment)
    return Moment(midnight - timedelta(days=midnight.weekday()), has_time=False)


def in_timezone(value: object, zone: object) -> Moment:
    """Return the same moment as the clocks of `zone` show it."""
    return Moment(Moment.of(value).moment.astimezone(time_zone(str(zone))), has_time=True)


def iso(value: object) -> str:
    """Return the date in ISO form, with its offset if it has a time of day."""
    moment = Moment.of(value)
    return moment.moment.isoformat(timespec="seconds") if moment.has_time else str(moment)


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "add_days": add_days,
    "add_months": add_months,
    "add_hours": add_hours,
    "date": date_of,
    "format_date": format_date,
    "start_of_month": start_of_month,
    "end_of_month": end_of_month,
    "start_of_week": start_of_week,
    "in_timezone": in_timezone,
    "iso": iso,
}
"""The date filters by name."""
