"""The step type `count-check`."""

from typing import ClassVar

from pydantic import Field, model_validator

from dataduct.model.operations import Check, CountComparison, Measure, RunCommand
from dataduct.model.table import TableName
from dataduct.sql.dialect import DIALECTS
from dataduct.sql.queries import count_query, gives_one_count
from dataduct.steps.base import Step, Text
from dataduct.steps.checks import (
    LOG_DOCUMENTATION,
    SourceCheckProperties,
    built_in_check,
    has_own_program,
    own_check,
)
from dataduct.steps.choices import require_one
from dataduct.steps.commands import stem
from dataduct.steps.context import LoweringContext
from dataduct.steps.queries import one_query, source_table, tables_read_by


class CountCheckProperties(SourceCheckProperties):
    """What is counted on both sides, and how far the counts may be apart."""

    source_sql: Text | None = Field(
        None,
        description="SELECT statement whose rows are counted, in the source's SQL.",
        examples=["SELECT id FROM courses WHERE id > 0"],
    )
    source_table_name: Text | None = Field(
        None, description="Table of the source whose rows are counted.", examples=["courses"]
    )
    source_count_sql: Text | None = Field(
        None,
        description="SELECT statement that gives the source's count itself.",
        examples=["SELECT COUNT(DISTINCT id) FROM courses"],
    )
    destination_sql: Text | None = Field(
        None,
        description="SELECT statement whose rows are counted on the warehouse.",
        examples=["SELECT course_id FROM prod.courses"],
    )
    destination_table_name: Text | None = Field(
        None, description="Warehouse table whose rows are counted.", examples=["prod.courses"]
    )
    destination_table_definition: Text | None = Field(
        None,
        description="File with the CREATE TABLE statement of the warehouse table whose rows are counted.",
        examples=["tables/prod.courses.sql"],
    )
    tolerance: float = Field(
        1.0,
        ge=0,
        description="How far the counts may be apart, in percent of the source's.",
        examples=[2.0],
    )

    @model_validator(mode="after")
    def _one_of_each(self) -> "CountCheckProperties":
        require_one(self, "source_sql", "source_table_name", "source_count_sql")
        require_one(self, "destination_sql", "destination_table_name", "destination_table_definition")
        return self


class CountCheck(Step[CountCheckProperties]):
    """Compare row counts of the source and the warehouse."""

    step_type: ClassVar[str] = "count-check"
    summary: ClassVar[str] = "Compare the number of rows in the source with that in the warehouse."
    documentation: ClassVar[str] = f"""\
Counts rows in the source and in the warehouse, and fails if the counts are more than `tolerance` percent of the
source's count apart. Rows come and go in a source while a pipeline runs, so a small tolerance is usual.

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

-   step_type: count-check
    source_host: school
    source_table_name: courses
    destination_table_definition: tables/staging.courses.sql
    tolerance: 2.0
```
"""
    properties: ClassVar[type[CountCheckProperties]] = CountCheckProperties

    @classmethod
    def subject(cls, properties: CountCheckProperties) -> str | None:
        """Return the name of the warehouse table."""
        if properties.destination_table_definition is not None:
            return stem(properties.destination_table_definition)
        name = properties.destination_table_name
        return None if name is None or "{" in name else name.replace('"', "")

    @classmethod
    def lower(cls, properties: CountCheckProperties, context: LoweringContext) -> Check | RunCommand | None:
        """Return the comparison of both counts, or the user's own program."""
        source = _source_query(properties, context)
        destination = _destination(properties, context)
        if source is None or destination is None:
            return None
        if has_own_program(properties):
            arguments = (
                f"--tolerance={properties.tolerance}",
                f"--destination_sql={destination[0]};",
                f"--source_sql={source};",
                f"--source_host={properties.source_host}",
            )
            return own_check(properties, context, arguments)
        comparison = CountComparison(
            source=Measure(query=source, connection=properties.source_host, database=properties.database),
            destination=Measure(query=destination[0]),
            tolerance=properties.tolerance,
        )
        return built_in_check(properties, context, comparison, destination[1])


def _source_query(properties: CountCheckProperties, context: LoweringContext) -> str | None:
    """Return the query of the source's count, or None after reporting problems."""
    connection_type = context.connection(properties.source_host, of="source_host")
    dialect = DIALECTS[context.dialect]
    if properties.source_count_sql is not None:
        query = one_query(properties.source_count_sql, of="source_count_sql", context=context)
    elif properties.source_sql is not None:
        rows = one_query(properties.source_sql, of="source_sql", context=context)
        _warn_of_one_count(rows, "source_sql", "give it as `source_count_sql`", context)
        query = count_query(rows, dialect) if rows is not None else None
    else:
        table = source_table(properties.source_table_name or "", connection_type or "")
        query = f"SELECT COUNT(*) AS row_count\nFROM {table}"
    return query if connection_type is not None else None


def _destination(
    properties: CountCheckProperties, context: LoweringContext
) -> tuple[str, tuple[TableName, ...]] | None:
    """Return the query of the warehouse's count and the tables it reads, or None after reporting problems."""
    dialect = DIALECTS[context.dialect]
    if properties.destination_table_definition is not None:
        definition = context.table_definition(
            properties.destination_table_definition, of="destination_table_definition"
        )
        if definition is None:
            return None
        return count_query(definition.name, dialect), (definition.name,)
    if properties.destination_table_name is not None:
        query = f"SELECT COUNT(*) AS row_count\nFROM {properties.destination_table_name}"
        return query, tables_read_by(query, context)
    rows = one_query(properties.destination_sql or "", of="destination_sql", context=context)
    _warn_of_one_count(rows, "destination_sql", "select the rows themselves: they are counted", context)
    return (count_query(rows, dialect), tables_read_by(rows, context)) if rows is not None else None


def _warn_of_one_count(rows: str | None, of: str, hint: str, context: LoweringContext) -> None:
    """Report a query that counts by itself, of which the check would count the one row (DD267, a warning)."""
    if rows is not None and gives_one_count(rows):
        context.report(
            "DD267",
            f"`{of}` gives one row, the count itself, and the check counts the rows of `{of}`: 1",
            of=of,
            hint=hint,
            severity="warning",
        )
