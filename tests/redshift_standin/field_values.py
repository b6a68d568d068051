"""One field of a text file as a value of its column, checked as Redshift checks it."""

import datetime
import decimal
import json
import re
from dataclasses import dataclass
from typing import NoReturn

from redshift_standin.copy_options import Options
from redshift_standin.load_columns import LoadColumn

_INTEGERS = {"int2": (15, "Short"), "int4": (31, "Integer"), "int8": (63, "Long")}
_TRUE = frozenset(("t", "true", "y", "yes", "1"))
_FALSE = frozenset(("f", "false", "n", "no", "0"))
_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?([+-]\d{2}(:?\d{2})?)?")
_AUTO_TIMESTAMP = re.compile(
    r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(Z|UTC|[+-]\d{2}(?::?\d{2})?)?"
)
_PATTERNS = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "HH24": "%H", "HH": "%H", "MI": "%M", "SS": "%S", "US": "%f",
             "YY": "%y", "MON": "%b", "AM": "%p", "T": "T"}  # fmt: skip


class FieldError(Exception):
    """A field that does not fit: Redshift's error code, its reason, and the place in the field."""

    def __init__(self, code: int, reason: str, position: int = 0) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.position = position


@dataclass(frozen=True, slots=True)
class Conversion:
    """Turns fields into what PostgreSQL reads, by the options of one COPY."""

    options: Options

    def value(self, column: LoadColumn, text: str | None) -> str | None:
        """The value to load; None is NULL. Raises `FieldError`."""
        converted = None if text is None else self._convert(column, text)
        if converted is None and column.not_null:
            raise FieldError(1213, "Missing data for not-null field")
        return converted

    def _convert(self, column: LoadColumn, text: str) -> str | None:
        if column.is_text:
            return self._text(column, text)
        if not text.strip() and not text.strip("\t "):
            return None
        kind = column.type_name
        if kind in _INTEGERS:
            return _integer(kind, text)
        if kind == "numeric":
            return self._decimal(column, text)
        if kind in ("float4", "float8"):
            return _float(text)
        if kind == "bool":
            return _boolean(text)
        if kind == "date":
            return self._date(text)
        if kind in ("timestamp", "timestamptz"):
            return self._timestamp(kind, text)
        if kind == "super":
            return _super(text)
        if kind == "varbyte":
            return _bytes(text)
        return text

    def _text(self, column: LoadColumn, text: str) -> str | None:
        if self.options.flag("emptyasnull") and text == "":
            return None
        if self.options.flag("blanksasnull") and text and not text.strip():
            return None
        if self.options.flag("trimblanks"):
            text = text.rstrip(" ")
        text = self._valid(text)
        if "\0" in text:
            raise FieldError(
                1220, "String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: 00"
            )
        if column.type_name == "bpchar":
            text = text.rstrip(" ")
            if not text.isascii():
                bad = next(character for character in text if not character.isascii()).encode()
                raise FieldError(
                    1220,
                    "Multibyte character not supported for CHAR (Hint: try using VARCHAR). "
                    f"Invalid char: {bad.hex(' ')}",
                )
        encoded = text.encode()
        if len(encoded) > column.length:
            if not self.options.flag("truncatecolumns"):
                raise FieldError(1204, "String length exceeds DDL length", 0)
            return encoded[: column.length].decode(errors="ignore")
        return text

    def _valid(self, text: str) -> str:
        if not any("\ud800" <= character <= "\udfff" for character in text):
            return text
        if "acceptinvchars" not in self.options.values:
            bad = next(c for c in text if "\ud800" <= c <= "\udfff").encode(errors="surrogateescape")
            raise FieldError(
                1220,
                f"String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: {bad.hex()} (error 3)",
            )
        replacement = self.options.text("acceptinvchars", "?")
        return "".join(replacement if "\ud800" <= character <= "\udfff" else character for character in text)

    def _decimal(self, column: LoadColumn, text: str) -> str:
        stripped = text.strip()
        if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", stripped):
            _invalid_digit(stripped, "Decimal", 1207)
        with decimal.localcontext(prec=200):
            exponent = decimal.Decimal(1).scaleb(-column.scale)
            rounding = decimal.ROUND_HALF_UP if self.options.flag("roundec") else decimal.ROUND_DOWN
            value = decimal.Decimal(stripped).quantize(exponent, rounding)
            if abs(value) >= decimal.Decimal(10) ** (column.precision - column.scale):
                raise FieldError(1207, f"Overflow, Value '{stripped[:20]}', Pos 0, Type: Decimal")
            return format(value, "f")

    def _date(self, text: str) -> str | None:
        form = self.options.text("dateformat", "")
        stripped = text.strip()
        try:
            if form.lower() == "auto":
                stripped = stripped[:10] if re.match(r"\d{4}-\d{2}-\d{2}[ T]", stripped) else stripped
                return (
                    _parse(stripped, ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%m/%d/%Y", "%d %b %Y"))
                    .date()
                    .isoformat()
                )
            if form:
                return datetime.datetime.strptime(stripped, _pattern(form)).date().isoformat()
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", stripped):
                raise ValueError
            return datetime.date.fromisoformat(stripped).isoformat()
        except ValueError:
            if self.options.flag("acceptanydate"):
                return None
            if len(stripped) < 10:
                raise FieldError(1205, "Invalid Date Format - length must be 10 or more") from None
            raise FieldError(1205, f"Invalid Date Format - {form or 'YYYY-MM-DD'}") from None

    def _timestamp(self, kind: str, text: str) -> str | None:
        form = self.options.text("timeformat", "")
        stripped = text.strip()
        try:
            if form.lower() in ("epochsecs", "epochmillisecs"):
                seconds = decimal.Decimal(stripped) / (1000 if form.lower().endswith("millisecs") else 1)
                start = datetime.datetime(1970, 1, 1)
                return (start + datetime.timedelta(microseconds=int(seconds * 1_000_000))).isoformat(" ")
            if form.lower() == "auto":
                return _auto_timestamp(stripped, kind)
            if form:
                return datetime.datetime.strptime(stripped, _pattern(form)).isoformat(" ")
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", stripped):
                stripped += " 00:00:00"
            if not _TIMESTAMP.fullmatch(stripped) or (
                kind == "timestamp" and re.search(r"[+-]\d{2}(:?\d{2})?$", stripped[19:])
            ):
                raise ValueError
            datetime.datetime.fromisoformat(stripped[:19])
            return stripped
        except (ValueError, decimal.InvalidOperation, OverflowError):
            if self.options.flag("acceptanydate"):
                return None
            suffix = "OF" if kind == "timestamptz" else ""
            raise FieldError(
                1206, f"Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS{suffix}]"
            ) from None


def _integer(kind: str, text: str) -> str:
    bits, label = _INTEGERS[kind]
    stripped = text.strip()
    if not re.fullmatch(r"[+-]?\d+", stripped):
        _invalid_digit(stripped, label, 1207)
    if not -(1 << bits) <= int(stripped) < 1 << bits:
        raise FieldError(1207, f"Overflow, Value '{stripped[:20]}', Pos 0, Type: {label}")
    return stripped


def _invalid_digit(text: str, label: str, code: int) -> NoReturn:
    place = next(
        (
            at
            for at, character in enumerate(text)
            if not (character.isdigit() or (at == 0 and character in "+-"))
        ),
        0,
    )
    shown = text[place : place + 1]
    raise FieldError(code, f"Invalid digit, Value '{shown}', Pos {place}, Type: {label}", place)


def _float(text: str) -> str:
    stripped = text.strip()
    if not re.fullmatch(r"[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|inf(inity)?|nan)", stripped, re.IGNORECASE):
        raise FieldError(1208, f"Invalid digit, Value '{stripped[:1]}', Pos 0, Type: Double")
    return stripped


def _boolean(text: str) -> str:
    lowered = text.strip().lower()
    if lowered in _TRUE:
        return "t"
    if lowered in _FALSE:
        return "f"
    raise FieldError(1210, "Unknown boolean format")


def _super(text: str) -> str:
    try:
        json.loads(text)
    except ValueError:
        raise FieldError(1224, "Invalid JSON format. Invalid value") from None
    return text


def _bytes(text: str) -> str:
    try:
        return "\\x" + bytes.fromhex(text).hex()
    except ValueError:
        raise FieldError(1219, "UTF-8 hexadecimal contains an invalid digit") from None


def _parse(text: str, patterns: tuple[str, ...]) -> datetime.datetime:
    for pattern in patterns:
        try:
            return datetime.datetime.strptime(text, pattern)
        except ValueError:
            continue
    raise ValueError(text)


def _pattern(form: str) -> str:
    return re.sub(
        r"YYYY|HH24|MON|MM|DD|HH|MI|SS|US|YY|AM", lambda found: _PATTERNS[found.group()], form.upper()
    )


def _auto_timestamp(text: str, kind: str) -> str:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return text + " 00:00:00"
    match = _AUTO_TIMESTAMP.fullmatch(text)
    if not match:
        raise ValueError(text)
    day, clock, zone = match.groups()
    datetime.datetime.fromisoformat(f"{day} {clock[:8]}")
    zone = {"Z": "+00", "UTC": "+00", None: ""}.get(zone, zone)
    return f"{day} {clock}{zone if kind == 'timestamptz' else ''}"
