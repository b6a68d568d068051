"""Where the tags, names and plain parts of a Jinja template stand."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from jinja2.exceptions import TemplateSyntaxError

from dataduct.definition.jinja import environment, hide_bash_lengths, show_bash_lengths
from dataduct.model.template import TemplateSource

_BEGIN = ("variable_begin", "block_begin", "comment_begin", "raw_begin")
_END = ("variable_end", "block_end", "comment_end", "raw_begin")


@dataclass(frozen=True, slots=True)
class ScanToken:
    """A token and its offset; `tag` is the index of the tag it stands in, or None."""

    offset: int
    kind: str
    value: str
    tag: int | None


@dataclass(slots=True)
class Scan:
    """What a template consists of, up to the first place that cannot be read.

    Attributes:
        tokens: Every token but white space, in order.
        tags: Begin and end of every `{{ }}`, `{% %}` and `{# #}`.
    """

    tokens: list[ScanToken] = field(default_factory=list)
    tags: list[tuple[int, int]] = field(default_factory=list)

    def data(self) -> Iterator[ScanToken]:
        """Yield the parts outside tags."""
        return (token for token in self.tokens if token.kind == "data")

    def names(self, *values: str) -> Iterator[ScanToken]:
        """Yield the tokens that read `values` one after the other, by their last token."""
        width = len(values)
        for index in range(len(self.tokens) - width + 1):
            found = self.tokens[index : index + width]
            if all(token.value == value for token, value in zip(found, values, strict=True)) and (
                found[-1].kind == "name" or found[-1].kind == "string"
            ):
                before = self.tokens[index - 1] if index else None
                if width > 1 or before is None or before.value not in (".", "|"):
                    yield found[-1]


def normalized(source: TemplateSource) -> TemplateSource:
    """Return `source` with the line ends that Jinja gives it."""
    text = source.text.replace("\r\n", "\n").replace("\r", "\n")
    return replace(source, text=text)


def scan(text: str) -> Scan:
    """Return the parts of `text`, whose line ends are line feeds. What cannot be read ends the scan."""
    found = Scan()
    hidden = hide_bash_lengths(text)
    offset = 0
    start: int | None = None
    try:
        for _, kind, value in environment().lexer.tokeniter(hidden, None):
            place = hidden.find(value, offset)
            place = offset if place < 0 else place
            offset = place + len(value)
            if kind in _BEGIN:
                start = place
            if kind != "whitespace":
                tag = len(found.tags) if start is not None else None
                found.tokens.append(ScanToken(place, kind, show_bash_lengths(value), tag))
            if kind in _END and start is not None:
                found.tags.append((start, offset))
                start = None
    except TemplateSyntaxError:
        pass
    if start is not None:
        found.tags.append((start, len(text)))
    return found
