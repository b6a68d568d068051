"""The step type `extract-rds`."""

from typing import ClassVar

from pydantic import Field, model_validator

from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import Extract
from dataduct.steps.amazon import NO_EFFECT, AmazonProperties, warn_output_path
from dataduct.steps.base import Step, Text
from dataduct.steps.choices import require_one
from dataduct.steps.commands import stem
from dataduct.steps.context import LoweringContext
from dataduct.steps.queries import query_of, source_table


class ExtractRdsProperties(AmazonProperties):
    """The connection, and the rows to read over it."""

    host_name: Text | None = Field(
        None, description="Alias of the connection in the settings.", examples=["school"]
    )
    connection: Text | None = Field(
        None, description="Alias of the connection: the same as `host_name`.", examples=["school"]
    )
    database: Text | None = Field(
        None, description="Database on that server. By default the connection's own.", examples=["school"]
    )
    table: Text | None = Field(
        None, description="Table to read, all of it.", examples=["courses", "catalog.courses"]
    )
    sql: Text | None = Field(
        None,
        description="SELECT statement whose rows to read, in the source's SQL.",
        examples=["SELECT id, slug FROM courses WHERE id > 0"],
    )
    script: Text | None = Field(
        None, description="File with the SELECT statement.", examples=["sql/courses.sql"]
    )
    splits: int = Field(
        1, ge=1, description="Number of partitions the source may be read in at the same time.", examples=[4]
    )
    output_path: str | None = Field(
        None, description=f"S3 URI for the rows. {NO_EFFECT}", examples=["s3://bucket/courses/"]
    )

    @model_validator(mode="after")
    def _one_of_each(self) -> "ExtractRdsProperties":
        require_one(self, "host_name", "connection")
        require_one(self, "table", "sql", "script")
        return self


class ExtractRds(Step[ExtractRdsProperties]):
    """Read rows of a source database."""

    step_type: ClassVar[str] = "extract-rds"
    summary: ClassVar[str] = "Read a table, or the rows of a SELECT, from a source database into a dataset."
    documentation: ClassVar[str] = """\
Reads a whole table (`table`), or the rows of one SELECT (`sql`, or `script` for one in a file), over a connection of
the settings, and writes them to a dataset that later steps load. Rows stream: a table larger than memory is no
problem. Values keep their exact types.

```yaml
name: load_courses
frequency: daily
load_time: 01:00

steps:
-   step_type: extract-rds
    host_name: school
    sql: |
        SELECT id, slug, title, created_at
        FROM courses
        WHERE id > 0;

-   step_type: create-load
    table_definition: tables/staging.courses.sql
```
"""
    properties: ClassVar[type[ExtractRdsProperties]] = ExtractRdsProperties

    @classmethod
    def subject(cls, properties: ExtractRdsProperties) -> str | None:
        """Return the table's name, or that of the query's file without its ending."""
        if properties.table is not None:
            return None if "{" in properties.table else properties.table.strip('"`')
        return stem(properties.script) if properties.script else None

    @classmethod
    def output_nodes(cls, properties: ExtractRdsProperties, step: str) -> tuple[str, ...]:
        """Return the step's own name."""
        return (step,)

    @classmethod
    def lower(cls, properties: ExtractRdsProperties, context: LoweringContext) -> Extract | None:
        """Return the query on the connection."""
        warn_output_path(properties.output_path, context)
        alias = properties.host_name or properties.connection or ""
        connection_type = context.connection(alias, of="host_name" if properties.host_name else "connection")
        if properties.table is not None:
            query: str | None = f"SELECT * FROM {source_table(properties.table, connection_type or '')}"
        else:
            query = query_of(properties.sql, properties.script, text_property="sql", context=context)
        if connection_type is None or query is None:
            return None
        return Extract(
            connection=alias,
            database=properties.database,
            query=query,
            output=DatasetRef(context.step, context.step),
            splits=properties.splits,
        )
