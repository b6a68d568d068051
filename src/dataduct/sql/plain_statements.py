"""Statements so plain that their tables are told from their words alone, without a syntax tree."""

from collections.abc import Collection, Sequence

from dataduct.errors import ProblemsError
from dataduct.sql.tokens import Token, tokenize

_FIRST_WORDS = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
_TABLE_WORDS = frozenset({"FROM", "JOIN", "INTO", "UPDATE"})
_SUBTLE_WORDS = frozenset(
    {
        *(
            "WITH",
            "USING",
            "TABLE",
            "COPY",
            "TRUNCATE",
            "MERGE",
            "CREATE",
            "DROP",
            "ALTER",
            "LATERAL",
            "UNNEST",
        ),
        *("PIVOT", "UNPIVOT", "ASOF", "DESCRIBE", "SHOW", "SUMMARIZE", "OVERWRITE", "VALUES"),
    }
)
_NO_NAMES = frozenset(
    {
        *(
            "ONLY",
            "IF",
            "NOT",
            "EXISTS",
            "SELECT",
            "SET",
            "DUPLICATES",
            "OR",
            "FROM",
            "JOIN",
            "WHERE",
            "AS",
            "ON",
        )
    }
)
_AFTER_TABLES = frozenset(
    {
        *("WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "OFFSET", "WINDOW", "QUALIFY", "SET", "RETURNING"),
        *("UNION", "INTERSECT", "EXCEPT", "SELECT"),
    }
)
_VALUES_WITHOUT_PARENTHESES = frozenset(
    {
        *("AS", "ALL", "CASE", "DEFAULT", "DISTINCT", "FALSE", "FROM", "INTERVAL", "NOT", "NULL", "PRIOR"),
        *("ROWID", "ROWNUM", "STRUCT", "TOP", "TRUE", "USER"),
    }
)


def is_plain(statement: str) -> bool:
    """Return whether each table of a statement is named right after FROM, JOIN, INTO or UPDATE, and nothing else is.

    Such a statement has no subquery, common table expression, table function, list of tables or template. One
    that only might have is not plain.
    """
    return _is_plain([token for token in tokenize(statement) if token.is_significant])


def plain_columns(statement: str, reserved: Collection[str]) -> tuple[str, ...] | None:
    """Return the column names of `SELECT a, t.b, c AS d FROM t ...`, or None if it is less plain than that.

    Args:
        statement: One statement.
        reserved: Words, in lower case, that are no column's name unless they are quoted.
    """
    try:
        tokens = [token for token in tokenize(statement) if token.is_significant]
    except ProblemsError:
        return None
    end = next((index for index, token in enumerate(tokens) if token.upper == "FROM"), 0)
    if not end or tokens[0].upper != "SELECT" or not _is_plain(tokens):
        return None
    names: list[str] = []
    for projection in _split_at_commas(tokens[1:end]):
        match _shape(projection, reserved):
            case "n" | "n.n" | "nan" | "n.nan":
                names.append(projection[-1].name)
            case _:
                return None
    return tuple(names)


def selects_everything(statement: str) -> bool:
    """Return whether a plain statement begins with `SELECT * FROM`, so that its text does not tell its columns."""
    try:
        tokens = [token for token in tokenize(statement) if token.is_significant]
    except ProblemsError:
        return False
    return [token.upper for token in tokens[:3]] == ["SELECT", "*", "FROM"] and _is_plain(tokens)


def _split_at_commas(tokens: Sequence[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.text == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _shape(tokens: Sequence[Token], reserved: Collection[str]) -> str:
    """Return one letter for each token: `n` for a name, `a` for AS, `.` for itself, `?` for all others."""
    return "".join(
        "n" if _is_name(token, reserved) else {"AS": "a", ".": "."}.get(token.upper, "?") for token in tokens
    )


def _is_name(token: Token, reserved: Collection[str]) -> bool:
    """Return whether a word can only be a name: neither reserved nor like a function without parentheses."""
    if token.kind == "quoted":
        return True
    return (
        token.kind == "word"
        and token.name not in reserved
        and token.upper not in _VALUES_WITHOUT_PARENTHESES
        and not token.upper.startswith(("CURRENT", "LOCAL", "SESSION", "SYS", "UTC"))
    )


def _is_plain(tokens: Sequence[Token]) -> bool:
    if not tokens or tokens[0].upper not in _FIRST_WORDS:
        return False
    depth, in_tables = 0, False
    for index, token in enumerate(tokens):
        if token.kind == "template" or (token.kind == "quoted" and not token.text.startswith('"')):
            return False
        word = token.upper
        depth += (word == "(") - (word == ")")
        if word in _SUBTLE_WORDS or (word == "," and depth == 0 and in_tables):
            return False
        if word in _TABLE_WORDS:
            if depth or not _is_in_place(word, index, tokens) or not _names_table(tokens, index + 1, word):
                return False
            in_tables = word in ("FROM", "JOIN")
        elif word in _AFTER_TABLES and depth == 0:
            in_tables = False
    return True


def _is_in_place(word: str, index: int, tokens: Sequence[Token]) -> bool:
    """Return whether INTO follows the INSERT at the beginning, and UPDATE stands there; no FROM belongs to DISTINCT."""
    match word:
        case "INTO":
            return index == 1 and tokens[0].upper == "INSERT"
        case "UPDATE":
            return index == 0
        case _:
            return tokens[index - 1].upper != "DISTINCT" and tokens[index - 1].text != "."


def _names_table(tokens: Sequence[Token], index: int, word: str) -> bool:
    """Return whether a name of up to three parts stands at `index`, and no function's."""
    parts = 0
    while index < len(tokens) and tokens[index].kind in ("word", "quoted"):
        if tokens[index].upper in _NO_NAMES:
            return False
        parts += 1
        if index + 1 >= len(tokens) or tokens[index + 1].text != ".":
            break
        index += 2
    following = tokens[index + 1].text if index + 1 < len(tokens) else ""
    return 0 < parts <= 3 and index < len(tokens) and (following != "(" or word == "INTO")
