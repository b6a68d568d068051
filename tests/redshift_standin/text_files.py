"""Delimited, CSV and JSON files as records of fields, with bounded memory."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from redshift_standin.copy_options import Options

_ROW_LIMIT = 4 << 20


@dataclass(frozen=True, slots=True)
class Record:
    """A record: the line it begins on (from 1), its raw text, and its fields; None is NULL."""

    line: int
    raw: str
    fields: list[str | None] | None
    problem: str | None = None


def opened(stream: IO[bytes], options: Options) -> io.TextIOWrapper:
    """The text of a file, decompressed; bytes that are not UTF-8 become lone surrogates."""
    import pyarrow as pa

    codec = next((name for option, name in _CODECS if options.flag(option)), None)
    raw: IO[bytes] = io.BufferedReader(pa.CompressedInputStream(stream, codec)) if codec else stream  # type: ignore[type-var,assignment]
    readable = raw if isinstance(raw, io.BufferedIOBase) else io.BufferedReader(_Readable(raw), 1 << 18)
    return io.TextIOWrapper(readable, encoding="utf-8", errors="surrogateescape", newline="")


_CODECS = (("gzip", "gzip"), ("bzip2", "bz2"), ("zstd", "zstd"))


class _Readable(io.RawIOBase):
    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def records(text: io.TextIOWrapper, options: Options, columns: list[str]) -> Iterator[Record]:
    """The records of a file behind its header lines."""
    if options.format == "csv":
        yield from _csv_records(text, options)
    elif options.format == "json":
        yield from _json_records(text, options, columns)
    else:
        yield from _delimited_records(text, options)


class _Lines:
    """Lines of a text, remembered until they are taken."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text = text
        self.number = 0
        self.held: list[str] = []

    def __iter__(self) -> Iterator[str]:
        while line := _line(self.text):
            self.number += 1
            self.held.append(line)
            yield line

    def take(self) -> str:
        joined = "".join(self.held)
        self.held.clear()
        return joined.rstrip("\r\n")


def _line(text: io.TextIOWrapper) -> str:
    line = text.readline(_ROW_LIMIT)
    if len(line) >= _ROW_LIMIT and not line.endswith("\n"):
        raise ValueError("a row is longer than 4 MB")
    return line


def _csv_records(text: io.TextIOWrapper, options: Options) -> Iterator[Record]:
    csv.field_size_limit(_ROW_LIMIT)
    lines = _Lines(text)
    null = options.text("null", "\\N")
    reader = csv.reader(
        lines, delimiter=options.text("delimiter", ","), quotechar=options.text("quote", '"'), strict=True
    )
    skipped = options.number("ignoreheader", 0)
    while True:
        first = lines.number + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raw = lines.take()
            yield Record(first, raw, None, "Invalid quote formatting for CSV")
            reader = csv.reader(
                lines,
                delimiter=options.text("delimiter", ","),
                quotechar=options.text("quote", '"'),
                strict=True,
            )
            continue
        raw = lines.take()
        if first <= skipped:
            continue
        if not fields:
            if options.flag("ignoreblanklines"):
                continue
            fields = [""]
        yield Record(first, raw, [None if field == null else field for field in fields])


def _delimited_records(text: io.TextIOWrapper, options: Options) -> Iterator[Record]:
    delimiter, escape = options.text("delimiter", "|"), options.flag("escape")
    null = options.text("null", "\\N")
    lines = _Lines(text)
    skipped = options.number("ignoreheader", 0)
    iterator = iter(lines)
    for line in iterator:
        first = lines.number
        body = line
        while escape and _continues(body):
            following = next(iterator, None)
            if following is None:
                break
            body += following
        raw = lines.take()
        if first <= skipped:
            continue
        body = body[:-1] if body.endswith("\n") else body
        body = body[:-1] if body.endswith("\r") and not escape else body
        if not body.strip() and options.flag("ignoreblanklines"):
            continue
        fields = (
            _escaped_fields(body, delimiter, null)
            if escape
            else _plain_fields(body, delimiter, null, options)
        )
        yield Record(first, raw, fields)


def _continues(body: str) -> bool:
    if not body.endswith("\n"):
        return False
    kept = body[:-1]
    return (len(kept) - len(kept.rstrip("\\"))) % 2 == 1


def _plain_fields(body: str, delimiter: str, null: str, options: Options) -> list[str | None]:
    fields = body.split(delimiter)
    if options.flag("removequotes"):
        fields = next(csv.reader([body], delimiter=delimiter, doublequote=False))
    return [None if field == null else field for field in fields]


def _escaped_fields(body: str, delimiter: str, null: str) -> list[str | None]:
    fields: list[str | None] = []
    current: list[str] = []
    start = at = 0
    while at <= len(body):
        if at == len(body) or body[at] == delimiter:
            fields.append(None if body[start:at] == null else "".join(current))
            current, start = [], at + 1
        elif body[at] == "\\" and at + 1 < len(body):
            at += 1
            current.append(body[at])
        else:
            current.append(body[at])
        at += 1
    return fields


class _Number(float):
    """A JSON number with a fraction or exponent, and its own text."""

    def __new__(cls, text: str) -> "_Number":
        made = super().__new__(cls, text)
        made.text = text
        return made

    text: str


def _json_records(text: io.TextIOWrapper, options: Options, columns: list[str]) -> Iterator[Record]:
    ignore_case = options.text("json", "auto").lower() == "auto ignorecase"
    lines = _Lines(text)
    decoder = json.JSONDecoder(parse_float=_Number)
    held, first = "", 1
    for line in lines:
        lines.take()
        held = held + line if held.strip() else line
        first = lines.number if held is line else first
        while held.strip():
            held = held.lstrip(" \t\r\n,")
            try:
                value, end = decoder.raw_decode(held)
            except ValueError:
                if len(held) > _ROW_LIMIT:
                    raise ValueError("a row is longer than 4 MB") from None
                break
            raw, held = held[:end], held[end:]
            for item in value if isinstance(value, list) else [value]:
                yield _json_record(first, raw, item, columns, ignore_case)
            first = lines.number
    if held.strip():
        yield Record(first, held.strip(), None, "Invalid JSON format. Invalid value")


def _json_record(line: int, raw: str, item: object, columns: list[str], ignore_case: bool) -> Record:
    if not isinstance(item, dict):
        return Record(line, raw, None, "Invalid JSON format. Invalid object")
    if ignore_case:
        item = {name.lower(): value for name, value in item.items()}
    return Record(line, raw, [_json_text(item.get(name)) for name in columns])


def _json_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, _Number):
        return value.text
    return json.dumps(value)
