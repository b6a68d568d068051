"""Stepping over an SQL expression, to know where a DEFAULT ends."""

from collections.abc import Sequence

from dataduct.sql.column_types import INTERVAL_FIELDS
from dataduct.sql.cursor import Cursor
from dataduct.sql.tokens import Token
from dataduct.sql.type_grammar import skip_type

_BINARY = frozenset(
    {
        *("||", "+", "-", "*", "/", "%", "^", "=", "<", ">", "<=", ">=", "<>", "!=", "->", "->>"),
        *("AND", "OR", "LIKE", "ILIKE", "IN", "BETWEEN", "IS", "DIV", "MOD"),
    }
)
_NOT_OPERANDS = frozenset(
    {
        *("PRIMARY", "UNIQUE", "REFERENCES", "CONSTRAINT", "CHECK", "DEFAULT"),
        *("ENCODE", "DISTKEY", "SORTKEY", "IDENTITY", "GENERATED", "COLLATE"),
    }
)


def skip_expression(cursor: Cursor) -> tuple[Token, ...]:
    """Step over one expression and return its tokens. Raises GrammarError."""
    first = cursor.index
    _operand(cursor)
    while _postfix(cursor) or _binary(cursor):
        pass
    return cursor.tokens[first : cursor.index]


def expression_text(tokens: Sequence[Token]) -> str:
    """Return the tokens as written, every run of space and comments between them as one space."""
    parts: list[str] = []
    for before, token in zip((None, *tokens), tokens, strict=False):
        if before is not None and before.end < token.start:
            parts.append(" ")
        parts.append(token.text)
    return "".join(parts)


def _operand(cursor: Cursor) -> None:
    while cursor.take_any(("+", "-", "NOT")):
        pass
    token = cursor.peek()
    if token is None or token.upper in _NOT_OPERANDS or token.upper in (",", ")", "]"):
        cursor.unexpected("a value")
    if token.upper in ("(", "["):
        cursor.skip_group()
    elif token.kind == "operator":
        cursor.unexpected("a value")
    elif cursor.take("CASE"):
        _case(cursor)
    elif token.kind in ("word", "quoted"):
        _named(cursor)
    else:
        cursor.index += 1
        while (following := cursor.peek()) is not None and following.kind == token.kind == "string":
            cursor.index += 1


def _named(cursor: Cursor) -> None:
    """Step over a name, a function call, or a typed literal such as `DATE '2020-01-01'`."""
    cursor.index += 1
    while cursor.take("."):
        cursor.name("a name")
    following = cursor.peek()
    if cursor.at("(") or cursor.at("["):
        cursor.skip_group()
    elif following is not None and following.kind == "string":
        cursor.index += 1
        if cursor.take_any(INTERVAL_FIELDS) and cursor.take("TO"):
            cursor.take_any(INTERVAL_FIELDS)


def _case(cursor: Cursor) -> None:
    depth = 1
    while depth:
        token = cursor.next("`END` of the CASE")
        depth += {"CASE": 1, "END": -1}.get(token.upper, 0)


def _postfix(cursor: Cursor) -> bool:
    if cursor.take("::"):
        skip_type(cursor)
        return True
    if cursor.at("["):
        cursor.skip_group()
        return True
    if cursor.take("AT", "TIME", "ZONE"):
        _operand(cursor)
        return True
    return False


def _binary(cursor: Cursor) -> bool:
    if cursor.take("NOT", "LIKE") or cursor.take("NOT", "IN") or cursor.take("NOT", "BETWEEN"):
        _operand(cursor)
        return True
    token = cursor.peek()
    if token is None or token.upper not in _BINARY:
        return False
    cursor.index += 1
    if token.upper == "IS" and not cursor.take("NOT", "DISTINCT", "FROM"):
        cursor.take("DISTINCT", "FROM")
    _operand(cursor)
    return True
