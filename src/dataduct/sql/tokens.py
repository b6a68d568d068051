"""A small exact SQL tokenizer: every character of the text belongs to one token, with its offset."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from dataduct.errors import ProblemsError
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.model.template import TemplateSource

TokenKind = Literal["space", "comment", "word", "quoted", "string", "number", "template", "operator"]

_SIMPLE = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>--[^\n]*)
  | (?P<word>(?:[^\W\d]|_)[\w$]*)
  | (?P<number>(?:\d[\d_]*(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<operator>::|\|\||<=|>=|<>|!=|->>|->|:=|=>|[^\s])
    """,
    re.VERBOSE,
)
_DOLLAR_QUOTE = re.compile(r"\$(?:[^\W\d]\w*)?\$")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_TEMPLATES = {"{{": "}}", "{%": "%}", "{#": "#}", "#{": "}"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of SQL text.

    Attributes:
        kind: `quoted` is a quoted name, `string` a literal of any quoting (`''`, `E''`, `$$`), `template` a whole
            `{{ }}`, `{% %}`, `{# #}` or `#{ }` span.
        text: The characters as written.
        start: Offset of the first character in the whole text.
    """

    kind: TokenKind
    text: str
    start: int

    @property
    def end(self) -> int:
        """Offset one past the last character."""
        return self.start + len(self.text)

    @property
    def is_significant(self) -> bool:
        """Whether it is neither white space nor a comment."""
        return self.kind not in ("space", "comment")

    @property
    def upper(self) -> str:
        """The upper-case text of a word or operator; an empty text for everything else."""
        return self.text.upper() if self.kind in ("word", "operator") else ""

    @property
    def name(self) -> str:
        """The name a word or quoted name stands for: a word in lower case, a quoted name without its quotes."""
        if self.kind == "quoted":
            quote = self.text[0]
            return self.text[1:-1].replace(quote * 2, quote)
        return self.text.lower()


def tokenize(text: str, source: TemplateSource | None = None) -> tuple[Token, ...]:
    """Cut `text` into tokens whose texts join to `text` again.

    Args:
        text: SQL, perhaps with templates. A template may hold quotes, also inside a string.
        source: Where `text` comes from, for the positions of problems.

    Raises:
        ProblemsError: Something is opened and never closed (DD401).
    """
    try:
        return _tokens(text)
    except ProblemsError:
        if source is None:
            raise
        return _Tokenizer(text, source).tokens()


@lru_cache(maxsize=8)
def _tokens(text: str) -> tuple[Token, ...]:
    """Return the tokens of a text, kept for the next question about the same text."""
    return _Tokenizer(text, TemplateSource(text, Position("<sql>"))).tokens()


class _Tokenizer:
    def __init__(self, text: str, source: TemplateSource) -> None:
        self._text = text
        self._source = source

    def tokens(self) -> tuple[Token, ...]:
        found: list[Token] = []
        offset = 0
        while offset < len(self._text):
            token = self._delimited(offset) or self._simple(offset, found)
            found.append(token)
            offset = token.end
        return tuple(found)

    def _simple(self, offset: int, before: list[Token]) -> Token:
        match = _SIMPLE.match(self._text, offset)
        kind = match.lastgroup if match else None
        text = match.group() if match else self._text[offset]
        if kind == "number" and text.startswith(".") and before and before[-1].kind in ("word", "quoted"):
            return Token("operator", ".", offset)
        match kind:
            case "space" | "comment" | "word" | "number":
                return Token(kind, text, offset)
            case _:
                return Token("operator", text, offset)

    def _delimited(self, offset: int) -> Token | None:
        """Return the token of something with an opening and a closing, or None if nothing of that kind begins."""
        text = self._text
        first, pair = text[offset], text[offset : offset + 2]
        if pair in _TEMPLATES:
            end = self._template_end(offset)
            return self._closed("template", offset, end, f"the template `{pair}`", _TEMPLATES[pair])
        if pair == "/*":
            return self._closed("comment", offset, self._comment_end(offset), "the comment `/*`", "*/")
        if first == "'":
            return self._string(offset, offset, escapes=False)
        if pair in ("E'", "e'"):
            return self._string(offset, offset + 1, escapes=True)
        if first in ('"', "`"):
            end = self._quote_end(offset, escapes=False)
            return self._closed("quoted", offset, end, f"the quoted name {first}", first)
        if first == "$" and (opening := _DOLLAR_QUOTE.match(text, offset)):
            quote = opening.group()
            close = text.find(quote, opening.end())
            end = close + len(quote) if close >= 0 else None
            return self._closed("string", offset, end, f"the text `{quote}`", quote)
        return None

    def _string(self, start: int, quote: int, *, escapes: bool) -> Token:
        return self._closed("string", start, self._quote_end(quote, escapes=escapes), "the string", "'")

    def _closed(self, kind: TokenKind, start: int, end: int | None, what: str, closing: str) -> Token:
        if end is None:
            width = 2 if self._text[start : start + 2] in ("/*", *_TEMPLATES) else 1
            problem = Problem(
                code="DD401",
                message=f"{what} is never closed",
                position=self._source.position_at(start, width),
                expected=f"`{closing}` where it ends",
                hint="a quote inside a string is written twice: ''" if closing == "'" else None,
            )
            raise ProblemsError([problem])
        return Token(kind, self._text[start:end], start)

    def _quote_end(self, start: int, *, escapes: bool) -> int | None:
        """Return the offset after the closing quote; a doubled quote does not close, nor one in a template."""
        text, quote, offset = self._text, self._text[start], start + 1
        while offset < len(text):
            character = text[offset]
            if escapes and character == "\\":
                offset += 2
            elif character == quote:
                if text[offset + 1 : offset + 2] != quote:
                    return offset + 1
                offset += 2
            elif text[offset : offset + 2] in _TEMPLATES:
                offset = self._template_end(offset) or offset + 1
            else:
                offset += 1
        return None

    def _template_end(self, start: int) -> int | None:
        """Return the offset after the template that begins at `start`, or None if it never ends."""
        text, closing = self._text, _TEMPLATES[self._text[start : start + 2]]
        quote = ""
        for offset in range(start + 2, len(text)):
            character = text[offset]
            if quote:
                quote = "" if character == quote else quote
            elif text.startswith(closing, offset):
                return offset + len(closing)
            elif character in "'\"" and closing in ("}}", "}", "%}"):
                quote = character
        return None

    def _comment_end(self, start: int) -> int | None:
        depth = 0
        for edge in _COMMENT_EDGE.finditer(self._text, start):
            depth += 1 if edge.group() == "/*" else -1
            if depth == 0:
                return edge.end()
        return None
