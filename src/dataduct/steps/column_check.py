"""The step type `column-check`."""

import re
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field, model_validator

from dataduct.model.nearest import did_you_mean
from dataduct.model.operations import Check, ColumnComparison, Measure, RunCommand
from dataduct.model.table import TableDefinition, TableName
from dataduct.sql.dialect import DIALECTS
from dataduct.sql.source_rows import select_columns
from dataduct.steps.base import Step, Text
from dataduct.steps.checks import (
    LOG_DOCUMENTATION,
    SourceCheckProperties,
    built_in_check,
    has_own_program,
    own_check,
)
from dataduct.steps.choices import listed, require_one
from dataduct.steps.commands import stem
from dataduct.steps.context import LoweringContext
from dataduct.steps.queries import one_query, tables_read_by

_KEY_SET = re.compile(r"(?:\(([^()]*)\)|([\w.\"]+))\s+IN\s+PRIMARY_KEY_SET\b", re.IGNORECASE)


class ColumnCheckProperties(SourceCheckProperties):
    """The sampled rows, the warehouse's rows, and how many may differ."""

    source_sql: Text = Field(
        description="SELECT statement whose rows are sampled, its columns in the order of the destination's.",
        examples=["SELECT id, slug, title FROM courses"],
    )
    destination_sql: Text | None = Field(
        None,
        description="SELECT statement for the warehouse's rows. The check adds the filter on the sampled keys.",
        examples=["SELECT course_id, slug, title FROM prod.courses"],
    )
    destination_table_definition: Text | None = Field(
        None,
        description="File with the CREATE TABLE statement of the warehouse table; all its columns are compared, and "
        "its primary key is the key.",
        examples=["tables/prod.courses.sql"],
    )
    key: list[int | Text] | None = Field(
        None,
        min_length=1,
        description="Columns of `destination_sql` that find a row again, by name or by position from 1. By default the "
        "first column.",
        examples=[["course_id"], [1, 2]],
    )
    sql_tail_for_source: Text | None = Field(
        None,
        description="SQL behind the source's query that chooses the sample; `LIMIT_PLACEHOLDER` stands for "
        "`sample_size`. By default a random sample.",
        examples=["ORDER BY RAND() LIMIT LIMIT_PLACEHOLDER"],
    )
    sample_size: int = Field(100, ge=1, description="Number of source rows that are compared.", examples=[50])
    tolerance: float = Field(
        1.0,
        ge=0,
        description="How many of the sampled rows may be missing or different, in percent.",
        examples=[2.0],
    )

    @model_validator(mode="after")
    def _one_destination(self) -> "ColumnCheckProperties":
        require_one(self, "destination_sql", "destination_table_definition")
        return self


class ColumnCheck(Step[ColumnCheckProperties]):
    """Compare sampled rows of the source with the warehouse."""

    step_type: ClassVar[str] = "column-check"
    summary: ClassVar[str] = (
        "Compare a sample of the source's rows, value by value, with the warehouse's rows."
    )
    documentation: ClassVar[str] = f"""\
Takes `sample_size` rows of the source and finds the rows of the same key in the warehouse. A row that is missing there,
or differs in any column, counts as wrong; more than `tolerance` percent of wrong rows fail the check.

Columns are compared in order: the first column of the source with the first of the destination, and so on. With
`destination_table_definition` the destination has all columns of the table, and the key is its primary key. With
`destination_sql` the key is the first column, unless `key` names others; a key of several columns must be named.

The check waits for the latest earlier step of the pipeline that writes the warehouse table.

{LOG_DOCUMENTATION}

```yaml
name: load_courses
frequency: daily
load_time: 01:00

steps:
-   step_type: extract-rds
    host_name: school
    table: courses

-   step_type: create-load
    table_definition: tables/staging.courses.sql

-   step_type: column-check
    source_host: school
    source_sql: SELECT id, slug, title, created_at FROM courses
    destination_sql: SELECT course_id, slug, title, created_at FROM staging.courses
    key: [course_id]
    sample_size: 50
```
"""
    properties: ClassVar[type[ColumnCheckProperties]] = ColumnCheckProperties

    @classmethod
    def subject(cls, properties: ColumnCheckProperties) -> str | None:
        """Return the name of the table's definition file."""
        definition = properties.destination_table_definition
        return stem(definition) if definition is not None else None

    @classmethod
    def lower(cls, properties: ColumnCheckProperties, context: LoweringContext) -> Check | RunCommand | None:
        """Return the comparison of the sample, or the user's own program."""
        connection_type = context.connection(properties.source_host, of="source_host")
        source = one_query(properties.source_sql, of="source_sql", context=context)
        destination = _destination(properties, context)
        if connection_type is None or source is None or destination is None:
            return None
        if has_own_program(properties):
            return own_check(properties, context, _own_arguments(properties, source, destination))
        if not _columns_agree(source, destination, context):
            return None
        comparison = ColumnComparison(
            source=Measure(query=source, connection=properties.source_host, database=properties.database),
            destination=Measure(query=destination.query),
            key_positions=destination.key_positions,
            key=destination.key,
            sample_size=properties.sample_size,
            sample_tail=properties.sql_tail_for_source,
            tolerance=properties.tolerance,
        )
        return built_in_check(properties, context, comparison, destination.reads)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Destination:
    """The warehouse's side: `columns` is None if the query's columns cannot be known from its text."""

    query: str
    columns: tuple[str | None, ...] | None
    key: tuple[str, ...]
    key_positions: tuple[int, ...]
    reads: tuple[TableName, ...]


