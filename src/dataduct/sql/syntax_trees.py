"""SQL texts as sqlglot's syntax trees, quietly, with templates in them."""

import logging
from typing import TYPE_CHECKING

from dataduct.errors import ProblemsError
from dataduct.sql.tokens import Token, tokenize

if TYPE_CHECKING:
    from sqlglot import exp

TEMPLATE_NAME = "template_span"
"""What stands for a template in a text given to sqlglot; a name with it in is not known."""


def parse_statement(statement: str, dialect: str) -> "exp.Expr | None":
    """Return the syntax tree of one statement, or None if sqlglot cannot read it or stumbles. Nothing is printed."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ErrorLevel, SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        tree = sqlglot.parse_one(without_templates(statement), dialect=dialect, error_level=ErrorLevel.RAISE)
    except (SqlglotError, ProblemsError, RecursionError, ValueError, TypeError, LookupError, AttributeError):
        return None
    return None if isinstance(tree, exp.Command) else tree


def without_templates(text: str) -> str:
    """Return `text` with a name in place of each template, an empty string for one with a template, NULL for `%s`.

    Raises:
        ProblemsError: A string, comment or the like never ends (DD401).
    """
    parts: list[str] = []
    tokens = tokenize(text)
    for before, token in zip((None, *tokens), tokens, strict=False):
        if token.kind == "template":
            parts.append(TEMPLATE_NAME if token.text.startswith(("{{", "#{")) else " ")
        elif token.kind == "string" and any(opening in token.text for opening in ("{{", "{%", "#{")):
            parts.append("''")
        elif token.text == "s" and _is_percent(before):
            parts[-1] = "NULL"
        else:
            parts.append(token.text)
    return "".join(parts)


def _is_percent(token: Token | None) -> bool:
    return token is not None and token.kind == "operator" and token.text == "%"
