"""SQL scripts of the user's, as the statements of an operation."""

import re
from collections.abc import Sequence
from dataclasses import replace

from pydantic import Field, model_validator

from dataduct.errors import UserError
from dataduct.model.operations import SqlParameter, SqlStatement
from dataduct.sql.dialect import DIALECTS
from dataduct.sql.parameters import substitute
from dataduct.sql.statements import strip_transaction
from dataduct.sql.tokens import tokenize
from dataduct.steps.amazon import AmazonProperties
from dataduct.steps.arguments import SqlArguments
from dataduct.steps.base import Text
from dataduct.steps.choices import require_one
from dataduct.steps.context import LoweringContext
from dataduct.steps.queries import statements_in

_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|#\{.*?\}", re.DOTALL)


class ScriptProperties(AmazonProperties):
    """A SQL script, written out or in a file."""

    command: Text | None = Field(
        None,
        description="The SQL script: one statement or several with semicolons between them.",
        examples=["DELETE FROM prod.courses WHERE slug IS NULL"],
    )
    script: Text | None = Field(
        None, description="File with the SQL script.", examples=["sql/update_courses.sql"]
    )
    script_arguments: SqlArguments | None = Field(
        None,
        description="Values for the `%s` of the script, in order. With values given, `%%` stands for a percent sign.",
        examples=[[4, "math"]],
    )

    @model_validator(mode="after")
    def _one_script(self) -> "ScriptProperties":
        require_one(self, "command", "script")
        return self


def script_statements(
    command: str | None, script: str | None, context: LoweringContext
) -> tuple[str, ...] | None:
    """Return the statements of the script in `command` or in the file that `script` names.

    Returns:
        At least one statement, or None after reporting a script that is missing, wrong or empty (DD215).
    """
    of = "command" if command is not None else "script"
    source = context.source(script, of="script") if command is None and script is not None else None
    text = command if command is not None else (source.text if source else None)
    statements = statements_in(text, of=of, context=context, source=source) if text is not None else None
    if statements is not None and not strip_transaction(statements):
        context.report("DD215", f"`{of}` holds no statement", of=of, expected="a SQL script")
        return None
    return statements


def placeholders_agree(
    statements: Sequence[SqlStatement], parameters: tuple[SqlParameter, ...], context: LoweringContext
) -> bool:
    """Return whether the statements take as many parameters as there are; report DD430 or DD431 otherwise.

    Without parameters a `%` stands for itself and nothing is counted. Templates are rendered before parameters are
    put in, so what stands in them does not count.
    """
    plain = [replace(statement, text=_TEMPLATE.sub("", statement.text)) for statement in statements]
    try:
        substitute(plain, parameters, DIALECTS[context.dialect])
    except UserError as error:
        context.report(error.code, error.message, of="script_arguments", hint=error.hint)
        return False
    return True


def with_percent_placeholders(statement: str) -> str:
    """Return `statement` with `%s` for each `?` placeholder, as Amazon Data Pipeline's SqlActivity has them."""
    tokens = tokenize(statement)
    if not any(token.kind == "operator" and token.text == "?" for token in tokens):
        return statement
    return "".join(
        "%s" if token.kind == "operator" and token.text == "?" else token.text.replace("%", "%%")
        for token in tokens
    )


def as_operations(statements: Sequence[str]) -> tuple[SqlStatement, ...]:
    """Return statements of the user's, which have no purpose of ours."""
    return tuple(SqlStatement(text=statement) for statement in statements)
