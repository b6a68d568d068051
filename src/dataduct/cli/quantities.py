"""Counts, sizes and times as a person reads them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from dataduct.model.counting import counted

_BYTE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def first_names(names: Sequence[str], most: int) -> str:
    """Return `a, b, c and 5 more`: at most `most` of the names, and how many there are beside them."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def rows_text(rows: int | None) -> str:
    """Return `336,776 rows`, or nothing if the number is unknown."""
    return "" if rows is None else counted(rows, "row")


def bytes_text(size: int | None) -> str:
    """Return a size in decimal units: `512 B`, `12.1 MB`; nothing if it is unknown."""
    if size is None:
        return ""
    amount = float(size)
    for unit in _BYTE_UNITS:
        if amount < 999.95 or unit == _BYTE_UNITS[-1]:
            return f"{size} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    raise AssertionError("the last unit takes every size")


def seconds_text(seconds: float | None) -> str:
    """Return a time: `0.04 s`, `1.2 s`, `3 min 05 s`, `2 h 07 min`; nothing if it is unknown."""
    if seconds is None:
        return ""
    if seconds < 0.095:
        return f"{max(seconds, 0):.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def rate_text(rows: int | None, seconds: float | None) -> str:
    """Return `280,647 rows/s`, or nothing if it cannot be said."""
    if not rows or not seconds or seconds <= 0:
        return ""
    return f"{round(rows / seconds):,} rows/s"


def moment_text(moment: datetime | None) -> str:
    """Return a time of the clock in UTC: `2026-01-01 01:30:00`; nothing if there is none."""
    if moment is None:
        return ""
    at = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    """Return the seconds from `start` to `end`, or None if one is missing."""
    return (end - start).total_seconds() if start and end else None
