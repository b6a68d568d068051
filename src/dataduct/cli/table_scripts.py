"""A script on tables and views as the terminal shows it."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dataduct.cli.quantities import first_names
from dataduct.cli.text import Line, Span, line, lines_of, pad
from dataduct.database.recreation import lost_columns
from dataduct.model.counting import counted
from dataduct.model.table import TableDefinition

if TYPE_CHECKING:
    from dataduct.engine.table_scripts import TableScript

_MOST_LISTED = 8


def script_lines(script: "TableScript") -> Iterator[Line]:
    """Yield the SQL: a whole transaction, each statement ended by a semicolon."""
    if not script.statements:
        return
    yield line("BEGIN;")
    for statement in script.statements:
        yield from lines_of(statement.text + ";")
    yield line("COMMIT;")


def note_lines(script: "TableScript", permissions: Sequence[object]) -> Iterator[Line]:
    """Yield what the SQL leaves out, and what it was made without knowing."""
    making = script.action in ("create", "recreate") and script.statements
    if making and not script.dialect.keeps_keys and any(map(_has_keys, script.ordering.tables)):
        yield _note(
            "DuckDB gets no keys: columns of a primary key are NOT NULL there, and UNIQUE and FOREIGN KEY are left out"
        )
    if making and not script.dialect.keeps_keys and permissions:
        yield _note("DuckDB has no users and groups: the permissions of the settings are left out")
    if script.action == "recreate" and script.state is None and not script.empty:
        yield _note(
            "this is the script for tables that have the columns of their files; -e looks at them first"
        )
    if script.same and script.statements:
        names = [str(name) for name in sorted(script.same, key=str)]
        yield _note(f"is as its file says and left alone: {first_names(names, _MOST_LISTED)}")
    if script.action == "create" and script.existing:
        names = [str(each.name) for each in script.existing]
        yield _note(f"exists and is left alone: {first_names(names, _MOST_LISTED)}")


def subject_lines(script: "TableScript") -> Iterator[Line]:
    """Yield what is at stake: each table with its rows, each view."""
    tables = {table.name: table for table in script.ordering.tables}
    width = max((len(str(each.name)) for each in script.existing), default=0)
    for each in script.existing:
        what = "view" if each.rows is None else counted(each.rows, "row")
        lost = lost_columns(tables[each.name], each) if each.name in tables else []
        told = (
            f"; lost: {', '.join(lost)}" if lost and script.action == "recreate" and not script.empty else ""
        )
        yield line("  ", Span(pad(str(each.name), width), "strong"), f"  {what}", Span(told, "warning"))


def question(script: "TableScript") -> str | None:
    """Return what the user is asked before the script is executed; None if nothing can be lost by it."""
    if script.action not in ("drop", "recreate") or not script.existing:
        return None
    rows = sum(each.rows or 0 for each in script.existing)
    tables = sum(each.kind == "table" for each in script.existing)
    what = counted(tables, "table") if tables else counted(len(script.existing), "view")
    if script.action == "drop":
        return f"Drop {what} with {counted(rows, 'row')}?" if tables else f"Drop {what}?"
    if script.empty:
        return f"Make {what} anew and drop {counted(rows, 'row')}?"
    return f"Make {what} anew and keep {counted(rows, 'row')}?" if tables else f"Make {what} anew?"


def _has_keys(table: TableDefinition) -> bool:
    return bool(table.primary_key or table.unique or table.foreign_keys) or any(
        column.unique for column in table.columns
    )


def _note(text: str) -> Line:
    return line(Span("note", "accent"), f": {text}")
