"""Positions of character offsets in a text."""

import re
from bisect import bisect_right

from dataduct.model.position import Position

_LINE_BREAK = re.compile(r"\r\n|\n|\r")


class Lines:
    """The lines of one text, to turn offsets into positions.

    A line ends at a line feed, a carriage return or both, as editors count.
    """

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self._starts = [0, *(match.end() for match in _LINE_BREAK.finditer(text))]

    def line_of(self, offset: int) -> int:
        """Return the number, from 1, of the line that holds the character at `offset`."""
        return bisect_right(self._starts, offset)

    def start_of(self, line: int) -> int:
        """Return the offset of the first character of line `line`."""
        return self._starts[line - 1]

    def content(self, line: int) -> str:
        """Return line `line` without its line break; empty if there is no such line."""
        if not 1 <= line <= len(self._starts):
            return ""
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return self.text[self._starts[line - 1] : end].rstrip("\r\n")

    def span(self, start: int, end: int | None = None) -> Position:
        """Return the position of the characters from `start` to `end`, cut at the end of the first line.

        A place behind the text's last character moves back to the end of its last line that is not empty.
        """
        if start >= len(self.text):
            start = len(self.text.rstrip())
            end = None
        line = self.line_of(start)
        first = self._starts[line - 1]
        column = start - first + 1
        if end is None or end <= start + 1:
            return Position(self.file, line, column, column + 1)
        if line < len(self._starts) and end > self._starts[line]:
            end = first + len(self.content(line))
        return Position(self.file, line, column, max(end - first + 1, column + 1))
