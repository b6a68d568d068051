"""A text of the user's that holds templates, with its place."""

from dataclasses import dataclass

from dataduct.model.position import Position


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """A text with `{{ }}`, `{% %}` or `#{ }` in it.

    Attributes:
        position: Where the text's first character stands.
        indent: Columns before the text in each of its later lines (a YAML block's indentation; 0 in a file).
    """

    text: str
    position: Position
    indent: int = 0

    def position_at(self, offset: int, width: int = 1) -> Position:
        """Return the position of the character at `offset` in the text."""
        before = self.text[:offset]
        line = before.count("\n")
        in_line = offset - (before.rfind("\n") + 1)
        column = (self.position.column if line == 0 else self.indent + 1) + in_line
        return Position(self.position.file, self.position.line + line, column, column + width)
