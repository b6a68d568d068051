"""Tab-separated text, with backslash escapes, as rows: a fast way and an exact way that agree."""

import re
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from dataduct.storage.plain_columns import plain_columns

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_BARE_RETURN = re.compile(r"\r(?!\n)")
_MEANINGS = {"t": "\t", "n": "\n", "r": "\r"}
_NULL = "\\N"


class TsvRecords:
    r"""How tab-separated text is cut into rows.

    Args:
        delimiter: What stands between fields, usually a tab.
        nulls: Texts of whole fields, as written, that mean NULL.
        escape: Whether a backslash escapes the next character and `\N` is NULL.
    """

    def __init__(self, delimiter: str, nulls: frozenset[str], escape: bool) -> None:
        self._delimiter = delimiter
        self._nulls = nulls | {_NULL} if escape else nulls
        self._escape = escape
        # The first backslash of a run; the pattern begins with it because such a one is searched for much faster.
        self._escaped_end = re.compile(rf"\\(?<!\\\\)(?:\\\\)*(?:{re.escape(delimiter)}|[\r\n])")

    def cut(self, text: str, *, last: bool) -> int:
        """Return the length of the beginning of `text` that holds whole records only, 0 if there is none."""
        if last:
            return len(text)
        end = text.rfind("\n")
        while end >= 0 and self._escape and _ends_in_escape(text, end):
            end = text.rfind("\n", 0, end)
        return end + 1

    def columns(self, text: str, names: Sequence[str]) -> pa.RecordBatch | None:
        """Return the records of `text` as a batch, or None if only `rows` reads them exactly."""
        escapes = self._escape and "\\" in text
        if escapes and self._escaped_end.search(text):
            return None
        if "\r" in text and _BARE_RETURN.search(text):
            return None
        batch = plain_columns(text, names, delimiter=self._delimiter, nulls=self._nulls, quoted=False)
        if batch is None or not escapes:
            return batch
        return pa.RecordBatch.from_arrays(
            [_unescaped(column) for column in batch.columns], schema=batch.schema
        )

    def rows(self, text: str) -> Iterator[list[str | None] | str]:
        """Yield the fields of each record of `text`."""
        lines = text.split("\n")
        unended = lines.pop()
        for line in self._merged(lines, "\n"):
            yield self._fields(
                line[:-1] if line.endswith("\r") and not self._is_escaped_return(line) else line
            )
        if unended:
            yield self._fields(unended)

    def _is_escaped_return(self, line: str) -> bool:
        return self._escape and _ends_in_escape(line, len(line) - 1)

    def _fields(self, line: str) -> list[str | None]:
        return [self._value(field) for field in self._merged(line.split(self._delimiter), self._delimiter)]

    def _value(self, field: str) -> str | None:
        if field in self._nulls:
            return None
        return _unescape(field) if self._escape else field

    def _merged(self, pieces: list[str], separator: str) -> Iterator[str]:
        """Yield `pieces`, those joined again whose separator a backslash escaped."""
        if not self._escape:
            yield from pieces
            return
        waiting: list[str] = []
        for piece in pieces:
            waiting.append(piece)
            if not _ends_in_escape(piece, len(piece)):
                yield separator.join(waiting)
                waiting = []
        if waiting:
            yield separator.join(waiting)


def _ends_in_escape(text: str, end: int) -> bool:
    """Return whether an odd number of backslashes stands right before `end`."""
    start = end
    while start > 0 and text[start - 1] == "\\":
        start -= 1
    return (end - start) % 2 == 1


def _unescape(field: str) -> str:
    if "\\" not in field:
        return field
    return _ESCAPE.sub(lambda match: _MEANINGS.get(match[1], match[1]), field)


def _unescaped(column: pa.Array) -> pa.Array:
    if b"\\" not in _data(column):
        return column
    holds_escape = pc.match_substring(column, "\\")
    values = [_unescape(value) for value in column.filter(holds_escape).to_pylist()]
    return pc.replace_with_mask(column, holds_escape, pa.array(values, column.type))


def _data(column: pa.Array) -> bytes:
    """Return the bytes of all values of a column, and maybe more."""
    data = column.buffers()[2]
    return b"" if data is None else data.to_pybytes()
