"""The step type `create-update-sql`."""

from typing import ClassVar

from pydantic import Field

from dataduct.model.operations import RunSql
from dataduct.sql.dialect import DIALECTS
from dataduct.sql.queries import analyze
from dataduct.sql.statements import strip_transaction
from dataduct.steps.amazon import PhantomOutputProperties
from dataduct.steps.arguments import sql_parameters
from dataduct.steps.base import Chaining, Step, Text
from dataduct.steps.commands import stem
from dataduct.steps.context import LoweringContext
from dataduct.steps.queries import tables_read_by, tables_written_by
from dataduct.steps.scripts import ScriptProperties, as_operations, placeholders_agree, script_statements


class CreateUpdateSqlProperties(ScriptProperties, PhantomOutputProperties):
    """The table the script is about, and the script."""

    table_definition: Text = Field(
        description="File with the CREATE TABLE statement of the table that the script updates.",
        examples=["tables/prod.courses.sql"],
    )
    analyze_table: bool = Field(
        True, description="Whether the table's statistics are brought up to date afterwards."
    )
    non_transactional: bool = Field(
        False,
        description="Whether each statement is committed on its own. By default all of the script happens or nothing.",
    )


class CreateUpdateSql(Step[CreateUpdateSqlProperties]):
    """Create a table if it is missing and run a script that updates it."""

    step_type: ClassVar[str] = "create-update-sql"
    summary: ClassVar[str] = "Create a table if it is missing and run a SQL script that updates it."
    documentation: ClassVar[str] = """\
Creates the table that `table_definition` defines if it is missing and runs a script, all in one transaction. BEGIN and
COMMIT in the script are dropped.

The step runs after the step before it, whose dataset it does not read, and waits for earlier steps that write the
tables it reads or writes.

```yaml
name: count_courses
frequency: daily
load_time: 01:00

steps:
-   step_type: create-update-sql
    table_definition: tables/prod.courses.sql
    command: |
        DELETE FROM prod.courses WHERE course_id < %s;
        INSERT INTO prod.courses
        SELECT course_id, slug, title, created_at FROM staging.courses WHERE course_id < %s;
    script_arguments:
    -   100
    -   100
```
"""
    properties: ClassVar[type[CreateUpdateSqlProperties]] = CreateUpdateSqlProperties
    chaining: ClassVar[Chaining] = Chaining.DEPENDENCY

    @classmethod
    def subject(cls, properties: CreateUpdateSqlProperties) -> str | None:
        """Return the name of the table's definition file."""
        return stem(properties.table_definition)

    @classmethod
    def lower(cls, properties: CreateUpdateSqlProperties, context: LoweringContext) -> RunSql | None:
        """Return the script, with the table to create first."""
        definition = context.table_definition(properties.table_definition, of="table_definition")
        statements = script_statements(properties.command, properties.script, context)
        if definition is None or statements is None:
            return None
        statements = strip_transaction(statements)
        parameters = sql_parameters(properties.script_arguments, context)
        if not placeholders_agree(as_operations(statements), parameters, context):
            return None
        text = ";\n".join(statements)
        written = tables_written_by(text, context)
        dialect = DIALECTS[context.dialect]
        return RunSql(
            statements=as_operations(statements),
            creates=(definition,),
            table=definition.name,
            reads=tables_read_by(text, context),
            writes=tuple(dict.fromkeys((definition.name, *written))),
            parameters=parameters,
            in_transaction=not properties.non_transactional,
            after_commit=analyze(definition.name, dialect) if properties.analyze_table else (),
        )
