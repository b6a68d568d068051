"""The step type `extract-rds`."""

from typing import ClassVar

from dataduct.steps.extracting import DatabaseExtract


class ExtractRds(DatabaseExtract):
    """Read rows of a source database of any kind."""

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

    @classmethod
    def connection_types(cls) -> tuple[str, ...]:
        """Return nothing: every kind of database is read."""
        return ()
