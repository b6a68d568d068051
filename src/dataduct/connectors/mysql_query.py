"""The text of a query for MySQL, as far as it is looked at before the server reads it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from dataduct.connectors.query_place import place_in_query
from dataduct.errors import SourceError
from dataduct.model.nearest import did_you_mean

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
    |(?P<comment>--(?=\s|$)[^\n]*|\#[^\n]*|/\*(?!!|M!).*?(?:\*/|$))
    |(?P<text>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
    |(?P<quoted>`(?:[^`]|``)*`)
    |(?P<word>@?[\w$]+)
    |(?P<symbol>.)
    """,
    re.DOTALL | re.VERBOSE,
)
_FIRST_WORDS = frozenset({"SELECT", "WITH", "VALUES", "TABLE"})
_ONE_SELECT = "write one SELECT; it may begin with WITH"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a query that is neither space nor comment.

    Attributes:
        kind: `text`, `quoted` (a name between backticks), `word` or `symbol`.
        text: The piece as it stands there.
        offset: Index of its first character in the query.
    """

    kind: str
    text: str
    offset: int

    @property
    def keyword(self) -> str:
        """The word in upper case, or the symbol; empty for a quoted name or text."""
        return self.text.upper() if self.kind in ("word", "symbol") else ""

    @property
    def name(self) -> str:
        """The word or quoted name as a name."""
        return self.text[1:-1].replace("``", "`") if self.kind == "quoted" else self.text


def tokens(query: str) -> Iterator[Token]:
    """Yield the tokens of `query`; a quote without its end is a symbol."""
    for match in _TOKEN.finditer(query):
        kind = match.lastgroup or ""
        if kind not in ("space", "comment"):
            yield Token(kind, match.group(), match.start())


def one_select(query: str) -> str:
    """Return `query` without a semicolon at its end.

    Raises:
        SourceError: It is empty, holds another statement, or does not begin like a query.
    """
    found = list(tokens(query))
    while found and found[-1].keyword == ";":
        query = query[: found.pop().offset]
    word = next((token.keyword for token in found if token.keyword != "("), "")
    if not found or word not in _FIRST_WORDS:
        what = f"a query that begins with {_shown(found[0].text)}" if found else "an empty query"
        hint = did_you_mean(word, _FIRST_WORDS) or _ONE_SELECT
        raise SourceError(f"{what} cannot be extracted", code="DD829", hint=hint)
    for token, following in pairwise(found):
        if token.keyword == ";" and following.keyword in _STATEMENTS:
            place, details = place_in_query(query, token.offset)
            raise SourceError(
                f"the query holds more than one statement{place}, and an extract runs one SELECT",
                code="DD829",
                hint="keep the SELECT and drop what follows the semicolon",
                details=details,
            )
    return query


_STATEMENTS = _FIRST_WORDS | frozenset(
    {
        "INSERT",
        "UPDATE",
        "DELETE",
        "REPLACE",
        "SET",
        "CREATE",
        "DROP",
        "ALTER",
        "TRUNCATE",
        "CALL",
        "USE",
        "BEGIN",
    }
)


def parameter_error(query: str) -> SourceError:
    """Return the error for a query in which the server found a `?` that stands for a value."""
    mark = next((token.offset for token in tokens(query) if token.keyword == "?"), None)
    place, details = place_in_query(query, mark)
    return SourceError(
        f"the query holds a `?`{place}, which stands for a value that an extract does not give",
        code="DD829",
        hint="write the value into the query, with a variable such as {{ run_date }}",
        details=details,
    )


def no_rows_error() -> SourceError:
    """Return the error for a statement that the server would run without giving rows (SELECT ... INTO)."""
    return SourceError(
        "the query gives no rows to the client, such as SELECT ... INTO, and cannot be extracted",
        code="DD829",
        hint=_ONE_SELECT,
    )


def quoted(name: str) -> str:
    """Return `name` as an identifier between backticks."""
    return "`" + name.replace("`", "``") + "`"


def text_literal(text: str) -> str:
    """Return `text` as an SQL literal that no setting of the session reads in another way."""
    return f"_utf8mb4 X'{text.encode('utf-8').hex()}'"


def _shown(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:20]}..."


def column_as_text(name: str) -> str:
    """Return the expression that reads a column as text, under its own name."""
    return f"CAST({quoted(name)} AS CHAR) AS {quoted(name)}"
