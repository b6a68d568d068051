"""Columns of text, aligned."""

from collections.abc import Sequence

from dataduct.cli.text import Line, Span, Style, display_width, line, pad, shorten

Cell = str | Span


def table_lines(
    header: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    right: Sequence[str] = (),
    width: int | None = None,
    indent: int = 0,
) -> list[Line]:
    """Return a header line and one line for each row, columns two blanks apart.

    Args:
        header: Column titles; a column whose cells are all empty is left out.
        rows: Cells in the header's order.
        right: Titles of columns to align at the right.
        width: Columns that a line may take; the last column is shortened to fit.
        indent: Blanks before each line.
    """
    kept = [i for i in range(len(header)) if any(_text(row[i]) for row in rows)]
    widths = {i: max(display_width(header[i]), *(display_width(_text(row[i])) for row in rows)) for i in kept}
    if width is not None and kept:
        taken = indent + sum(widths[i] + 2 for i in kept[:-1])
        widths[kept[-1]] = min(widths[kept[-1]], max(12, width - taken))

    def drawn(cells: Sequence[Cell], style: Style | None) -> Line:
        parts: list[str | Span] = [" " * indent]
        for i in kept:
            text = shorten(_text(cells[i]), widths[i]) if i == kept[-1] else _text(cells[i])
            padded = pad(text, widths[i], right=header[i] in right)
            parts.append(Span(padded, style or _style(cells[i])))
            parts.append("  ")
        return line(*parts[:-1])

    return [drawn(header, "dim"), *(drawn(row, None) for row in rows)] if rows else []


def _text(cell: Cell) -> str:
    return cell.text if isinstance(cell, Span) else cell


def _style(cell: Cell) -> Style:
    return cell.style if isinstance(cell, Span) else "plain"
