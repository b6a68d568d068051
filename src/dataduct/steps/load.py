"""The step type `load`."""

from typing import ClassVar, Literal

from pydantic import Field

from dataduct.model.operations import LoadTable
from dataduct.steps.base import Chaining, Step, Text
from dataduct.steps.context import LoweringContext
from dataduct.steps.loading import (
    INSERT_MODE_DESCRIPTION,
    InsertMode,
    WarehouseLoadProperties,
    check_copy_options,
    file_format,
    load_mode,
)
from dataduct.steps.tables import plain_table_name, table_subject


class LoadStepProperties(WarehouseLoadProperties):
    """The existing table to load."""

    table_schema: Text = Field(alias="schema", description="Schema of the table.", examples=["staging"])
    table: Text = Field(description="Name of the table, without its schema.", examples=["courses"])
    insert_mode: InsertMode = Field("TRUNCATE", description=INSERT_MODE_DESCRIPTION)
    compression: Literal["gzip", "bzip2", "zstd", "lzo", "none"] | None = Field(
        None,
        description="Compression of the files. Here their ending says it (`.gz`, `.bz2`, `.zst`); `lzo` is refused.",
        examples=["gzip"],
    )


class Load(Step[LoadStepProperties]):
    """Load files into a table that exists."""

    step_type: ClassVar[str] = "load"
    aliases: ClassVar[tuple[str, ...]] = ("load-redshift",)
    summary: ClassVar[str] = "Load a dataset into a table that exists, in one transaction."
    documentation: ClassVar[str] = """\
Loads the dataset of the step before it, or the one that `input_node` names, into a table that exists already. To have
the table created from its definition use `create-load`.

```yaml
name: load_courses
frequency: daily
load_time: 01:00

steps:
-   step_type: extract-local
    path: data/courses.tsv

-   step_type: load
    schema: staging
    table: courses
    insert_mode: APPEND
```

`load-redshift` is the same step type under its first name.
"""
    properties: ClassVar[type[LoadStepProperties]] = LoadStepProperties
    chaining: ClassVar[Chaining] = Chaining.INPUT

    @classmethod
    def subject(cls, properties: LoadStepProperties) -> str | None:
        """Return `schema.table`."""
        return table_subject(properties.table_schema, properties.table)

    @classmethod
    def lower(cls, properties: LoadStepProperties, context: LoweringContext) -> LoadTable | None:
        """Return the load of every input into the table."""
        table = plain_table_name(properties.table_schema, properties.table, context)
        if properties.compression == "lzo":
            context.report(
                "DD208",
                "files compressed with lzo cannot be read here",
                of="compression",
                hint="compress them with gzip, bzip2 or zstd, so that their names end in `.gz`, `.bz2` or `.zst`",
            )
            return None
        options = file_format(properties)
        if table is None or not check_copy_options(options, context):
            return None
        return LoadTable(
            inputs=tuple(dataset for dataset, _ in context.inputs),
            table=table,
            mode=load_mode(properties.insert_mode),
            match_columns=properties.match_columns,
            file_format=options,
        )
