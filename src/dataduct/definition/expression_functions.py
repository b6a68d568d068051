"""The functions of AWS Data Pipeline's expression language."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from dataduct.definition.dates import plus_elapsed, plus_months, time_zone
from dataduct.definition.durations import parse_duration
from dataduct.definition.joda import PatternError, format_date

Value = datetime | int | float | str

_DATE: Final = "a date"
_INTEGER: Final = "a whole number"
_TEXT: Final = "a text"
_WORDS: Final = {_DATE: "date", _INTEGER: "number", _TEXT: "'text'"}


class ExpressionError(ValueError):
    """An expression that cannot be read or evaluated.

    Attributes:
        message: One sentence without a final period.
        start: Offset of what it is about, in the text the expression stands in; `end` is behind it.
        code: A code of the catalogue.
        expected: What was expected, or None.
        hint: The nearest fix, or None.
    """

    def __init__(
        self,
        message: str,
        start: int,
        end: int,
        *,
        code: str,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.code = code
        self.expected = expected
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Function:
    """A function: what its arguments are and what it does."""

    parameters: tuple[str, ...]
    run: Callable[..., Value]

    def signature(self, name: str) -> str:
        """Return how the function is called: `plusDays(date, number)`."""
        return f"{name}({', '.join(_WORDS[kind] for kind in self.parameters)})"


def describe(value: Value) -> str:
    """Return what kind of value it is, in words."""
    if isinstance(value, datetime):
        return _DATE
    if isinstance(value, str):
        return _TEXT
    return _INTEGER if isinstance(value, int) else "a number with a fraction"


def _format(moment: datetime, pattern: str) -> str:
    try:
        return format_date(moment, pattern)
    except PatternError as error:
        raise ExpressionError(
            f"{error.message} (pattern `{pattern}`)",
            error.index + 1,
            error.index + 2,
            code="DD315",
            hint="put literal text in single quotes; the letters are those of Joda-Time, such as YYYY-MM-dd HH:mm",
        ) from None


def _in_time_zone(moment: datetime, name: str) -> datetime:
    try:
        return moment.astimezone(time_zone(name))
    except ValueError as error:
        raise ExpressionError(
            str(error), 0, 0, code="DD316", hint="write a name such as 'America/New_York'"
        ) from None


def _sunday(moment: datetime) -> datetime:
    return moment - timedelta(days=moment.isoweekday() % 7)


def _period(sign: int) -> Callable[[datetime, str], datetime]:
    def shift(moment: datetime, period: str) -> datetime:
        number, _, unit = period.strip().partition(" ")
        months = {"month": 1, "year": 12}.get(unit.strip().lower().rstrip("s"))
        if months is not None and number.isascii() and number.isdigit() and len(number) < 6:
            return plus_months(moment, sign * months * int(number))
        return moment + sign * timedelta(seconds=parse_duration(period))

    return shift


def _makers() -> dict[str, Function]:
    makers: dict[str, Function] = {}
    for sign, verb in ((1, "plus"), (-1, "minus")):
        shifts: dict[str, Callable[[datetime, int], datetime]] = {
            "Minutes": lambda moment, n, s=sign: plus_elapsed(moment, timedelta(minutes=s * n)),  # type: ignore[misc]
            "Hours": lambda moment, n, s=sign: plus_elapsed(moment, timedelta(hours=s * n)),  # type: ignore[misc]
            "Days": lambda moment, n, s=sign: moment + timedelta(days=s * n),  # type: ignore[misc]
            "Weeks": lambda moment, n, s=sign: moment + timedelta(weeks=s * n),  # type: ignore[misc]
            "Months": lambda moment, n, s=sign: plus_months(moment, s * n),  # type: ignore[misc]
            "Years": lambda moment, n, s=sign: plus_months(moment, s * n * 12),  # type: ignore[misc]
        }
        makers |= {f"{verb}{unit}": Function((_DATE, _INTEGER), shift) for unit, shift in shifts.items()}
        makers[f"{verb}Period"] = Function((_DATE, _TEXT), _period(sign))
    return makers


def _part(read: Callable[[datetime], Any]) -> Function:
    return Function((_DATE,), read)


FUNCTIONS: Final[dict[str, Function]] = {
    "format": Function((_DATE, _TEXT), _format),
    "inTimeZone": Function((_DATE, _TEXT), _in_time_zone),
    "makeDate": Function((_INTEGER,) * 3, lambda year, month, day: datetime(year, month, day, tzinfo=UTC)),
    "makeDateTime": Function(
        (_INTEGER,) * 5,
        lambda year, month, day, hour, minute: datetime(year, month, day, hour, minute, tzinfo=UTC),
    ),
    "midnight": _part(lambda moment: moment.replace(hour=0, minute=0, second=0, microsecond=0)),
    "firstOfMonth": _part(lambda moment: moment.replace(day=1)),
    "sunday": _part(_sunday),
    "yesterday": _part(lambda moment: moment - timedelta(days=1)),
    "year": _part(lambda moment: moment.year),
    "month": _part(lambda moment: moment.month),
    "day": _part(lambda moment: moment.day),
    "dayOfYear": _part(lambda moment: moment.timetuple().tm_yday),
    "hour": _part(lambda moment: moment.hour),
    "minute": _part(lambda moment: moment.minute),
    **_makers(),
}
"""Every function by name."""
