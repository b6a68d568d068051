"""How an existing table differs from its definition."""

from collections.abc import Sequence

from dataduct.errors import ProblemsError
from dataduct.model.table import Column, ColumnType, TableDefinition
from dataduct.sql.dialect import Dialect
from dataduct.sql.type_grammar import parse_column_type


def differences(existing: Sequence[Column], definition: TableDefinition, dialect: Dialect) -> tuple[str, ...]:
    """Return a sentence for each difference between an existing table's columns and its definition's.

    Names are compared without case. Types are compared as the warehouse stores them: on DuckDB, which keeps no length
    of a text itself, a `VARCHAR` without a length equals `VARCHAR(20)`, and one that a CHECK limits does not equal
    another length. NOT NULL, defaults and keys are not compared. The order is looked at if no column is missing or
    extra.

    Args:
        existing: The existing table's columns in order.
        definition: The table as its file defines it.
        dialect: The warehouse's SQL.
    """
    found = {column.name.casefold(): column for column in existing}
    wanted = {column.name.casefold(): column for column in definition.columns}
    missing = [column for name, column in wanted.items() if name not in found]
    extra = [column for name, column in found.items() if name not in wanted]
    sentences = [
        *(f"column `{column.name}` {column.type} is missing" for column in missing),
        *(f"column `{column.name}` {column.type} is not in the definition" for column in extra),
    ]
    for name, column in wanted.items():
        if name in found and _differ(found[name].type, column.type, dialect):
            sentences.append(
                f"column `{column.name}` is {found[name].type}, and the definition says {column.type}"
            )
    if not missing and not extra and list(found) != list(wanted):
        sentences.append(
            f"the columns stand in the order {', '.join(found)}, and the definition says {', '.join(wanted)}"
        )
    return tuple(sentences)


def _differ(existing: ColumnType, wanted: ColumnType, dialect: Dialect) -> bool:
    limited = existing.name == wanted.name and len(existing.arguments) == len(wanted.arguments) == 1
    return _stored(existing, dialect) != _stored(wanted, dialect) or (
        limited and existing.name in ("VARCHAR", "CHAR") and existing.arguments != wanted.arguments
    )


def _stored(column_type: ColumnType, dialect: Dialect) -> str:
    try:
        column_type = parse_column_type(str(column_type))
    except ProblemsError:
        return str(column_type)
    return dialect.stored_type(column_type)
