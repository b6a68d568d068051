"""The step type `load-postgres`."""

from typing import ClassVar

from pydantic import Field

from dataduct.model.operations import LoadTable
from dataduct.model.table import TableName
from dataduct.steps.base import Chaining, Step, Text
from dataduct.steps.connections import POSTGRES_TYPES, chosen_connection
from dataduct.steps.context import LoweringContext
from dataduct.steps.insert_query import insert_columns
from dataduct.steps.loading import (
    INSERT_MODE_DESCRIPTION,
    InsertMode,
    LoadProperties,
    file_format,
    load_mode,
)
from dataduct.steps.tables import name_parts


class LoadPostgresProperties(LoadProperties):
    """The connection, and the existing table to load."""

    host_name: Text | None = Field(
        None,
        description="Alias of the PostgreSQL connection in the settings. By default the only one there is.",
        examples=["catalog"],
    )
    connection: Text | None = Field(
        None, description="Alias of the connection: the same as `host_name`.", examples=["catalog"]
    )
    table: Text = Field(
        description="Name of the table, with its schema unless it is on the search path.",
        examples=["courses", "catalog.courses"],
    )
    insert_query: Text | None = Field(
        None,
        description="`INSERT INTO table (columns) VALUES (?, ...)`: says which columns the dataset's fill, in order. "
        "Rows are loaded in bulk, not one by one.",
        examples=["INSERT INTO courses (id, slug) VALUES (?, ?)"],
    )
    insert_mode: InsertMode = Field("append", description=INSERT_MODE_DESCRIPTION)


class LoadPostgres(Step[LoadPostgresProperties]):
    """Load files into a table of an operational PostgreSQL database."""

    step_type: ClassVar[str] = "load-postgres"
    summary: ClassVar[str] = (
        "Load a dataset into a table of an operational PostgreSQL database, in one transaction."
    )
    documentation: ClassVar[str] = """\
Loads the dataset of the step before it, or the one that `input_node` names, into a table that exists in a PostgreSQL
database other than the warehouse. One transaction loads the rows and records the load in the table `dataduct.loads` of
that database, so that a retry never doubles a row. `overwrite-existing` and `keep-existing` go by the primary key that
the table has there.

```yaml
name: publish_courses
frequency: daily
load_time: 01:00

steps:
-   step_type: unload
    schema: prod
    table: courses

-   step_type: load-postgres
    host_name: catalog
    table: catalog.courses
    insert_mode: replace
```
"""
    properties: ClassVar[type[LoadPostgresProperties]] = LoadPostgresProperties
    chaining: ClassVar[Chaining] = Chaining.INPUT

    @classmethod
    def subject(cls, properties: LoadPostgresProperties) -> str | None:
        """Return the table's name."""
        return None if "{" in properties.table else properties.table.replace('"', "")

    @classmethod
    def lower(cls, properties: LoadPostgresProperties, context: LoweringContext) -> LoadTable | None:
        """Return the load of every input into the table, over the connection."""
        connection = chosen_connection(
            properties.host_name, properties.connection, types=POSTGRES_TYPES, context=context
        )
        table = _table(properties.table, context)
        if connection is None or table is None:
            return None
        columns = None
        if properties.insert_query is not None:
            columns = insert_columns(properties.insert_query, table, context)
            if columns is None:
                return None
        return LoadTable(
            inputs=tuple(dataset for dataset, _ in context.inputs),
            table=table,
            mode=load_mode(properties.insert_mode),
            match_columns=properties.match_columns,
            file_format=file_format(properties),
            connection=connection.alias,
            columns=columns or None,
        )


def _table(written: str, context: LoweringContext) -> TableName | None:
    parts = name_parts(written)
    if parts is None or len(parts) > 2:
        context.report(
            "DD213",
            f"`{written}` is no name of a table",
            of="table",
            expected="`table` or `schema.table`",
        )
        return None
    return TableName(parts[-1], parts[0] if len(parts) == 2 else None)
