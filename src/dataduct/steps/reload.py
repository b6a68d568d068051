"""The step type `reload`."""

from functools import partial
from typing import ClassVar

from pydantic import Field

from dataduct.model.operations import RunSql
from dataduct.sql.upsert import reload
from dataduct.steps.base import Chaining, Step, Text
from dataduct.steps.commands import stem
from dataduct.steps.context import LoweringContext
from dataduct.steps.merging import MergeProperties, read_merge, run_merge


class ReloadProperties(MergeProperties):
    """What is put where, and which rows of the source."""

    delete_existing: bool = Field(
        True, description="Accepted for files that say so; a reload always replaces all rows."
    )
    filter_clause: Text | None = Field(
        None,
        description="SQL behind the FROM of the source, for some of its rows.",
        examples=["WHERE course_id > 100"],
    )


class Reload(Step[ReloadProperties]):
    """Replace all rows of a table."""

    step_type: ClassVar[str] = "reload"
    summary: ClassVar[str] = "Replace all rows of a table by those of another table or a query."
    documentation: ClassVar[str] = """\
Does what `upsert` does, and deletes all old rows first: afterwards the destination holds the source's rows and no
others. Readers see the old rows until all the new ones are there.

```yaml
name: reload_courses
frequency: daily
load_time: 01:00

steps:
-   step_type: extract-local
    path: data/courses.tsv

-   step_type: create-load
    table_definition: tables/staging.courses.sql

-   step_type: reload
    source: tables/staging.courses.sql
    destination: tables/prod.courses.sql
```
"""
    properties: ClassVar[type[ReloadProperties]] = ReloadProperties
    chaining: ClassVar[Chaining] = Chaining.DEPENDENCY

    @classmethod
    def subject(cls, properties: ReloadProperties) -> str | None:
        """Return the name of the destination's definition file."""
        return stem(properties.destination)

    @classmethod
    def lower(cls, properties: ReloadProperties, context: LoweringContext) -> RunSql | None:
        """Return the script of the reload."""
        if not properties.delete_existing:
            context.report(
                "DD209",
                "`delete_existing: false` has no effect: a reload replaces all rows",
                of="delete_existing",
                hint="use the step type `upsert` to keep the other rows",
                severity="warning",
            )
        merge = read_merge(properties, context, properties.filter_clause)
        if merge is None:
            return None
        script = partial(
            reload, enforce_primary_key=properties.enforce_primary_key, dedupe_by=properties.dedupe_by
        )
        return run_merge(properties, context, merge, script)
