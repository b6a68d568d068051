"""The text of a query for PostgreSQL, as far as it is looked at before the server reads it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dataduct.errors import SourceError

ONE_SELECT = "write one SELECT; it may begin with WITH"

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
    |(?P<comment>--[^\n]*|/\*(?:[^/*]|/(?!\*)|\*(?!/)|/\*.*?\*/)*(?:\*/|$))
    |(?P<text>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    |(?P<quoted>"(?:[^"]|"")*")
    |(?P<word>\$\d+|[^\W\d][\w$]*)
    |(?P<symbol>.)
    """,
    re.DOTALL | re.VERBOSE,
)
_FIRST_WORDS = frozenset({"SELECT", "WITH", "VALUES", "TABLE"})
_CHARACTERS_SHOWN = 20
_CLAUSES = frozenset(
    {"AS", "FROM", "SELECT", "DISTINCT", "ALL", "ONLY", "LATERAL", "CASE", "NULL", "TRUE", "FALSE", "USER"}
    | {"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP", "SESSION_USER"}
    | {"CURRENT_USER", "CURRENT_ROLE", "CURRENT_CATALOG", "CURRENT_SCHEMA", "DEFAULT", "NOT", "ARRAY", "ROW"}
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a query that is neither space nor comment.

    Attributes:
        kind: `text`, `quoted` (a name in double quotes), `word` or `symbol`.
        text: The piece as it stands there.
        start: Index of its first character in the query.
    """

    kind: str
    text: str
    start: int

    @property
    def keyword(self) -> str:
        """The word in upper case, or the symbol; empty for a quoted name or text."""
        return self.text.upper() if self.kind in ("word", "symbol") else ""

    @property
    def is_name(self) -> bool:
        """Whether it can be the name of a column or table."""
        return self.kind == "quoted" or (self.kind == "word" and self.keyword not in _CLAUSES)


def tokens(query: str) -> Iterator[Token]:
    """Yield the tokens of `query`; a quote without its end is a symbol."""
    for match in _TOKEN.finditer(query):
        kind = match.lastgroup or ""
        if kind not in ("space", "comment"):
            yield Token(kind, match.group(), match.start())


def one_select(query: str) -> str:
    """Return `query` without a semicolon at its end.

    Raises:
        SourceError: It is empty or does not begin like a query (DD829).
    """
    found = list(tokens(query))
    while found and found[-1].text == ";":
        query = query[: found.pop().start]
    word = next((token.keyword for token in found if token.keyword != "("), "")
    if word not in _FIRST_WORDS:
        first = found[0].text[:_CHARACTERS_SHOWN] if found else ""
        what = f"a query that begins with {first}" if found else "an empty query"
        raise SourceError(f"{what} cannot be extracted", code="DD829", hint=ONE_SELECT)
    return query


def whole_table(query: str) -> str | None:
    """Return the table, as the query writes it, if `query` is plain columns or `*` of one table; else None."""
    found = list(tokens(query))
    at = next((index for index, token in enumerate(found) if token.keyword == "FROM"), len(found))
    if not found or found[0].keyword != "SELECT" or not _are_columns(found[1:at]):
        return None
    table = found[at + 1 :]
    return "".join(token.text for token in table) if table and _is_dotted_name(table) else None


def _are_columns(found: Sequence[Token]) -> bool:
    """Return whether the tokens are `*` or columns with commas between, each perhaps with `AS name`."""
    if [token.text for token in found] == ["*"]:
        return True
    columns: list[list[Token]] = [[]]
    for token in found:
        if token.text == ",":
            columns.append([])
        else:
            columns[-1].append(token)
    return all(_is_column(column) for column in columns)


def _is_column(found: Sequence[Token]) -> bool:
    if len(found) > 2 and found[-2].keyword == "AS" and found[-1].kind in ("word", "quoted"):
        found = found[:-2]
    return bool(found) and _is_dotted_name(found)


def _is_dotted_name(found: Sequence[Token]) -> bool:
    return len(found) % 2 == 1 and all(
        token.text == "." if index % 2 else token.is_name for index, token in enumerate(found)
    )


def literal(text: str) -> str:
    """Return `text` as a string constant."""
    if "\\" in text:
        return " E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
    return "'" + text.replace("'", "''") + "'"


def array(texts: Iterable[str]) -> str:
    """Return the text of an array of `texts`, as a parameter."""
    escaped = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return "{" + ",".join(f'"{text}"' for text in escaped) + "}"
