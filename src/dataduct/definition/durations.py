"""Durations as people write them: `15 minutes`, `1h30m`, `6 Hours`."""

import re
from typing import Final

_SECONDS: Final[dict[str, float]] = {
    unit: seconds
    for seconds, units in (
        (0.001, ("ms", "millisecond", "milliseconds")),
        (1, ("s", "sec", "secs", "second", "seconds")),
        (60, ("m", "min", "mins", "minute", "minutes")),
        (3_600, ("h", "hr", "hrs", "hour", "hours")),
        (86_400, ("d", "day", "days")),
        (604_800, ("w", "week", "weeks")),
    )
    for unit in units
}
_PART = re.compile(r"\s*,?\s*([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*([a-z]+)", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?", re.ASCII)
_LONGEST: Final = 100 * 366 * 86_400.0


def parse_duration(text: str) -> float:
    """Return the seconds that `text` means; a bare number is seconds.

    Units are milliseconds, seconds, minutes, hours, days and weeks, in full or short (`90s`, `1h30m`), in any
    case. Raises ValueError with one sentence that quotes the text.
    """
    folded = text.strip().lower()
    total = float(folded) if _NUMBER.fullmatch(folded) else _sum_of_parts(text, folded)
    if total > _LONGEST:
        raise ValueError(f"`{text}` is longer than a hundred years")
    return total


def _sum_of_parts(text: str, folded: str) -> float:
    total, offset = 0.0, 0
    scales: set[float] = set()
    while offset < len(folded):
        part = _PART.match(folded, offset)
        if part is None:
            raise ValueError(
                f"`{text}` is no duration; write a number and a unit, such as 15 minutes or 1h30m"
            )
        seconds = _SECONDS.get(part[2])
        if seconds is None:
            raise ValueError(
                f"`{part[2]}` in `{text}` is no unit of time; write seconds, minutes, hours, days or weeks"
            )
        if seconds in scales:
            raise ValueError(f"`{text}` names the same unit twice")
        scales.add(seconds)
        total += float(part[1]) * seconds
        offset = part.end()
    if not scales:
        raise ValueError("the duration is empty; write a number and a unit, such as 15 minutes")
    return total
