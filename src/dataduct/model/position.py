"""Where a value stands in a file the user wrote."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A span of characters in one line of one file.

    Lines and columns count from 1. `end_column` is one past the last character of the span in that same
    line, so a caret line is `end_column - column` characters wide (at least 1).
    """

    file: str
    line: int = 1
    column: int = 1
    end_column: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def width(self) -> int:
        """Number of characters to underline, at least 1."""
        return max(1, (self.end_column or self.column + 1) - self.column)
