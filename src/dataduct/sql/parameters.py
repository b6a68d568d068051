"""Putting values in place of `%s`, as psycopg2 did for the original's scripts."""

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from dataduct.errors import UserError
from dataduct.model.operations import SqlParameter, SqlStatement
from dataduct.sql.dialect import Dialect

_PERCENT = re.compile(r"%(?:\([^)]*\))?.?", re.DOTALL)


def substitute(
    statements: Sequence[SqlStatement], parameters: Sequence[SqlParameter], dialect: Dialect
) -> tuple[SqlStatement, ...]:
    """Return the statements with each `%s` replaced by the next parameter's literal and each `%%` by `%`.

    Parameters are counted over the whole script; strings, quoted names and comments are no exception. A string
    becomes a quoted literal, a number stands bare, None is NULL. Without parameters nothing is replaced.

    Raises:
        UserError: There are more or fewer `%s` than parameters (DD430), another placeholder (DD431), or a number
            without a literal (DD431).
    """
    if not parameters:
        return tuple(statements)
    found = [match.group() for statement in statements for match in _PERCENT.finditer(statement.text)]
    wrong = next((placeholder for placeholder in found if placeholder not in ("%s", "%%")), None)
    if wrong is not None:
        raise UserError(
            f"`{wrong}` is no placeholder; a script with parameters takes %s only",
            code="DD431",
            hint="write %% for a percent sign",
        )
    wanted = found.count("%s")
    if wanted != len(parameters):
        raise UserError(
            f"the script has {wanted} %s and there {_are(len(parameters))}",
            code="DD430",
            hint="give one parameter for each %s, and write %% for a percent sign",
        )
    literals = iter([parameter_literal(parameter, dialect) for parameter in parameters])

    def value(match: re.Match[str]) -> str:
        return "%" if match.group() == "%%" else next(literals)

    return tuple(replace(statement, text=_PERCENT.sub(value, statement.text)) for statement in statements)


def parameter_literal(parameter: SqlParameter, dialect: Dialect) -> str:
    """Return the SQL literal of a parameter's value. Raises UserError (DD431) for infinity and not-a-number."""
    if parameter is None:
        return "NULL"
    if isinstance(parameter, bool):
        return "TRUE" if parameter else "FALSE"
    if isinstance(parameter, str):
        return dialect.literal(parameter)
    if isinstance(parameter, float) and not math.isfinite(parameter):
        raise UserError(
            f"parameter {parameter} has no SQL literal", code="DD431", hint="use None for a missing value"
        )
    return f"({parameter!r})" if parameter < 0 else repr(parameter)


def _are(count: int) -> str:
    return "is 1 parameter" if count == 1 else f"are {count} parameters"