def _destination(properties: ColumnCheckProperties, context: LoweringContext) -> _Destination | None:
    if properties.destination_sql is not None:
        return _from_query(properties, properties.destination_sql, context)
    path = properties.destination_table_definition or ""
    definition = context.table_definition(path, of="destination_table_definition")
    return _from_definition(properties, definition, context) if definition is not None else None


def _from_definition(
    properties: ColumnCheckProperties, definition: TableDefinition, context: LoweringContext
) -> _Destination | None:
    """Return all columns of the table, with its primary key (or the `key` given) as key."""
    key = properties.key
    if key is None and not definition.primary_key:
        context.report(
            "DD220",
            f"{definition.name} declares no primary key to find sampled rows by",
            of="destination_table_definition",
            hint="declare PRIMARY KEY in the table definition, or name the columns with `key`",
        )
        return None
    names = definition.column_names
    positions = _positions(list(key or definition.primary_key), names, context)
    if positions is None or not _leaves_a_column(positions, names, context):
        return None
    dialect = DIALECTS[context.dialect]
    return _Destination(
        query=f"SELECT {dialect.names(names)} FROM {dialect.table(definition.name)}",
        columns=names,
        key=tuple(names[position] for position in positions),
        key_positions=positions,
        reads=(definition.name,),
    )


def _from_query(
    properties: ColumnCheckProperties, text: str, context: LoweringContext
) -> _Destination | None:
    """Return the query's columns, with the `key` given or the first column as key."""
    query = one_query(text, of="destination_sql", context=context)
    if query is None:
        return None
    query, filtered = _without_key_set(query)
    columns = select_columns(query, DIALECTS[context.dialect])
    if columns is None:
        context.report(
            "DD224",
            "the columns of `destination_sql` cannot be told from its text",
            of="destination_sql",
            expected="a SELECT that names its columns",
            hint="write the columns instead of `*`",
        )
        return None
    wanted: list[int | str] = list(properties.key or ())
    if not wanted:
        wanted = list(filtered) if filtered and set(filtered) <= set(columns) else [1]
    positions = _positions(wanted, columns, context)
    if positions is None or not _leaves_a_column(positions, columns, context):
        return None
    names = tuple(columns[position] for position in positions)
    unnamed = next((position for position, name in zip(positions, names, strict=True) if name is None), None)
    if unnamed is not None:
        context.report(
            "DD224",
            f"key column {unnamed + 1} of `destination_sql` has no name",
            of="destination_sql",
            hint="give it one with AS",
        )
        return None
    return _Destination(
        query=query,
        columns=columns,
        key=tuple(name for name in names if name is not None),
        key_positions=positions,
        reads=tables_read_by(query, context),
    )


def _without_key_set(query: str) -> tuple[str, tuple[str, ...]]:
    """Return `query` without the original's `(a, b) IN PRIMARY_KEY_SET`, and the columns named there."""
    match = _KEY_SET.search(query)
    if match is None:
        return query, ()
    names = (match[1] or match[2]).split(",")
    return _KEY_SET.sub("1 = 1", query), tuple(name.strip().rpartition(".")[2].strip('"') for name in names)


def _positions(
    key: list[int | str], columns: tuple[str | None, ...], context: LoweringContext
) -> tuple[int, ...] | None:
    """Return the positions from 0 of the key columns, or None after reporting an unknown one (DD222)."""
    known = [name for name in columns if name is not None]
    positions: list[int] = []
    for column in key:
        if isinstance(column, int):
            position = column - 1 if 1 <= column <= len(columns) else None
        else:
            position = columns.index(column) if column in columns else None
        if position is None:
            context.report(
                "DD222",
                f"`key` names column `{column}`, which the destination does not have",
                of="key",
                expected=f"one of {listed(tuple(known), 'or')}, or a position from 1 to {len(columns)}",
                hint=did_you_mean(str(column), known),
            )
            return None
        positions.append(position)
    return tuple(dict.fromkeys(positions))


def _leaves_a_column(
    positions: tuple[int, ...], columns: tuple[str | None, ...], context: LoweringContext
) -> bool:
    if len(positions) < len(columns):
        return True
    context.report("DD224", "every column of the destination is part of the key, so there is none to compare")
    return False


def _columns_agree(source: str, destination: _Destination, context: LoweringContext) -> bool:
    """Return whether both sides have as many columns, as far as the texts tell; report DD221 otherwise."""
    found = select_columns(source, DIALECTS[context.dialect])
    if found is None or destination.columns is None or len(found) == len(destination.columns):
        return True
    context.report(
        "DD221",
        f"`source_sql` has {len(found)} columns and the destination has {len(destination.columns)}",
        of="source_sql",
        expected=f"the columns {', '.join(name or '(no name)' for name in destination.columns)}",
    )
    return False


def _own_arguments(
    properties: ColumnCheckProperties, source: str, destination: _Destination
) -> tuple[str, ...]:
    return (
        f"--sample_size={properties.sample_size}",
        f"--tolerance={properties.tolerance}",
        f"--destination_sql={destination.query};",
        f"--source_sql={source};",
        f"--source_host={properties.source_host}",
    )
