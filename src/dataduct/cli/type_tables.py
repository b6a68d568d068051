"""What `dataduct plan --types` shows: a table of columns for each step that brings rows into the run."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from dataduct.cli.console import Console
from dataduct.cli.failure import error_lines
from dataduct.cli.table import table_lines
from dataduct.cli.text import Line, Span, line, shorten, without_controls

if TYPE_CHECKING:
    from dataduct.config.project import Project
    from dataduct.engine.source_types import ColumnTypes, StepTypes
    from dataduct.plan.plan import BoundPlan

_EXAMPLE_WIDTH = 40


def show_types(project: "Project", bound: "BoundPlan", step: str | None, console: Console) -> None:
    """Ask the sources for their types and print them. Exits with 1 if one could not be asked."""
    from dataduct import api

    asked = failed = 0
    for types in api.source_types(project, bound, step=step):
        if asked:
            console.out(line())
        asked += 1
        failed += types.failure is not None
        console.out(*(_redacted(each, project) for each in type_lines(types)))
    if not asked:
        console.err("no step reads a database or files")
    if failed:
        raise click.exceptions.Exit(1)


def type_lines(types: "StepTypes") -> Iterator[Line]:
    """Yield what is said of one step: its name, then the table of its columns."""
    into = f", loaded into {types.loaded_into}" if types.loaded_into else ""
    source = f"connection `{types.where}`" if types.kind == "database" else types.where
    yield line(Span(types.step, "strong"), f"  from {source}{into}")
    if types.failure is not None:
        yield from error_lines(types.failure)
    elif types.kind == "files":
        yield from _sampled_lines(types)
    else:
        yield from _described_lines(types)


def _described_lines(types: "StepTypes") -> Iterator[Line]:
    table = types.loaded_into or "table"
    header = ("column", "source", "dataset", "warehouse", table, "not kept")
    rows = [
        (
            column.name,
            column.source,
            column.dataset,
            _warehouse(column),
            column.table or "",
            _not_kept(column),
        )
        for column in types.columns
    ]
    yield from table_lines(header, rows, indent=2)
    for column in types.columns:
        if column.reading:
            yield line("  ", Span(f"{column.name}: {column.reading}", "dim"))


def _sampled_lines(types: "StepTypes") -> Iterator[Line]:
    if not types.columns:
        yield line("  ", Span("the files hold no rows", "dim"))
        return
    header = ("column", "in the sample", "example", "warehouse", types.loaded_into or "table")
    rows = [
        (
            column.name,
            column.dataset,
            Span("NULL", "dim")
            if column.example is None
            else without_controls(shorten(column.example, _EXAMPLE_WIDTH)),
            _warehouse(column),
            column.table or "",
        )
        for column in types.columns
    ]
    yield from table_lines(header, rows, indent=2)


def _warehouse(column: "ColumnTypes") -> str | Span:
    return Span("none", "error") if column.warehouse is None else column.warehouse


def _not_kept(column: "ColumnTypes") -> str:
    if not column.refused:
        return ""
    return f"{column.refused} → {'NULL' if column.becomes_null else 'error'}"


def _redacted(drawn: Line, project: "Project") -> Line:
    return tuple(Span(project.secrets.redact(span.text), span.style) for span in drawn)
