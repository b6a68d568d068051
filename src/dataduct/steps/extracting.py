"""What the steps that read a source database have in common."""

from abc import abstractmethod
from typing import ClassVar

from pydantic import Field, model_validator

from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import Extract
from dataduct.steps.amazon import AmazonProperties
from dataduct.steps.base import Names, Step, Text
from dataduct.steps.choices import require_one
from dataduct.steps.commands import stem
from dataduct.steps.connections import chosen_connection
from dataduct.steps.context import LoweringContext
from dataduct.steps.files import OutputPath
from dataduct.steps.queries import query_of, source_table


class DatabaseExtractProperties(AmazonProperties):
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
        1,
        ge=1,
        le=64,
        description="Number of partitions that are read at the same time, each over a connection of its own, all of "
        "one snapshot.",
        examples=[4],
    )
    split_by: Text | None = Field(
        None,
        description="Integer, date or timestamp column of the query whose range is cut into `splits`. By default the "
        "primary key of the one table that is read.",
        examples=["id"],
    )
    allow_lossy: Names | None = Field(
        None,
        description="Columns in which a value that has no exact form in a dataset (a zero date, NaN in a NUMERIC) is "
        "read as NULL. Elsewhere such a value is an error. `dataduct plan --types` shows which columns can have one.",
        examples=[["birthday"]],
    )
    output_path: OutputPath = None

    @model_validator(mode="after")
    def _one_of_each(self) -> "DatabaseExtractProperties":
        require_one(self, "table", "sql", "script")
        return self


class DatabaseExtract(Step[DatabaseExtractProperties]):
    """Read rows of a source database."""

    properties: ClassVar[type[DatabaseExtractProperties]] = DatabaseExtractProperties

    @classmethod
    @abstractmethod
    def connection_types(cls) -> tuple[str, ...]:
        """Return the types of connections that the step reads; empty if it reads any."""

    @classmethod
    def subject(cls, properties: DatabaseExtractProperties) -> str | None:
        """Return the table's name, or that of the query's file without its ending."""
        if properties.table is not None:
            return None if "{" in properties.table else properties.table.strip('"`')
        return stem(properties.script) if properties.script else None

    @classmethod
    def output_nodes(cls, properties: DatabaseExtractProperties, step: str) -> tuple[str, ...]:
        """Return the step's own name."""
        return (step,)

    @classmethod
    def lower(cls, properties: DatabaseExtractProperties, context: LoweringContext) -> Extract | None:
        """Return the query on the connection."""
        connection = chosen_connection(
            properties.host_name, properties.connection, types=cls.connection_types(), context=context
        )
        if properties.table is not None:
            kind = connection.type if connection else ""
            query: str | None = f"SELECT * FROM {source_table(properties.table, kind)}"
        else:
            query = query_of(properties.sql, properties.script, text_property="sql", context=context)
        if connection is None or query is None:
            return None
        return Extract(
            connection=connection.alias,
            database=properties.database,
            query=query,
            output=DatasetRef(context.step, context.step),
            splits=properties.splits,
            split_by=properties.split_by,
            allow_lossy=tuple(properties.allow_lossy or ()),
        )
