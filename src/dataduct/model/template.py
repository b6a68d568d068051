"""A text of the user's that holds templates, with its place."""

from dataclasses import dataclass

from dataduct.model.position import Position


@dataclass(frozen=True, slots=True)
class Fill:
    """A placeholder of a pattern that was filled in, by offsets.

    Attributes:
        start: Where the placeholder begins in the text as written; `end` is one past its end.
        filled_start: Where its value begins in the text as it is now; `filled_end` is one past its end.
    """

    start: int
    end: int
    filled_start: int
    filled_end: int


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """A text with `{{ }}`, `{% %}` or `#{ }` in it.

    Attributes:
        position: Where the text's first character stands.
        indent: Columns before the text in each of its later lines (a YAML block's indentation; 0 in a file).
        written: The text before placeholders were filled in; None if it had none.
        fills: The placeholders that were filled in, in order.
    """

    text: str
    position: Position
    indent: int = 0
    written: str | None = None
    fills: tuple[Fill, ...] = ()

    def position_at(self, offset: int, width: int = 1) -> Position:
        """Return the position of the character at `offset` in the text; in a value filled in, its placeholder's."""
        for fill in reversed(self.fills):
            if offset >= fill.filled_end:
                offset += fill.end - fill.filled_end
                break
            if offset >= fill.filled_start:
                offset, width = fill.start, fill.end - fill.start
                break
        before = (self.text if self.written is None else self.written)[:offset]
        line = before.count("\n")
        in_line = offset - (before.rfind("\n") + 1)
        column = (self.position.column if line == 0 else self.indent + 1) + in_line
        return Position(self.position.file, self.position.line + line, column, column + width)
