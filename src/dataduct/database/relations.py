"""The tables and views that SQL files define."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dataduct.errors import ProblemsError, UserError
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.model.table import TableDefinition, TableName
from dataduct.model.template import TemplateSource
from dataduct.sql.constraint_grammar import read_table_name
from dataduct.sql.cursor import Cursor, GrammarError
from dataduct.sql.references import tables_read
from dataduct.sql.statements import split_statements
from dataduct.sql.table_definition import parse_table_definition
from dataduct.sql.tokens import Token, tokenize

_BEFORE_VIEW = frozenset(
    {"CREATE", "OR", "REPLACE", "TEMP", "TEMPORARY", "LOCAL", "GLOBAL", "MATERIALIZED", "RECURSIVE"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A view as its file defines it.

    Attributes:
        columns: The names in the parentheses after its own, as written, or None.
        query: Everything after AS, as written: it is in the warehouse's own SQL.
        reads: The tables and views that the query names.
        replaces: Whether the file says OR REPLACE.
        source: The file it was read from.
    """

    name: TableName
    query: str
    columns: str | None = None
    reads: tuple[TableName, ...] = ()
    replaces: bool = False
    source: str | None = None


Relation = TableDefinition | View


def read_relations(files: Sequence[Path], dialect: str) -> list[Relation]:
    """Return the table or view of each file, in the order of the files; a file given twice is read once.

    Raises:
        ProblemsError: Every problem of all files, one name defined by two files (DD440) among them.
        UserError: A file cannot be read (DD441).
    """
    problems: list[Problem] = []
    relations: dict[TableName, Relation] = {}
    for file in dict.fromkeys(files):
        try:
            relation = read_relation(_text(file), str(file), dialect)
        except ProblemsError as error:
            problems += error.problems
            continue
        earlier = relations.setdefault(relation.name, relation)
        if earlier is not relation:
            problems.append(_defined_twice(relation, earlier))
        elif isinstance(relation, TableDefinition) and relation.temporary:
            problems.append(_temporary(relation))
    if problems:
        raise ProblemsError(problems)
    return list(relations.values())


def read_relation(text: str, file: str, dialect: str) -> Relation:
    """Read one CREATE TABLE or CREATE VIEW.

    Args:
        text: The whole file.
        file: Its name, for positions.
        dialect: Name of the dialect that a view's query is written in.

    Raises:
        ProblemsError: Everything wrong with it.
    """
    source = TemplateSource(text, Position(file))
    tokens = [token for token in tokenize(text, source) if token.is_significant]
    head = [token.upper for token in tokens[:6]]
    if "VIEW" not in head or not _BEFORE_VIEW.issuperset(head[: head.index("VIEW")]):
        return parse_table_definition(text, file)
    try:
        return _read_view(Cursor(tokens, source, len(text.rstrip())), source, dialect)
    except GrammarError as error:
        raise ProblemsError([error.problem]) from None


def _read_view(cursor: Cursor, source: TemplateSource, dialect: str) -> View:
    cursor.require("CREATE")
    replaces = cursor.take("OR", "REPLACE")
    kind = cursor.take_any(("TEMP", "TEMPORARY", "LOCAL", "GLOBAL", "MATERIALIZED", "RECURSIVE"))
    if kind is not None:
        cursor.index -= 1
        cursor.fail("DD442", f"{kind} views are not supported", expected="VIEW")
    cursor.require("VIEW")
    if cursor.take("IF"):
        cursor.require("NOT", "EXISTS", expected="IF NOT EXISTS")
    name = read_table_name(cursor)
    first = cursor.peek()
    columns = None
    if first is not None and cursor.at("("):
        inside = cursor.skip_group()
        columns = source.text[inside[0].start : inside[-1].end] if inside else None
    cursor.require("AS", expected="AS and the view's query")
    query = _query(cursor, source)
    return View(
        name=name,
        columns=columns,
        query=query,
        reads=tuple(table for table in tables_read(query, dialect) if table != name),
        replaces=replaces,
        source=source.position.file,
    )


def _query(cursor: Cursor, source: TemplateSource) -> str:
    first = cursor.next("the view's query")
    statements = split_statements(source.text[first.start :])
    if len(statements) > 1:
        second = _after_semicolon(cursor)
        cursor.fail(
            "DD411",
            "another statement follows the CREATE VIEW",
            token=second,
            expected="the end of the file",
            hint="give each table and view its own file",
        )
    return statements[0]


def _after_semicolon(cursor: Cursor) -> Token | None:
    while not cursor.done and not cursor.take(";"):
        cursor.index += 1
    return cursor.peek()


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}", code="DD441") from None
    except UnicodeDecodeError:
        raise UserError(f"{file} cannot be read: it is not UTF-8", code="DD441") from None


def _defined_twice(relation: Relation, earlier: Relation) -> Problem:
    return Problem(
        code="DD440",
        message=f"`{relation.name}` is defined here and in {earlier.source}",
        position=Position(relation.source or ""),
        expected="one file for each table and view",
    )


def _temporary(table: TableDefinition) -> Problem:
    return Problem(
        code="DD443",
        message=f"table `{table.name}` is temporary, and would be gone when the command ends",
        position=Position(table.source or ""),
        expected="a table that lasts",
    )
