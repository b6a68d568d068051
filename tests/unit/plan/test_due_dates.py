"""Which run dates of a schedule are due."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataduct.model.schedule import FREQUENCIES, Schedule
from dataduct.plan.bind import run_date_text
from dataduct.plan.due_dates import due_run_dates, is_recurring, next_start

RECURRING = [name for name, period in FREQUENCIES.items() if period is not None]


def due(frequency: str, now: str, *, hour: int = 1, back: timedelta = timedelta()) -> list[str]:
    schedule = Schedule(frequency, time(hour, 0))
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    return [run_date_text(date, schedule) for date in due_run_dates(schedule, moment, back=back)]


@pytest.mark.parametrize(
    ("frequency", "now", "expected"),
    [
        ("daily", "2026-03-04T12:00", "2026-03-04"),
        ("daily", "2026-03-04T01:00", "2026-03-04"),
        ("daily", "2026-03-04T00:59", "2026-03-03"),
        ("hourly", "2026-03-04T12:30", "2026-03-04T12:00"),
        ("6-hours", "2026-03-04T12:59", "2026-03-04T07:00"),
        ("weekly", "2026-03-04T12:00", "2026-03-02"),
        ("weekly", "2026-03-02T00:30", "2026-02-23"),
    ],
)
def test_the_latest_run_date_is_due_from_its_scheduled_start_on(
    frequency: str, now: str, expected: str
) -> None:
    assert due(frequency, now) == [expected]


def test_a_backfill_begins_that_long_before_the_latest_one() -> None:
    assert due("daily", "2026-03-02T12:00", back=timedelta(days=2)) == [
        "2026-02-28",
        "2026-03-01",
        "2026-03-02",
    ]
    assert due("daily", "2026-03-02T12:00", back=timedelta(hours=47)) == ["2026-03-01", "2026-03-02"]


def test_a_one_time_pipeline_does_not_recur() -> None:
    assert not is_recurring(Schedule("one-time"))
    assert is_recurring(Schedule("daily"))


@given(
    st.sampled_from(RECURRING),
    st.times(),
    st.datetimes(datetime(2001, 2, 1), datetime(2100, 1, 1)),
    st.timedeltas(timedelta(), timedelta(days=30)),
)
def test_each_due_run_date_starts_in_time_and_the_next_one_later(
    frequency: str, load_time: time, moment: datetime, back: timedelta
) -> None:
    schedule, now = (
        Schedule(frequency, load_time.replace(second=0, microsecond=0)),
        moment.replace(tzinfo=UTC),
    )

    starts = [schedule.scheduled_start(date) for date in due_run_dates(schedule, now, back=back)]

    assert starts[-1] <= now < next_start(schedule, now)
    assert next_start(schedule, now) - starts[-1] == schedule.period
    assert starts[-1] - starts[0] <= back
    assert {later - earlier for earlier, later in pairwise(starts)} <= {schedule.period}
