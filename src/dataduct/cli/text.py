"""Text with styles, drawn by nobody yet: what the rest of the command line hands to the console."""

import re
import unicodedata
from collections.abc import Iterable
from textwrap import wrap
from typing import Literal, NamedTuple

_QUOTED = re.compile(r"`[^`\n]+`")
_HELD = "\ue001"

Style = Literal["plain", "strong", "dim", "good", "error", "warning", "accent"]


class Span(NamedTuple):
    """A piece of a line in one style."""

    text: str
    style: Style = "plain"


Line = tuple[Span, ...]


def line(*parts: str | Span) -> Line:
    """Return a line of `parts`; a plain string is a span without a style."""
    return tuple(part if isinstance(part, Span) else Span(part) for part in parts)


def lines_of(text: str, style: Style = "plain", *, indent: int = 0) -> list[Line]:
    """Return each line of `text` as a line, indented by `indent` columns."""
    return [line(" " * indent, Span(part, style)) for part in text.splitlines()]


def wrapped(
    text: str, width: int, *, indent: int = 0, lead: Span | None = None, style: Style = "plain"
) -> list[Line]:
    """Return `text` in lines of at most `width` columns, the `indent` included, but never fewer than 30 of text.

    Args:
        text: White space in it is folded.
        width: Columns to draw in.
        indent: Columns to leave free at the left.
        lead: What stands before the text in its first line.
        style: The text's.
    """
    head = lead.text if lead else ""
    parts = folded(head + text, max(30, width - indent))
    drawn = [line(" " * indent, Span(part, style)) for part in parts]
    if lead and parts:
        drawn[0] = line(" " * indent, lead, Span(parts[0][len(head) :], style))
    return drawn


def folded(text: str, width: int) -> list[str]:
    """Return `text` in lines of at most `width` characters; what stands in backquotes is kept in one, if it fits."""

    def held(quoted: re.Match[str]) -> str:
        return quoted[0].replace(" ", _HELD) if len(quoted[0]) <= width else quoted[0]

    kept = _QUOTED.sub(held, text)
    return [part.replace(_HELD, " ") for part in wrap(kept, width, break_on_hyphens=False)]


def plain_text(lines: Iterable[Line]) -> str:
    """Return the lines as text without styles, each ended by a line feed."""
    return "".join("".join(span.text for span in each).rstrip() + "\n" for each in lines)


_CONTROL = {
    **{code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"},
    **{code: f"\\u{code:04x}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))},
}


def without_controls(text: str) -> str:
    """Return `text` with control characters spelled out, so that data cannot steer a terminal."""
    return text.translate(_CONTROL)


def display_width(text: str) -> int:
    """Return the columns `text` takes in a terminal: two for East Asian wide characters, none for marks."""
    if text.isascii():
        return len(text)
    return sum(map(_character_width, text))


def _character_width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Return `text` filled up with blanks to `width` columns; at the left if `right` aligns it."""
    blanks = " " * max(0, width - display_width(text))
    return blanks + text if right else text + blanks


def shorten(text: str, width: int) -> str:
    """Return `text` in one line of at most `width` columns, an ellipsis for what is left out."""
    folded = " ".join(text.split())
    if display_width(folded) <= width:
        return folded
    kept: list[str] = []
    used = 1
    for character in folded:
        used += _character_width(character)
        if used > width:
            break
        kept.append(character)
    return "".join(kept) + "…"
