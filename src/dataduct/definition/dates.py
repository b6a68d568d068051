"""Calendar arithmetic that both template languages share."""

import calendar
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from dataduct.model.nearest import did_you_mean


def plus_months(moment: datetime, months: int) -> datetime:
    """Return `moment` so many months later; a day the month lacks becomes its last one.

    Raises OverflowError outside the years 1 to 9999.
    """
    index = moment.year * 12 + moment.month - 1 + months
    year, month = index // 12, index % 12 + 1
    if not 1 <= year <= 9999:
        raise OverflowError("the year is outside 1 to 9999")
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return moment.replace(year=year, month=month, day=day)


def plus_elapsed(moment: datetime, delta: timedelta) -> datetime:
    """Return the moment after `delta` of elapsed time, whatever the clocks of its time zone do."""
    return (moment.astimezone(UTC) + delta).astimezone(moment.tzinfo)


def time_zone(name: str) -> ZoneInfo:
    """Return the time zone called `name`. Raises ValueError with the nearest name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = did_you_mean(name, available_timezones())
        raise ValueError(
            f"there is no time zone `{name}`" + (f"; {near.rstrip('?')}" if near else "")
        ) from None
