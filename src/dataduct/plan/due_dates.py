"""Which run dates of a schedule are due at a moment."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from dataduct.model.schedule import FREQUENCIES, Schedule

_FIRST_MONDAY = datetime(2001, 1, 1, tzinfo=UTC)
"""A Monday that periods of several days and weeks are counted from."""


def is_recurring(schedule: Schedule) -> bool:
    """Return whether the pipeline runs more than once."""
    return FREQUENCIES[schedule.frequency] is not None


def due_run_dates(schedule: Schedule, now: datetime, *, back: timedelta = timedelta()) -> Iterator[datetime]:
    """Yield the run dates that are due, oldest first: the latest one, and those up to `back` before it.

    A run date is due from its scheduled start on. Weeks begin on Mondays.

    Args:
        schedule: A recurring one.
        now: The moment, with its time zone.
        back: How far before the latest due run date the oldest may lie.
    """
    period, latest = schedule.period, _latest_start(schedule, now)
    start = latest - period * (back // period)
    while start <= latest:
        yield _run_date(schedule, start)
        start += period


def next_start(schedule: Schedule, now: datetime) -> datetime:
    """Return when the first run date of a recurring schedule after `now` is due, in UTC."""
    return _latest_start(schedule, now) + schedule.period


def _latest_start(schedule: Schedule, now: datetime) -> datetime:
    first = datetime.combine(_FIRST_MONDAY, schedule.load_time, tzinfo=UTC)
    return first + schedule.period * ((now - first) // schedule.period)


def _run_date(schedule: Schedule, start: datetime) -> datetime:
    return start if schedule.is_sub_daily else datetime.combine(start, time(0, 0), tzinfo=UTC)
