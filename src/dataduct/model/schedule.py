"""When a pipeline runs, and what a run date means in time."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

FREQUENCIES: dict[str, timedelta | None] = {
    "one-time": None,
    "hourly": timedelta(hours=1),
    "1-hour": timedelta(hours=1),
    "2-hours": timedelta(hours=2),
    "3-hours": timedelta(hours=3),
    "4-hours": timedelta(hours=4),
    "6-hours": timedelta(hours=6),
    "8-hours": timedelta(hours=8),
    "12-hours": timedelta(hours=12),
    "daily": timedelta(days=1),
    "1-day": timedelta(days=1),
    "2-days": timedelta(days=2),
    "3-days": timedelta(days=3),
    "4-days": timedelta(days=4),
    "5-days": timedelta(days=5),
    "6-days": timedelta(days=6),
    "weekly": timedelta(weeks=1),
    "1-week": timedelta(weeks=1),
    "2-weeks": timedelta(weeks=2),
}
"""The original's frequencies and their periods; a one-time pipeline has none."""

_ONE_TIME_PERIOD = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often a pipeline runs and at what time of day (UTC)."""

    frequency: str = "one-time"
    load_time: time = time(1, 0)

    @property
    def period(self) -> timedelta:
        """Time between two scheduled starts; fifteen minutes for a one-time pipeline, as the original had it."""
        return FREQUENCIES[self.frequency] or _ONE_TIME_PERIOD

    @property
    def is_sub_daily(self) -> bool:
        """Whether several run dates fall on one day, so that a run date needs a time of day."""
        period = FREQUENCIES[self.frequency]
        return period is not None and period < timedelta(days=1)

    def scheduled_start(self, run_date: datetime) -> datetime:
        """Return the scheduled start of the run for `run_date`, in UTC.

        A run date at midnight of a pipeline that runs daily or less often means that day's load time.
        """
        start = run_date.astimezone(UTC) if run_date.tzinfo else run_date.replace(tzinfo=UTC)
        if not self.is_sub_daily and start.time() == time(0, 0):
            start = datetime.combine(start.date(), self.load_time, tzinfo=UTC)
        return start

    def scheduled_end(self, run_date: datetime) -> datetime:
        """Return the scheduled start plus one period, in UTC."""
        return self.scheduled_start(run_date) + self.period
