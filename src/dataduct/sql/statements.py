"""A script as its statements."""

import re
from collections.abc import Sequence

from dataduct.errors import ProblemsError
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.model.template import TemplateSource
from dataduct.sql.tokens import Token, tokenize

_BLOCK = re.compile(r"\{%[-+]?\s*(end)?(?:if|for|macro|call|filter|block|raw|autoescape|trans)\b")
_TRANSACTION_NOUNS = frozenset({"WORK", "TRANSACTION"})
_TRANSACTION_MODES = frozenset(
    {
        *("ISOLATION", "LEVEL", "SERIALIZABLE", "REPEATABLE", "COMMITTED", "UNCOMMITTED"),
        *("READ", "WRITE", "ONLY", "NOT", "DEFERRABLE", ","),
    }
)


def split_statements(text: str, source: TemplateSource | None = None) -> tuple[str, ...]:
    """Return the statements of a script, without their semicolons; empty ones are left out.

    A semicolon in a string, a quoted name, a comment, a template or a Jinja block (`{% if %}` to its `{% endif %}`)
    does not split. Comments before and after a statement are dropped, those inside are kept.

    Args:
        text: The script, perhaps with templates.
        source: Where `text` comes from, for the positions of problems.

    Raises:
        ProblemsError: A string, comment or the like never ends (DD401).
    """
    return tuple(text[start:end] for start, end in _spans(text, source))


def single_statement(text: str, source: TemplateSource | None = None) -> str:
    """Return the only statement of `text`, without semicolon and comments around it.

    Raises:
        ProblemsError: There is none, or more than one (DD411), or something never ends (DD401).
    """
    spans = _spans(text, source)
    if len(spans) == 1:
        start, end = spans[0]
        return text[start:end]
    where = source or TemplateSource(text, Position("<sql>"))
    position = where.position_at(spans[1][0]) if spans else where.position
    message = f"the query holds {len(spans)} statements" if spans else "the query is empty"
    raise ProblemsError(
        [Problem(code="DD411", message=message, position=position, expected="one SELECT statement")]
    )


def strip_transaction(statements: Sequence[str]) -> tuple[str, ...]:
    """Drop the statements that are nothing but the begin or the commit of a transaction.

    These are BEGIN, START TRANSACTION, COMMIT and END, with WORK or TRANSACTION and transaction modes after them.
    """
    return tuple(statement for statement in statements if not _is_transaction_edge(statement))


def _is_transaction_edge(statement: str) -> bool:
    words = [token.upper for token in tokenize(statement) if token.is_significant]
    if words[:1] == ["BEGIN"] or words[:2] == ["START", "TRANSACTION"]:
        return all(word in _TRANSACTION_NOUNS | _TRANSACTION_MODES for word in words[1:])
    return words[:1] in (["COMMIT"], ["END"]) and (
        len(words) == 1 or (len(words) == 2 and words[1] in _TRANSACTION_NOUNS)
    )


def _spans(text: str, source: TemplateSource | None) -> list[tuple[int, int]]:
    """Return the start and end offset of each statement, from its first to its last significant token."""
    spans: list[tuple[int, int]] = []
    current: list[Token] = []
    open_blocks = 0
    for token in tokenize(text, source):
        if token.kind == "template" and (block := _BLOCK.match(token.text)):
            open_blocks += -1 if block[1] else 1
        if token.text == ";" and open_blocks <= 0:
            if current:
                spans.append((current[0].start, current[-1].end))
            current = []
        elif token.is_significant:
            current.append(token)
    if current:
        spans.append((current[0].start, current[-1].end))
    return spans
