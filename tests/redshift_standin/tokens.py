"""A lossless tokenizer of Redshift's SQL: joining the tokens' texts gives the statement back."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from redshift_standin.errors import RedshiftError


class Kind(Enum):
    """What a token is."""

    SPACE = auto()
    COMMENT = auto()
    WORD = auto()
    QUOTED = auto()
    STRING = auto()
    NUMBER = auto()
    PARAMETER = auto()
    OPERATOR = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its kind and its text; `word` is the lower-case text of a WORD and of an OPERATOR, else empty."""

    kind: Kind
    text: str

    @property
    def word(self) -> str:
        return self.text.lower() if self.kind in (Kind.WORD, Kind.OPERATOR) else ""

    @property
    def meaningful(self) -> bool:
        return self.kind not in (Kind.SPACE, Kind.COMMENT)


_PATTERNS = re.compile(
    r"""
      (?P<SPACE>\s+)
    | (?P<COMMENT>--[^\n]*)
    | (?P<STRING>[eE]?'(?:[^'\\]|\\.|'')*')
    | (?P<QUOTED>"(?:[^"]|"")*")
    | (?P<NUMBER>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<PARAMETER>\$\d+)
    | (?P<WORD>[^\W\d][\w$]*|\#[\w$]+)
    | (?P<OPERATOR>::|->>|->|@>|<@|\#>>|\#>|<=|>=|<>|!=|\|\||!~\*|~\*|!~|~~|[^\s\w])
    """,
    re.VERBOSE | re.DOTALL,
)


def tokenize(sql: str) -> list[Token]:
    """Split SQL into tokens. Raises `RedshiftError` for a literal, name or comment that is not ended."""
    tokens: list[Token] = []
    at = 0
    while at < len(sql):
        if sql.startswith("/*", at):
            end = _block_comment_end(sql, at)
            tokens.append(Token(Kind.COMMENT, sql[at:end]))
        elif dollar := re.compile(r"\$([A-Za-z_]\w*)?\$").match(sql, at):
            end = sql.find(dollar.group(), dollar.end())
            if end < 0:
                raise RedshiftError("42601", "unterminated dollar-quoted string")
            end += len(dollar.group())
            tokens.append(Token(Kind.STRING, sql[at:end]))
        else:
            match = _PATTERNS.match(sql, at)
            if match is None or match.group() in ("'", '"'):
                what = "quoted string" if sql[at] == "'" else "quoted identifier"
                raise RedshiftError("42601", f"unterminated {what} at or near {sql[at : at + 40]!r}")
            end = match.end()
            tokens.append(Token(Kind[match.lastgroup or "OPERATOR"], match.group()))
        at = end
    return tokens


def _block_comment_end(sql: str, at: int) -> int:
    depth, here = 0, at
    while here < len(sql):
        if sql.startswith("/*", here):
            depth, here = depth + 1, here + 2
        elif sql.startswith("*/", here):
            depth, here = depth - 1, here + 2
            if depth == 0:
                return here
        else:
            here += 1
    raise RedshiftError("42601", "unterminated /* comment")


def join(tokens: Iterable[Token]) -> str:
    """The text of the tokens."""
    return "".join(token.text for token in tokens)


def meaningful(tokens: Iterable[Token]) -> list[Token]:
    """The tokens without space and comments."""
    return [token for token in tokens if token.meaningful]


def split_statements(tokens: Sequence[Token]) -> list[list[Token]]:
    """Cut at semicolons; statements of nothing but space and comments are left out."""
    statements: list[list[Token]] = [[]]
    for token in tokens:
        if token.text == ";" and token.kind is Kind.OPERATOR:
            statements.append([])
        else:
            statements[-1].append(token)
    return [statement for statement in statements if meaningful(statement)]


def split_commas(tokens: Sequence[Token]) -> list[list[Token]]:
    """Cut at commas outside parentheses and brackets."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.word, 0)
        if token.word == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def closing(tokens: Sequence[Token], opening: int) -> int:
    """The place of the parenthesis that closes the one at `opening`."""
    depth = 0
    for place in range(opening, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[place].word, 0)
        if depth == 0:
            return place
    raise RedshiftError("42601", "syntax error at end of input")


def string_value(token: Token) -> str:
    """The value of a string literal; a backslash escapes, as in PostgreSQL 8.0."""
    text = token.text
    if token.kind is not Kind.STRING:
        raise RedshiftError("42601", f'syntax error at or near "{text}"')
    if text.startswith("$"):
        mark = text[: text.index("$", 1) + 1]
        return text[len(mark) : -len(mark)]
    body = text[text.index("'") + 1 : -1]
    return re.sub(r"''|\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", _unescape, body, flags=re.DOTALL)


def _unescape(match: re.Match[str]) -> str:
    escape = match.group(1)
    if escape is None:
        return "'"
    if escape[0].isdigit() and escape.isdecimal():
        return chr(int(escape, 8))
    if escape[0] == "x" and len(escape) > 1:
        return chr(int(escape[1:], 16))
    return {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}.get(escape, escape)


def name_value(token: Token) -> str:
    """The identifier a token stands for: folded to lower case even when quoted, as Redshift does by default."""
    if token.kind is Kind.QUOTED:
        return token.text[1:-1].replace('""', '"').lower()
    if token.kind is Kind.WORD:
        return token.text.lower()
    raise RedshiftError("42601", f'syntax error at or near "{token.text}"')


def quoted(name: str) -> str:
    """A name as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as a literal of a server for which a backslash escapes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
