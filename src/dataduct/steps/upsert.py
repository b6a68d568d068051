"""The step type `upsert`."""

from functools import partial
from typing import ClassVar

from pydantic import Field

from dataduct.model.operations import RunSql
from dataduct.sql.upsert import upsert
from dataduct.steps.base import Chaining, Step, Text
from dataduct.steps.commands import stem
from dataduct.steps.context import LoweringContext
from dataduct.steps.merging import MergeProperties, read_merge, run_merge


class UpsertProperties(MergeProperties):
    """What is put where, and which rows of the source."""

    delete_existing: bool = Field(
        False, description="Whether all old rows go, not only those that are replaced: see `reload`."
    )
    filter_clause: Text | None = Field(
        None,
        description="SQL behind the FROM of the source, for some of its rows.",
        examples=["WHERE course_id > 100"],
    )


class Upsert(Step[UpsertProperties]):
    """Put new rows in place of the old ones of the same primary key."""

    step_type: ClassVar[str] = "upsert"
    summary: ClassVar[str] = (
        "Put the rows of a table or query into a table, in place of rows of equal primary key."
    )
    documentation: ClassVar[str] = """\
Takes the rows of the table that `source` defines, or of a SELECT (`sql`, or `script` for one in a file), and puts them
into the table that `destination` defines. A row replaces the row of the same primary key, or is added if there is none.
The destination is created if it is missing. All of it happens in one transaction.

Of several new rows with the same primary key one is kept: the one with the greatest value in `dedupe_by`, or else the
one that sorts last by its other columns. The choice never depends on the order in which rows are read.

With `history` every version of each row is kept too, in a table that says from when to when it was so.

The step runs after the step before it, whose dataset it does not read, and waits for earlier steps that write the
tables it reads.

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

-   step_type: upsert
    source: tables/staging.courses.sql
    destination: tables/prod.courses.sql
    history: tables/prod.courses_history.sql
    dedupe_by: created_at
```
"""
    properties: ClassVar[type[UpsertProperties]] = UpsertProperties
    chaining: ClassVar[Chaining] = Chaining.DEPENDENCY

    @classmethod
    def subject(cls, properties: UpsertProperties) -> str | None:
        """Return the name of the destination's definition file."""
        return stem(properties.destination)

    @classmethod
    def lower(cls, properties: UpsertProperties, context: LoweringContext) -> RunSql | None:
        """Return the script of the upsert."""
        merge = read_merge(properties, context, properties.filter_clause)
        if merge is None:
            return None
        script = partial(
            upsert,
            enforce_primary_key=properties.enforce_primary_key,
            delete_existing=properties.delete_existing,
            dedupe_by=properties.dedupe_by,
        )
        return run_merge(properties, context, merge, script)
