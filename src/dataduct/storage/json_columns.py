"""Lines of JSON that are all written like the first one, as columns, by Arrow's reader."""

import json
import re
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

_MOST_KEYS = 200
_SEPARATOR = b"\x1f"
"""JSON has no place for this character, in a text or between texts."""

_STRING = r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"'
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_VALUE = f"(?:{_STRING}|{_NUMBER}|true|false|null)"
_MEMBER = re.compile(rf'(?P<before>[{{,] ?)"(?P<key>[^"\\\x00-\x1f]+)"(?P<after>: ?){_VALUE}')


@dataclass(frozen=True)
class Shape:
    """How each line of some JSON is written: the same keys in the same order, with the same spaces, nothing nested.

    Attributes:
        keys: The keys, each once.
        comma: What stands between two members, `,` with or without a space.
        colon: What stands between a key and its value.
    """

    keys: tuple[str, ...]
    comma: str
    colon: str

    @cached_property
    def _pattern(self) -> str:
        members = re.escape(self.comma).join(
            f'"{re.escape(key)}"{re.escape(self.colon)}{_VALUE}' for key in self.keys
        )
        return rf"^(?:\{{{members}\}}(?:\r?\n|$))*$"

    def fits(self, text: bytes) -> bool:
        """Return whether every line of `text` is written so."""
        ends = pa.py_buffer(bytes(8) + len(text).to_bytes(8, "little"))
        whole = pa.Array.from_buffers(pa.large_binary(), 1, [None, ends, pa.py_buffer(text)])
        return bool(pc.match_substring_regex(whole, self._pattern)[0].as_py())

    def columns(self, text: bytes) -> list[pa.StringArray] | None:
        """Return the values of each key in lines that fit, or None if only a decoder reads them exactly.

        A quote that is not escaped begins or ends a text. With a comma before it, it begins a key unless a text ends
        with that comma; then there is one too many of them.
        """
        if b'\\"' in text:
            if b'\\\\"' in text:
                return None
            text = text.replace(b'\\"', b"\\u0022")
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n")
        rows = text.count(b"\n") + (not text.endswith(b"\n"))
        text = text.removesuffix(b"\n").removesuffix(b"}").removeprefix(b'{"').replace(b'}\n{"', b"\n")
        marks = (
            (f'{self.comma}"'.encode(), rows * (len(self.keys) - 1)),
            (f'"{self.colon}'.encode(), rows * len(self.keys)),
        )
        for mark, expected in marks:
            length = len(text)
            text = text.replace(mark, _SEPARATOR)
            if length - len(text) != expected * (len(mark) - 1):
                return None
        try:
            return [_unescaped(column) for column in _split(text, len(self.keys))]
        except UnicodeEncodeError:
            return None


def shape_of(line: str) -> Shape | None:
    """Return how a line is written, None if it has nested values, escapes in keys or anything unusual."""
    members: list[re.Match[str]] = []
    position = 0
    while match := _MEMBER.match(line, position):
        members.append(match)
        position = match.end()
    if not members or len(members) > _MOST_KEYS or line[position:].rstrip("\r\n") != "}":
        return None
    keys = tuple(member["key"] for member in members)
    befores = {member["before"] for member in members[1:]} or {","}
    afters = {member["after"] for member in members}
    plain = members[0]["before"] == "{" and len(befores) == len(afters) == 1 and len(set(keys)) == len(keys)
    comma, colon = befores.pop(), afters.pop()
    return Shape(keys, comma, colon) if plain and comma.startswith(",") else None


def _split(data: bytes, width: int) -> list[pa.StringArray]:
    """Return the second of each two fields, as text without its quotes; a bare `null` is NULL."""
    names = [f"c{position}" for position in range(2 * width)]
    table = pyarrow.csv.read_csv(
        pa.BufferReader(data),
        read_options=pyarrow.csv.ReadOptions(column_names=names, block_size=len(data) + 1, use_threads=False),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=_SEPARATOR.decode(), quote_char='"', ignore_empty_lines=False
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            include_columns=names[1::2],
            column_types=dict.fromkeys(names, pa.string()),
            null_values=["null"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            check_utf8=False,
        ),
    )
    return [column.combine_chunks() for column in table.columns]


def _unescaped(column: pa.StringArray) -> pa.StringArray:
    data = column.buffers()[2]
    if data is None or b"\\" not in data.to_pybytes():
        return column
    escaped = pc.match_substring(column, "\\")
    values = json.loads('["' + '","'.join(column.filter(escaped).to_pylist()) + '"]')
    return pc.replace_with_mask(column, escaped, pa.array(values, pa.string()))
