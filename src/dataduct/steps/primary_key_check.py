"""The step type `primary-key-check`."""

from typing import ClassVar

from pydantic import Field

from dataduct.model.operations import Check, PrimaryKeyComparison, RunCommand
from dataduct.steps.base import Step, Text
from dataduct.steps.checks import (
    LOG_DOCUMENTATION,
    CheckProperties,
    built_in_check,
    has_own_program,
    own_check,
)
from dataduct.steps.commands import stem
from dataduct.steps.context import LoweringContext


class PrimaryKeyCheckProperties(CheckProperties):
    """The table to check."""

    table_definition: Text = Field(
        description="File with the table's CREATE TABLE statement, which declares the primary key.",
        examples=["tables/prod.courses.sql"],
    )


class PrimaryKeyCheck(Step[PrimaryKeyCheckProperties]):
    """Check that a primary key is one."""

    step_type: ClassVar[str] = "primary-key-check"
    summary: ClassVar[str] = "Check that no primary key of a table stands twice and none is NULL."
    documentation: ClassVar[str] = f"""\
Checks the primary key that `table_definition` declares: no value stands twice and no column of it is NULL. Analytic
warehouses do not enforce primary keys, so a load can break them unseen.

The check waits for the latest earlier step of the pipeline that writes the table. If it fails, the step fails, and
the verdict shows up to ten keys that are wrong.

{LOG_DOCUMENTATION}

```yaml
name: load_courses
frequency: daily
load_time: 01:00

steps:
-   step_type: extract-local
    path: data/courses.tsv

-   step_type: create-load
    table_definition: tables/staging.courses.sql

-   step_type: primary-key-check
    table_definition: tables/staging.courses.sql
```
"""
    properties: ClassVar[type[PrimaryKeyCheckProperties]] = PrimaryKeyCheckProperties

    @classmethod
    def subject(cls, properties: PrimaryKeyCheckProperties) -> str | None:
        """Return the name of the table's definition file."""
        return stem(properties.table_definition)

    @classmethod
    def lower(
        cls, properties: PrimaryKeyCheckProperties, context: LoweringContext
    ) -> Check | RunCommand | None:
        """Return the check of the declared key, or the user's own program."""
        definition = context.table_definition(properties.table_definition, of="table_definition")
        if definition is None:
            return None
        if has_own_program(properties):
            text = context.text(properties.table_definition, of="table_definition") or ""
            return own_check(properties, context, (f"--table={text.strip().rstrip(';')}",))
        if not definition.primary_key:
            context.report(
                "DD220",
                f"{definition.name} declares no primary key, so there is none to check",
                of="table_definition",
                hint="declare PRIMARY KEY in the table definition",
            )
            return None
        comparison = PrimaryKeyComparison(table=definition.name, key=definition.primary_key)
        return built_in_check(properties, context, comparison, (definition.name,))
