"""Reading tokens one after the other, with problems that have positions."""

from collections.abc import Sequence
from typing import NoReturn

from dataduct.model.problem import Problem
from dataduct.model.template import TemplateSource
from dataduct.sql.tokens import Token


class GrammarError(Exception):
    """A problem that ends the reading of one part of a text; the reading goes on at the next part."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Cursor:
    """A place in a sequence of significant tokens.

    Args:
        tokens: The tokens to read, without space and comments.
        source: Where the text comes from, for positions.
        end: Offset in the text that stands for the end of the tokens.
    """

    def __init__(self, tokens: Sequence[Token], source: TemplateSource, end: int) -> None:
        self.tokens = tuple(tokens)
        self._words = tuple(token.upper for token in self.tokens)
        self.source = source
        self.index = 0
        self._end = end

    @property
    def done(self) -> bool:
        """Whether no token is left."""
        return self.index >= len(self.tokens)

    def peek(self, ahead: int = 0) -> Token | None:
        """Return the token `ahead` places on, or None if there is none."""
        index = self.index + ahead
        return self.tokens[index] if index < len(self.tokens) else None

    def at(self, *words: str) -> bool:
        """Whether the next tokens are these words and operators, in upper case."""
        return self._words[self.index : self.index + len(words)] == words

    def take(self, *words: str) -> bool:
        """Step over these words and operators if they come next; return whether they did."""
        if not self.at(*words):
            return False
        self.index += len(words)
        return True

    def take_any(self, words: Sequence[str]) -> str | None:
        """Step over one of these words if it comes next and return it."""
        return next((word for word in words if self.take(word)), None)

    def next(self, expected: str) -> Token:
        """Return the next token and step over it. Raises GrammarError if there is none."""
        token = self.peek()
        if token is None:
            self.fail("DD403", f"{expected} is missing")
        self.index += 1
        return token

    def require(self, *words: str, expected: str | None = None) -> None:
        """Step over these words. Raises GrammarError if something else comes next."""
        if not self.take(*words):
            self.unexpected(expected or f"`{' '.join(words)}`")

    def name(self, expected: str) -> Token:
        """Step over a word or quoted name and return it. Raises GrammarError."""
        token = self.peek()
        if token is not None and token.kind == "template":
            self.template(expected)
        if token is None or token.kind not in ("word", "quoted") or not token.name:
            self.unexpected(expected)
        self.index += 1
        following = self.peek()
        if following is not None and following.kind == "template" and following.start == token.end:
            self.template(expected)
        return token

    def integer(self, expected: str) -> int:
        """Step over an integer, perhaps with a sign, and return it. Raises GrammarError."""
        sign = -1 if self.take("-") else 1
        token = self.peek()
        if token is None or token.kind != "number" or not token.text.isascii() or not token.text.isdigit():
            self.unexpected(expected)
        if len(token.text) > 18:
            self.fail("DD405", f"{token.text} is too large a number", expected=expected)
        self.index += 1
        return sign * int(token.text)

    def skip_group(self) -> tuple[Token, ...]:
        """Step over a bracketed group that begins here and return the tokens inside it."""
        first = self.index + 1
        depth = 0
        while True:
            token = self.next("a closing parenthesis")
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.upper, 0)
            if depth == 0:
                return self.tokens[first : self.index - 1]

    def template(self, expected: str) -> NoReturn:
        """Raise the problem of a template where the definition must be known before a run."""
        token = self.peek()
        shown = f" `{token.text}`" if token else ""
        self.fail("DD414", f"a template{shown} cannot stand here", expected=expected)

    def unexpected(self, expected: str, hint: str | None = None) -> NoReturn:
        """Raise the problem of finding something else than `expected` at the next token."""
        token = self.peek()
        if token is None:
            self.fail("DD403", f"{expected} is missing", hint=hint)
        self.fail("DD403", f"`{shown_text(token)}` cannot stand here", expected=expected, hint=hint)

    def comma_hint(self) -> str | None:
        """Return the hint that the line before the next token's lacks a comma; None if nothing stands before it."""
        token = self.peek()
        if token is None:
            return None
        line = self._line_of(token)
        above = next(
            (self._line_of(each) for each in self.tokens[self.index :: -1] if self._line_of(each) < line), 0
        )
        return f"is a comma missing at the end of line {above}?" if above else None

    def _line_of(self, token: Token) -> int:
        return self.source.position_at(token.start).line

    def fail(
        self,
        code: str,
        message: str,
        *,
        token: Token | None = None,
        expected: str | None = None,
        hint: str | None = None,
    ) -> NoReturn:
        """Raise a problem at `token`, or at the next token."""
        raise GrammarError(self.problem(code, message, token=token, expected=expected, hint=hint))

    def problem(
        self,
        code: str,
        message: str,
        *,
        token: Token | None = None,
        expected: str | None = None,
        hint: str | None = None,
    ) -> Problem:
        """Return a problem at `token`, or at the next token; at the end of the tokens if there is none."""
        place = token or self.peek()
        if place is None:
            position = self.source.position_at(self._end)
        else:
            position = self.source.position_at(place.start, len(place.text.partition("\n")[0]))
        return Problem(code=code, message=message, position=position, expected=expected, hint=hint)


def shown_text(token: Token) -> str:
    """Return a token's text as a message shows it: its first line, at most forty characters."""
    line = token.text.partition("\n")[0]
    return line if len(line) <= 40 else f"{line[:37]}..."
