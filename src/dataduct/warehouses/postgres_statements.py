"""What one SQL statement of a script is about, as far as running it needs to know."""

from dataclasses import dataclass

from dataduct.errors import ProblemsError, SqlError
from dataduct.model.table import TableName
from dataduct.sql.statements import split_statements
from dataduct.sql.tokens import Token, tokenize

_TRANSACTION_WORDS = frozenset({"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT"})
_QUERY_WORDS = frozenset({"SELECT", "VALUES", "TABLE", "WITH"})
_WRITING = (
    ("INSERT", "INTO"),
    ("DELETE", "FROM"),
    ("MERGE", "INTO"),
    ("TRUNCATE", "TABLE"),
    ("TRUNCATE",),
    ("UPDATE",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement.

    Attributes:
        text: Without the semicolon and the comments around it; empty if there is none.
        writes: The table whose rows it changes, where it says so first thing.
        creates_table: The lasting table that it creates.
        creates_schema: The schema that it creates.
        if_missing: Whether it creates only what is not there.
        gives_rows: Whether it is a query.
        ends_transaction: Whether it begins or ends a transaction.
    """

    text: str
    writes: TableName | None = None
    creates_table: TableName | None = None
    creates_schema: str | None = None
    if_missing: bool = False
    gives_rows: bool = False
    ends_transaction: bool = False


def read_statement(text: str) -> Statement:
    """Return what the only statement of `text` is about. Raises `SqlError` if there are several (DD716)."""
    try:
        parts = split_statements(text)
        tokens = [token for part in parts[:1] for token in tokenize(part) if token.is_significant]
    except ProblemsError:  # something is never closed: the server says where
        return Statement(text=text)
    if len(parts) > 1:
        raise SqlError(f"one statement is expected, not {len(parts)}", code="DD716", details=(text.strip(),))
    if not tokens:
        return Statement(text="")
    words = [token.upper for token in tokens]
    ends = words[0] in _TRANSACTION_WORDS and "TO" not in words[1:3]
    ends = ends or words[:2] == ["PREPARE", "TRANSACTION"]
    schema = words[:2] == ["CREATE", "SCHEMA"]
    missing = "IF NOT EXISTS" in " ".join(words[:7])
    return Statement(
        text=text,
        writes=_written(tokens, words),
        creates_table=_created(tokens, words),
        creates_schema=_name(tokens, _after_condition(words, 2))[0] if schema else None,
        if_missing=words[0] == "CREATE" and missing,
        gives_rows=words[0] in _QUERY_WORDS and "INTO" not in words,
        ends_transaction=ends,
    )


def refuse_transaction_statements(statement: Statement) -> None:
    """Raise `SqlError` for a statement that begins or ends a transaction (DD716)."""
    if statement.ends_transaction:
        raise SqlError(
            "a script may not begin or end a transaction itself",
            code="DD716",
            hint="remove the statement: Dataduct runs the script in one transaction",
            details=(statement.text.strip(),),
        )


def _written(tokens: list[Token], words: list[str]) -> TableName | None:
    for beginning in _WRITING:
        if tuple(words[: len(beginning)]) == beginning:
            at = len(beginning) + (words[len(beginning) : len(beginning) + 1] == ["ONLY"])
            return _table(tokens, at)
    return None


def _created(tokens: list[Token], words: list[str]) -> TableName | None:
    if words[0] != "CREATE":
        return None
    at = 1 + (words[1:2] == ["UNLOGGED"])
    if words[at : at + 1] != ["TABLE"]:
        return None
    return _table(tokens, _after_condition(words, at + 1))


def _after_condition(words: list[str], at: int) -> int:
    return at + 3 if words[at : at + 3] == ["IF", "NOT", "EXISTS"] else at


def _table(tokens: list[Token], at: int) -> TableName | None:
    name, following = _name(tokens, at)
    if name is None:
        return None
    if following < len(tokens) and tokens[following].text == ".":
        second, _ = _name(tokens, following + 1)
        return None if second is None else TableName(second, name)
    return TableName(name)


def _name(tokens: list[Token], at: int) -> tuple[str | None, int]:
    if at < len(tokens) and tokens[at].kind in ("word", "quoted"):
        return tokens[at].name, at + 1
    return None, at
