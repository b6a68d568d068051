"""The step type `load-reload-pk`."""

from collections.abc import Iterator
from typing import ClassVar, NoReturn

from pydantic import Field

from dataduct.steps.amazon import AmazonProperties
from dataduct.steps.arguments import CommandArguments
from dataduct.steps.base import Chaining, Step, SubStep, Text
from dataduct.steps.checks import LOG_DESCRIPTION
from dataduct.steps.commands import stem
from dataduct.steps.context import LoweringContext


class LoadReloadPkProperties(AmazonProperties):
    """The staging table and the production table."""

    staging_table_definition: Text = Field(
        description="File with the staging table's CREATE TABLE statement.",
        examples=["tables/staging.courses.sql"],
    )
    production_table_definition: Text = Field(
        description="File with the production table's CREATE TABLE statement.",
        examples=["tables/prod.courses.sql"],
    )
    script_arguments: CommandArguments | None = Field(
        None,
        description="Options of the load, as `create-load` takes them.",
        examples=[["--max_error=10"]],
    )
    enforce_primary_key: bool = Field(
        True, description="Whether one row is kept of several with the same primary key."
    )
    analyze_table: bool = Field(
        True, description="Whether the production table's statistics are brought up to date afterwards."
    )
    non_transactional: bool = Field(
        False, description="Whether the statements of the reload run each on its own."
    )
    log_to_s3: bool = Field(False, description=LOG_DESCRIPTION)


class LoadReloadPk(Step[LoadReloadPkProperties]):
    """Load a staging table, reload the production table from it and check its primary key."""

    step_type: ClassVar[str] = "load-reload-pk"
    summary: ClassVar[str] = "create-load, reload and primary-key-check in one step."
    documentation: ClassVar[str] = """\
Stands for three steps, one after the other: `NAME_create_and_load` loads the dataset into the staging table,
`NAME_reload` replaces the production table's rows by the staging table's, and `NAME_primary_key_check` checks the
production table's primary key.

```yaml
name: reload_courses
frequency: daily
load_time: 01:00

steps:
-   step_type: extract-local
    path: data/courses.tsv

-   step_type: load-reload-pk
    name: courses
    staging_table_definition: tables/staging.courses.sql
    production_table_definition: tables/prod.courses.sql
```
"""
    properties: ClassVar[type[LoadReloadPkProperties]] = LoadReloadPkProperties
    chaining: ClassVar[Chaining] = Chaining.INPUT

    @classmethod
    def subject(cls, properties: LoadReloadPkProperties) -> str | None:
        """Return the name of the production table's definition file."""
        return stem(properties.production_table_definition)

    @classmethod
    def expand(cls, properties: LoadReloadPkProperties) -> Iterator[SubStep]:
        """Yield the load, the reload and the check."""
        load: dict[str, object] = {"table_definition": properties.staging_table_definition}
        if properties.script_arguments is not None:
            load["script_arguments"] = properties.script_arguments
        if properties.s3_connection is not None:
            load["s3_connection"] = properties.s3_connection
        yield SubStep("_create_and_load", "create-load", load)
        yield SubStep(
            "_reload",
            "reload",
            {
                "source": properties.staging_table_definition,
                "destination": properties.production_table_definition,
                "enforce_primary_key": properties.enforce_primary_key,
                "analyze_table": properties.analyze_table,
                "non_transactional": properties.non_transactional,
            },
        )
        yield SubStep(
            "_primary_key_check",
            "primary-key-check",
            {
                "table_definition": properties.production_table_definition,
                "log_to_s3": properties.log_to_s3,
            },
        )

    @classmethod
    def lower(cls, properties: LoadReloadPkProperties, context: LoweringContext) -> NoReturn:
        """Raise TypeError: the step expands to others, which are lowered."""
        raise TypeError(f"{cls.step_type} is not lowered itself; it expands to other steps")
