"""The step type `extract-mysql`."""

from typing import ClassVar

from dataduct.steps.connections import MYSQL_TYPES
from dataduct.steps.extracting import DatabaseExtract


class ExtractMysql(DatabaseExtract):
    """Read rows of a MySQL or MariaDB database."""

    step_type: ClassVar[str] = "extract-mysql"
    summary: ClassVar[str] = (
        "Read a table, or the rows of a SELECT, from a MySQL or MariaDB database into a dataset."
    )
    documentation: ClassVar[str] = """\
Does what `extract-rds` does, over a connection to MySQL or MariaDB. Without `host_name` it reads
the only such connection of the settings.

```yaml
name: load_courses
frequency: daily
load_time: 01:00

steps:
-   step_type: extract-mysql
    sql: SELECT id, slug, title, created_at FROM courses

-   step_type: create-load
    table_definition: tables/staging.courses.sql
```
"""

    @classmethod
    def connection_types(cls) -> tuple[str, ...]:
        """Return the types of connections to MySQL or MariaDB."""
        return MYSQL_TYPES
