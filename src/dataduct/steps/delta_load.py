"""The step type `delta-load`."""

from functools import partial
from typing import ClassVar

from pydantic import Field

from dataduct.model.operations import RunSql
from dataduct.sql.upsert import delta_load
from dataduct.steps.base import Chaining, Step, Text
from dataduct.steps.commands import stem
from dataduct.steps.context import LoweringContext
from dataduct.steps.merging import MergeProperties, read_merge, run_merge


class DeltaLoadProperties(MergeProperties):
    """What is put where, and how far back the source is read."""

    date_column: Text = Field(
        description="Column of the destination, a DATE or TIMESTAMP, that says how new a row is.",
        examples=["created_at"],
    )
    window: int = Field(
        0,
        ge=0,
        description="Days before the destination's newest row from which rows are taken again.",
        examples=[3],
    )
    delete_existing: bool = Field(
        False, description="Whether all old rows go, not only those that are replaced."
    )


class DeltaLoad(Step[DeltaLoadProperties]):
    """Upsert the newest rows."""

    step_type: ClassVar[str] = "delta-load"
    summary: ClassVar[str] = (
        "Upsert only the rows that are newer than the destination's newest, or nearly so."
    )
    documentation: ClassVar[str] = """\
Does what `upsert` does, with only those rows of the source whose `date_column` is at least the greatest one in the
destination, less `window` days. All rows are taken if the destination is empty.

```yaml
name: add_courses
frequency: daily
load_time: 01:00

steps:
-   step_type: extract-local
    path: data/courses.tsv

-   step_type: create-load
    table_definition: tables/staging.courses.sql

-   step_type: delta-load
    source: tables/staging.courses.sql
    destination: tables/prod.courses.sql
    date_column: created_at
    window: 3
```
"""
    properties: ClassVar[type[DeltaLoadProperties]] = DeltaLoadProperties
    chaining: ClassVar[Chaining] = Chaining.DEPENDENCY

    @classmethod
    def subject(cls, properties: DeltaLoadProperties) -> str | None:
        """Return the name of the destination's definition file."""
        return stem(properties.destination)

    @classmethod
    def lower(cls, properties: DeltaLoadProperties, context: LoweringContext) -> RunSql | None:
        """Return the script of the upsert with the newest rows."""
        merge = read_merge(properties, context)
        if merge is None:
            return None
        script = partial(
            delta_load,
            date_column=properties.date_column,
            window=properties.window,
            enforce_primary_key=properties.enforce_primary_key,
            delete_existing=properties.delete_existing,
            dedupe_by=properties.dedupe_by,
        )
        return run_merge(properties, context, merge, script)
