"""What the steps that put the rows of a table or query into a table with a primary key have in common."""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import Field, model_validator

from dataduct.definition.properties import shortened
from dataduct.errors import UserError
from dataduct.model.operations import MatchColumns, RunSql, SqlStatement
from dataduct.model.table import TableDefinition, TableName
from dataduct.model.template import TemplateSource
from dataduct.sql.dialect import DIALECTS, Dialect
from dataduct.sql.history import history as history_script
from dataduct.sql.queries import analyze, lacks_where
from dataduct.sql.source_rows import SourceRows
from dataduct.steps.amazon import PhantomOutputProperties
from dataduct.steps.arguments import SqlArguments, sql_parameters
from dataduct.steps.base import Text
from dataduct.steps.choices import require_one
from dataduct.steps.context import LoweringContext
from dataduct.steps.queries import query_of, tables_read_by
from dataduct.steps.scripts import placeholders_agree

RUN_TIME = "#{format(@scheduledStartTime, 'YYYY-MM-dd HH:mm:ss')}"
"""The run's scheduled start: when a row's new version begins in a history table."""

_PROPERTY_OF_CODE = {
    "DD422": "destination",
    "DD423": "dedupe_by",
    "DD424": "history",
    "DD425": "history",
    "DD426": "date_column",
}


class MergeProperties(PhantomOutputProperties):
    """The table to write, the rows to write, and what happens around it."""

    destination: Text = Field(
        description="File with the CREATE TABLE statement of the table to write, which declares its primary key.",
        examples=["tables/prod.courses.sql"],
    )
    source: Text | None = Field(
        None,
        description="File with the CREATE TABLE statement of the table whose rows to take.",
        examples=["tables/staging.courses.sql"],
    )
    sql: Text | None = Field(
        None,
        description="SELECT statement whose rows to take.",
        examples=["SELECT course_id, slug, title, created_at FROM staging.courses"],
    )
    script: Text | None = Field(
        None, description="File with the SELECT statement.", examples=["sql/courses.sql"]
    )
    script_arguments: SqlArguments | None = Field(
        None,
        description="Values for the `%s` of the SELECT, in order. With values given, `%%` stands for a percent sign.",
        examples=[[4]],
    )
    match_columns: MatchColumns = Field(
        "auto",
        description="How the source's columns find the destination's: by `name`, by `position`, or `auto`: by name "
        "where every name is a column of the destination, by position where no name contradicts it.",
    )
    enforce_primary_key: bool = Field(
        True, description="Whether one new row is kept of several with the same primary key."
    )
    dedupe_by: Text | None = Field(
        None,
        description="Column whose greatest value decides which of several rows with the same primary key is kept. By "
        "default the row that sorts last by all other columns.",
        examples=["created_at"],
    )
    history: Text | None = Field(
        None,
        description="File with the CREATE TABLE statement of a history table, which keeps every version of each row. "
        "It has the destination's columns and two more, `effective_ts` and `expiration_ts`.",
        examples=["tables/prod.courses_history.sql"],
    )
    analyze_table: bool = Field(
        True, description="Whether the destination's statistics are brought up to date afterwards."
    )
    non_transactional: bool = Field(
        False,
        description="Whether each statement is committed on its own. By default all of it happens or nothing.",
    )

    @model_validator(mode="after")
    def _one_source(self) -> "MergeProperties":
        require_one(self, "source", "sql", "script")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """The tables of a merge, read from their files.

    Attributes:
        reads: The tables that the source's rows come from.
        history: The history table, or None.
    """

    destination: TableDefinition
    source: SourceRows
    reads: tuple[TableName, ...]
    history: TableDefinition | None


Script = Callable[[TableDefinition, SourceRows, Dialect], tuple[SqlStatement, ...]]
"""Makes the script that writes a source's rows into a destination."""


def read_merge(
    properties: MergeProperties, context: LoweringContext, filter_clause: str | None = None
) -> Merge | None:
    """Return the tables and rows that `properties` name, or None after reporting problems."""
    if filter_clause is not None and lacks_where(filter_clause):
        context.report(
            "DD268",
            "`filter_clause` is put after FROM as it is written, and has no WHERE",
            of="filter_clause",
            expected="SQL that can follow FROM",
            hint=f"write `WHERE {shortened(filter_clause)}`",
        )
        return None
    destination = context.table_definition(properties.destination, of="destination")
    kept = context.table_definition(properties.history, of="history") if properties.history else None
    rows: TableDefinition | str | None
    if properties.source is not None:
        rows = context.table_definition(properties.source, of="source")
    else:
        rows = query_of(properties.sql, properties.script, text_property="sql", context=context)
    if destination is None or rows is None or (properties.history is not None and kept is None):
        return None
    source = SourceRows(rows=rows, filter_clause=filter_clause, match_columns=properties.match_columns)
    return Merge(destination=destination, source=source, reads=_reads(source, context), history=kept)


def _reads(source: SourceRows, context: LoweringContext) -> tuple[TableName, ...]:
    rows = source.rows
    own = tables_read_by(rows, context) if isinstance(rows, str) else (rows.name,)
    if source.filter_clause is None:
        return own
    query = f"SELECT * FROM source_rows {source.filter_clause}"
    filtered = [table for table in tables_read_by(query, context) if table.name != "source_rows"]
    return tuple(dict.fromkeys((*own, *filtered)))


def run_merge(
    properties: MergeProperties, context: LoweringContext, merge: Merge, script: Script
) -> RunSql | None:
    """Return the operation that runs `script`, then keeps the history; None after reporting problems."""
    dialect = DIALECTS[context.dialect]
    try:
        statements = script(merge.destination, merge.source, dialect)
        if merge.history is not None:
            statements += history_script(merge.history, merge.destination, dialect, at=RUN_TIME)
            context.templates.append(TemplateSource(RUN_TIME, context.position_of("history")))
    except UserError as error:
        _report(error, properties, context)
        return None
    parameters = sql_parameters(properties.script_arguments, context)
    if not placeholders_agree(statements, parameters, context):
        return None
    tables = (merge.destination, *((merge.history,) if merge.history else ()))
    names = tuple(table.name for table in tables)
    analyzed = tuple(statement for name in names for statement in analyze(name, dialect))
    return RunSql(
        statements=statements,
        creates=tables,
        table=merge.destination.name,
        reads=merge.reads,
        writes=names,
        parameters=parameters,
        in_transaction=not properties.non_transactional,
        after_commit=analyzed if properties.analyze_table else (),
    )


def _report(error: UserError, properties: MergeProperties, context: LoweringContext) -> None:
    """Report what the script cannot be made of, at the property it is about."""
    rows = next(name for name in ("source", "sql", "script") if getattr(properties, name) is not None)
    context.report(
        error.code,
        error.message,
        of=_PROPERTY_OF_CODE.get(error.code, rows),
        expected="; ".join(" ".join(line.split()) for line in error.details) or None,
        hint=error.hint,
    )
