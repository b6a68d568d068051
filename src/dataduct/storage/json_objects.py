"""Lines of JSON as keys and values: a fast way and an exact way that agree."""

import json
import re
from collections.abc import Callable, Sequence, Set
from typing import Any, NoReturn

Row = dict[str, Any]
"""Keys and values of one line: texts, True, False and None."""

Scan = Callable[[str, int], tuple[Any, int]]
"""Gives the value that begins at a position, and the position behind it."""

_SPACE_BEFORE_COLON = re.compile(r'"\s+:')
_ESCAPED = re.compile(r'["\\\x00-\x1f]')
_MOST_COUNTED = 30
_SPACE = re.compile(r"[ \t\r]*")


class BadLine(ValueError):  # noqa: N818 - it is the line that is bad
    """A line that is no JSON object; its text says why."""


def plain_objects(text: str, lines: Sequence[str]) -> list[Row] | None:
    """Return the objects of `lines`, which make up `text`, decoded at once; None if they must be taken one by one.

    In plain lines nothing is nested: each begins with the only brace that opens in it. So the decoded array has one
    object for each line, or more values where a line holds more than an object.
    """
    if not _are_plain(text, lines):
        return None
    try:
        rows: list[Row] = _DECODER.decode(f"[{','.join(lines)}]")
    except ValueError:
        return None
    if len(rows) != len(lines):
        return None
    keys = sum(map(len, rows))
    if text.count(":") != keys and (text.count('":') != keys or _SPACE_BEFORE_COLON.search(text)):
        return None  # a key that stands twice is decoded once
    return rows


def has_only_keys(text: str, lines: Sequence[str], known: Set[str]) -> bool:
    """Return whether the objects surely have no other keys than `known`, without decoding them.

    In plain text without backslashes every key ends with a quote and a colon. So there are no other keys if each quote
    with a colon behind it ends one of `known`.
    """
    if len(known) > _MOST_COUNTED or "\\" in text or not _are_plain(text, lines):
        return False
    if _SPACE_BEFORE_COLON.search(text):
        return False
    return text.count('":') == sum(text.count(f'"{key}":') for key in known)


def _are_plain(text: str, lines: Sequence[str]) -> bool:
    return text.count("{") == len(lines) and "[" not in text and all(line.startswith("{") for line in lines)


def json_object(line: str) -> Row:
    """Return the keys and values of one line; a nested value is its JSON text. Raises `BadLine`."""
    try:
        pairs, end = _scan_pairs(line, 0)
    except (ValueError, StopIteration, RecursionError):
        return exact_object(line)
    if not isinstance(pairs, tuple) or (end != len(line) and not line[end:].isspace()):
        return exact_object(line)
    row = dict(pairs)
    if len(row) != len(pairs):
        return exact_object(line)
    for key, value in pairs:
        if isinstance(value, list | tuple):
            text = _text_of(line, key)
            if text is None:
                return exact_object(line)
            row[key] = text
    return row


def _text_of(line: str, key: str) -> str | None:
    """Return the text of a member's value, None if it is not certain where it stands.

    A key that is written without escapes and with the colon right behind it stands in the line as it is.
    """
    name = f'"{key}":'
    if line.count(name) != 1 or "\\u" in line or "\\/" in line:
        return None
    if _ESCAPED.search(key) or _SPACE_BEFORE_COLON.search(line):
        return None
    start = _skip(line, line.index(name) + len(name))
    return line[start : _scan_pairs(line, start)[1]]


def exact_object(line: str) -> Row:
    """Return the same as `json_object`, member by member, so that the first thing that is wrong is found."""
    row: Row = {}
    position = _skip(line, 0)
    if line[position : position + 1] != "{":
        raise BadLine("it is no JSON object")
    position = _skip(line, position + 1)
    if line[position : position + 1] == "}":
        position += 1
    else:
        position = _members(line, position, row)
    if _skip(line, position) != len(line):
        raise BadLine(f"text follows the object, at character {position + 1}")
    return row


def _members(line: str, position: int, row: Row) -> int:
    """Add the members that begin at `position` to `row`; return the position behind the closing brace."""
    while True:
        if line[position : position + 1] != '"':
            raise BadLine(f"a key in quotes is expected at character {position + 1}")
        key, position = _value(line, position)
        if key in row:
            raise BadLine(f"the key `{key}` stands twice")
        position = _skip(line, position)
        if line[position : position + 1] != ":":
            raise BadLine(f"a colon is expected at character {position + 1}")
        start = _skip(line, position + 1)
        row[key], position = _value(line, start)
        position = _skip(line, position)
        end = line[position : position + 1]
        position += 1
        if end == "}":
            return position
        if end != ",":
            raise BadLine(f"a comma or a closing brace is expected at character {position}")
        position = _skip(line, position)


def _value(line: str, start: int) -> tuple[Any, int]:
    try:
        value, end = _scan_value(line, start)
    except StopIteration as error:
        raise BadLine(f"a value is expected at character {error.value + 1}") from None
    except json.JSONDecodeError as error:
        raise BadLine(f"{error.msg.lower()} at character {error.pos + 1}") from None
    except RecursionError:
        raise BadLine("its values are nested too deeply") from None
    if isinstance(value, dict | list):
        return line[start:end], end
    return value, end


def _skip(line: str, position: int) -> int:
    match = _SPACE.match(line, position)
    return match.end() if match else position


def _refuse_constant(name: str) -> NoReturn:
    raise BadLine(f"{name} is no JSON value")


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_refuse_constant)
_scan_value: Scan = _DECODER.scan_once  # type: ignore[attr-defined]
_scan_pairs: Scan = json.JSONDecoder(  # type: ignore[attr-defined]
    parse_float=str, parse_int=str, parse_constant=_refuse_constant, object_pairs_hook=tuple
).scan_once
