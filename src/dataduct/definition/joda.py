"""Date patterns of Joda-Time (`YYYY-MM-dd`), as AWS Data Pipeline's `format` takes them.

    G era          y Y year of era   x week year       w week of year   D day of year    M month
    d day          E weekday name    e weekday 1-7     a AM or PM       H hour 0-23      k hour 1-24
    K hour 0-11    h hour 1-12       m minute          s second         S part of a second
    z zone name    Z zone offset     C century         'text' literal   '' a single quote

The number of letters says how long: numbers are padded with zeros, `yy` is the year's last two digits, `MMM` is
`Jan` and `MMMM` is `January`.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

LETTERS: Final = "GCyYxwDMdEeaHkKhmsSzZ"

_LONGEST_FIELD: Final = 20
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ZONE_NAMES: Final = {"UTC": "Coordinated Universal Time"}


class PatternError(ValueError):
    """A pattern that says nothing.

    Attributes:
        message: One sentence without a final period.
        index: Index in the pattern of the character it is about.
    """

    def __init__(self, message: str, index: int) -> None:
        super().__init__(message)
        self.message = message
        self.index = index


_NUMBERS: Final[dict[str, Callable[[datetime], int]]] = {
    "C": lambda moment: moment.year // 100,
    "w": lambda moment: moment.isocalendar().week,
    "D": lambda moment: moment.timetuple().tm_yday,
    "d": lambda moment: moment.day,
    "e": lambda moment: moment.isoweekday(),
    "H": lambda moment: moment.hour,
    "k": lambda moment: moment.hour or 24,
    "K": lambda moment: moment.hour % 12,
    "h": lambda moment: moment.hour % 12 or 12,
    "m": lambda moment: moment.minute,
    "s": lambda moment: moment.second,
}


def format_date(moment: datetime, pattern: str) -> str:
    """Return `moment`, which has a time zone, as `pattern` says. Raises PatternError."""
    return "".join(
        text if count == 0 else _field(moment, text, count) for text, count in parse_pattern(pattern)
    )


def parse_pattern(pattern: str) -> list[tuple[str, int]]:
    """Return the parts of a pattern: a letter and how often it stands, or a literal text and 0.

    Raises PatternError for an unknown letter, a quote that is not closed or a field longer than 20 letters.
    """
    parts: list[tuple[str, int]] = []
    index = 0
    while index < len(pattern):
        character = pattern[index]
        if character == "'":
            text, index = _quoted(pattern, index)
            parts.append((text, 0))
        elif character.isascii() and character.isalpha():
            count = len(pattern) - index - len(pattern[index:].lstrip(character))
            if character not in LETTERS:
                raise PatternError(f"`{character}` is no letter of date patterns", index)
            if count > _LONGEST_FIELD:
                raise PatternError(f"`{character}` stands {count} times in a row", index)
            parts.append((character, count))
            index += count
        else:
            parts.append((character, 0))
            index += 1
    return parts


def _quoted(pattern: str, start: int) -> tuple[str, int]:
    """Return the text between quotes and the index behind them; two quotes are one quote."""
    if pattern.startswith("''", start):
        return "'", start + 2
    text, index = "", start + 1
    while index < len(pattern):
        if pattern[index] != "'":
            text += pattern[index]
            index += 1
        elif pattern.startswith("''", index):
            text += "'"
            index += 2
        else:
            return text, index + 1
    raise PatternError("a quote in the pattern is not closed", start)


def _field(moment: datetime, letter: str, count: int) -> str:
    match letter:
        case "y" | "Y":
            return _year(moment.year, count)
        case "x":
            return _year(moment.isocalendar().year, count)
        case "M":
            return _name(_MONTHS[moment.month - 1], count, 4) if count > 2 else f"{moment.month:0{count}d}"
        case "E":
            return _name(_DAYS[moment.weekday()], count, 4)
        case "a":
            return "AM" if moment.hour < 12 else "PM"
        case "G":
            return "AD"
        case "S":
            return f"{moment.microsecond:06d}".ljust(count, "0")[:count]
        case "z":
            name = moment.tzname() or ""
            return _ZONE_NAMES.get(name, name) if count > 3 else name
        case "Z":
            return _offset(moment, count)
        case _:
            return f"{_NUMBERS[letter](moment):0{count}d}"


def _year(year: int, count: int) -> str:
    return f"{year % 100:02d}" if count == 2 else f"{year:0{count}d}"


def _name(name: str, count: int, full: int) -> str:
    return name if count >= full else name[:3]


def _offset(moment: datetime, count: int) -> str:
    if count > 2:
        return str(moment.tzinfo)
    offset = moment.strftime("%z")[:5]
    return offset if count == 1 else f"{offset[:3]}:{offset[3:]}"
