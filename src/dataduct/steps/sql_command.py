"""The step type `sql-command`."""

from typing import ClassVar

from pydantic import Field

from dataduct.model.operations import RunSql, SqlStatement
from dataduct.sql.statements import strip_transaction
from dataduct.steps.arguments import sql_parameters
from dataduct.steps.base import Step, Text
from dataduct.steps.commands import stem
from dataduct.steps.context import LoweringContext
from dataduct.steps.queries import tables_read_by, tables_written_by
from dataduct.steps.scripts import (
    ScriptProperties,
    as_operations,
    placeholders_agree,
    script_statements,
    with_percent_placeholders,
)


class SqlCommandProperties(ScriptProperties):
    """The script and how it is committed."""

    wrap_transaction: bool = Field(
        True,
        description="Whether the script is one transaction: all of it happens or nothing. Otherwise each statement is "
        "committed on its own.",
    )
    queue: Text | None = Field(
        None,
        description="Query group of Amazon Redshift that the script runs in, which leads to a queue. Other warehouses "
        "have none.",
        examples=["etl"],
    )


class SqlCommand(Step[SqlCommandProperties]):
    """Run a SQL script on the warehouse."""

    step_type: ClassVar[str] = "sql-command"
    summary: ClassVar[str] = "Run a SQL script on the warehouse, in one transaction unless told otherwise."
    documentation: ClassVar[str] = """\
Runs a script on the warehouse. BEGIN and COMMIT around it are dropped, because the whole script is one transaction
anyway; with `wrap_transaction: false` each statement is committed on its own.

The step waits for earlier steps of the pipeline that write the tables it reads or writes.

```yaml
name: tidy_courses
frequency: daily
load_time: 01:00

steps:
-   step_type: sql-command
    command: |
        DELETE FROM prod.courses WHERE slug = %s;
        UPDATE prod.courses SET title = 'untitled' WHERE title IS NULL;
    script_arguments:
    -   draft
```
"""
    properties: ClassVar[type[SqlCommandProperties]] = SqlCommandProperties

    @classmethod
    def subject(cls, properties: SqlCommandProperties) -> str | None:
        """Return the script file's name without its ending."""
        return stem(properties.script) if properties.script else None

    @classmethod
    def lower(cls, properties: SqlCommandProperties, context: LoweringContext) -> RunSql | None:
        """Return the script with its parameters and the tables it reads and writes."""
        statements = script_statements(properties.command, properties.script, context)
        if statements is None:
            return None
        in_transaction = _in_transaction(statements, properties, context)
        statements = strip_transaction(statements)
        parameters = sql_parameters(properties.script_arguments, context)
        if parameters and not any("%s" in statement for statement in statements):
            statements = tuple(with_percent_placeholders(statement) for statement in statements)
        if in_transaction is None or not placeholders_agree(as_operations(statements), parameters, context):
            return None
        text = ";\n".join(statements)
        return RunSql(
            statements=(*_queue(properties, context, in_transaction), *as_operations(statements)),
            reads=tables_read_by(text, context),
            writes=tables_written_by(text, context),
            parameters=parameters,
            in_transaction=in_transaction,
        )


def _queue(
    properties: SqlCommandProperties, context: LoweringContext, in_transaction: bool
) -> tuple[SqlStatement, ...]:
    """Return the statement that chooses the query group until the transaction ends, where the warehouse has any."""
    if properties.queue is None or context.dialect != "redshift":
        return ()
    if not in_transaction:
        context.report(
            "DD209",
            "`queue` has no effect on a script that is no transaction",
            of="queue",
            hint="leave `wrap_transaction` out",
            severity="warning",
        )
        return ()
    group = properties.queue.replace("'", "''")
    if properties.script_arguments:
        group = group.replace("%", "%%")
    return (SqlStatement(text=f"SET LOCAL query_group TO '{group}'", purpose="choose the query queue"),)


def _in_transaction(
    statements: tuple[str, ...], properties: SqlCommandProperties, context: LoweringContext
) -> bool | None:
    """Return whether the script is one transaction, or None after reporting one that cannot be told (DD218).

    A script that begins with BEGIN and ends with COMMIT is one, whatever `wrap_transaction` says.
    """
    if properties.wrap_transaction:
        return True
    edges = [number for number, statement in enumerate(statements) if not strip_transaction([statement])]
    if not edges:
        return False
    if edges == [0, len(statements) - 1]:
        return True
    context.report(
        "DD218",
        "the script begins or ends transactions itself, and `wrap_transaction` is false",
        of="wrap_transaction",
        hint="remove BEGIN and COMMIT, or split the script into several steps",
    )
    return None
