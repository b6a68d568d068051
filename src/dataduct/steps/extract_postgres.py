"""The step type `extract-postgres`."""

from typing import ClassVar

from dataduct.steps.connections import POSTGRES_TYPES
from dataduct.steps.extracting import DatabaseExtract


class ExtractPostgres(DatabaseExtract):
    """Read rows of a PostgreSQL database."""

    step_type: ClassVar[str] = "extract-postgres"
    summary: ClassVar[str] = (
        "Read a table, or the rows of a SELECT, from a PostgreSQL database into a dataset."
    )
    documentation: ClassVar[str] = """\
Does what `extract-rds` does, over a connection to PostgreSQL. Without `host_name` it reads the
only such connection of the settings.

```yaml
name: load_courses
frequency: daily
load_time: 01:00

steps:
-   step_type: extract-postgres
    sql: SELECT id, slug, title, created_at FROM courses

-   step_type: create-load
    table_definition: tables/staging.courses.sql
```
"""

    @classmethod
    def connection_types(cls) -> tuple[str, ...]:
        """Return the types of connections to PostgreSQL."""
        return POSTGRES_TYPES
