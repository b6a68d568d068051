"""The step type `extract-redshift`."""

from typing import ClassVar

from pydantic import Field

from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import Unload
from dataduct.sql.dialect import DIALECTS
from dataduct.steps.amazon import NO_EFFECT, AmazonProperties
from dataduct.steps.base import Step, Text
from dataduct.steps.context import LoweringContext
from dataduct.steps.files import OutputPath
from dataduct.steps.tables import plain_table_name, table_subject


class ExtractRedshiftProperties(AmazonProperties):
    """The warehouse table to read."""

    table_schema: Text = Field(alias="schema", description="Schema of the table.", examples=["prod"])
    table: Text = Field(description="Name of the table, without its schema.", examples=["courses"])
    insert_mode: str | None = Field(
        None, description=f"Insert mode of the copy. {NO_EFFECT}", examples=["TRUNCATE"]
    )
    output_path: OutputPath = None


class ExtractRedshift(Step[ExtractRedshiftProperties]):
    """Read a warehouse table into a dataset."""

    step_type: ClassVar[str] = "extract-redshift"
    aliases: ClassVar[tuple[str, ...]] = ("unload",)
    summary: ClassVar[str] = "Read a table of the warehouse into a dataset."
    documentation: ClassVar[str] = """\
Reads all rows of a warehouse table, whatever the warehouse is, and writes them to a dataset that later steps read. It
waits for earlier steps of the pipeline that write the table.

```yaml
name: export_courses
frequency: daily
load_time: 01:00

steps:
-   step_type: unload
    name: courses
    schema: prod
    table: courses

-   step_type: transform
    command: cp $INPUT1_STAGING_DIR/* $OUTPUT1_STAGING_DIR
```

`unload` is the same step type under a name that speaks of no warehouse.
"""
    properties: ClassVar[type[ExtractRedshiftProperties]] = ExtractRedshiftProperties

    @classmethod
    def subject(cls, properties: ExtractRedshiftProperties) -> str | None:
        """Return `schema.table`."""
        return table_subject(properties.table_schema, properties.table)

    @classmethod
    def output_nodes(cls, properties: ExtractRedshiftProperties, step: str) -> tuple[str, ...]:
        """Return the step's own name."""
        return (step,)

    @classmethod
    def lower(cls, properties: ExtractRedshiftProperties, context: LoweringContext) -> Unload | None:
        """Return the query for all rows of the table."""
        table = plain_table_name(properties.table_schema, properties.table, context)
        if table is None:
            return None
        return Unload(
            query=f"SELECT * FROM {DIALECTS[context.dialect].table(table)}",
            output=DatasetRef(context.step, context.step),
            reads=(table,),
        )
