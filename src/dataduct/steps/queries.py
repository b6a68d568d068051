"""Queries as users write them in properties: one SELECT, or the name of a table."""

from dataclasses import replace
from typing import Literal

from dataduct.definition.templates import has_template
from dataduct.errors import ProblemsError
from dataduct.model.table import TableName
from dataduct.model.template import TemplateSource
from dataduct.sql.references import tables_read, tables_written
from dataduct.sql.statements import split_statements
from dataduct.sql.tokens import tokenize
from dataduct.steps.context import LoweringContext

_QUERY_WORDS = ("SELECT", "WITH", "VALUES", "TABLE", "FROM")
_BACKTICK_TYPES = ("mysql", "mariadb")
_RESERVED_TEXT = """
add all alter analyze and any as asc before between both by call case cast check collate column
constraint create cross current current_date current_time current_timestamp database default delete desc
describe distinct div drop else end escape except exists explain false fetch for foreign from full
function grant group having if in index inner insert intersect interval into is join key keys left like
limit lock match natural not null of offset on or order outer primary procedure range rank references
rename replace revoke right row rows schema select session_user set show some table then to trigger true
union unique update usage use user using values view when where window with
"""
_RESERVED = frozenset(_RESERVED_TEXT.split())


def statements_in(
    text: str, *, of: str, context: LoweringContext, source: TemplateSource | None = None
) -> tuple[str, ...] | None:
    """Return the statements of a script, or None after reporting what is wrong with its text.

    Args:
        text: The script.
        of: The property that holds it or names its file.
        context: Takes the problems.
        source: The file it was read from; positions are in it then, and at the property otherwise.
    """
    try:
        return split_statements(text, source)
    except ProblemsError as error:
        problems = error.problems
        if source is None:
            problems = tuple(replace(problem, position=context.position_of(of)) for problem in problems)
        context.problems.extend(problems)
        return None


def one_query(
    text: str, *, of: str, context: LoweringContext, source: TemplateSource | None = None
) -> str | None:
    """Return the one SELECT that `text` holds, without its semicolon, or None after reporting (DD214)."""
    statements = statements_in(text, of=of, context=context, source=source)
    if statements is None:
        return None
    if len(statements) != 1:
        found = f"{len(statements)} statements" if statements else "no statement"
        context.report("DD214", f"`{of}` holds {found}", of=of, expected="one SELECT statement")
        return None
    first = next(token for token in tokenize(statements[0]) if token.is_significant)
    if first.kind == "word" and first.upper not in _QUERY_WORDS:
        context.report("DD214", f"`{of}` begins with `{first.text}`", of=of, expected="one SELECT statement")
        return None
    return statements[0]


def query_of(
    text: str | None, script: str | None, *, text_property: str, context: LoweringContext
) -> str | None:
    """Return the one SELECT in `text`, or in the file that `script` names."""
    if text is not None:
        return one_query(text, of=text_property, context=context)
    source = context.source(script, of="script") if script is not None else None
    return one_query(source.text, of="script", context=context, source=source) if source else None


def tables_read_by(sql: str, context: LoweringContext) -> tuple[TableName, ...]:
    """Return the warehouse tables that a query or script reads."""
    return tables_read(sql, context.dialect)


def tables_written_by(sql: str, context: LoweringContext) -> tuple[TableName, ...]:
    """Return the warehouse tables that a script writes."""
    return tables_written(sql, context.dialect)


def source_table(table: str, connection_type: str) -> str:
    """Return a source system's table as its SQL names it: each part quoted if it has to be.

    Names that are quoted already, and templates, stay as they are.
    """
    if has_template(table) or "{" in table or any(quote in table for quote in '"`['):
        return table
    quote: Literal["`", '"'] = "`" if connection_type in _BACKTICK_TYPES else '"'
    return ".".join(_quoted(part, quote) for part in table.split("."))


def _quoted(name: str, quote: str) -> str:
    is_plain = name.isascii() and name.isidentifier() and name.lower() not in _RESERVED
    return name if is_plain else f"{quote}{name}{quote}"
