"""CREATE TABLE for each warehouse, from a table definition."""

from dataduct.model.operations import SqlStatement
from dataduct.model.table import Column, ForeignKey, TableDefinition, TableName
from dataduct.sql.dialect import Dialect

_LENGTH_TYPES = ("VARCHAR", "CHAR")


def create_table(
    definition: TableDefinition,
    dialect: Dialect,
    *,
    if_missing: bool = True,
    with_schema: bool = True,
    name: TableName | None = None,
) -> tuple[SqlStatement, ...]:
    """Return the statements that create a table, and its schema if it names one.

    What a warehouse cannot keep is left out: storage attributes outside Amazon Redshift, CHECK on Amazon Redshift.
    On DuckDB no key makes an index: primary key columns are NOT NULL, and uniqueness is what upserts and
    primary-key checks keep. There VARCHAR(n) and CHAR(n) get a CHECK that no text is longer than n characters,
    and IDENTITY becomes a sequence. A DEFAULT that means the current time is written as the warehouse writes it.

    Args:
        definition: The table.
        dialect: The warehouse's SQL.
        if_missing: Leave an existing table alone instead of failing on it.
        with_schema: Create the schema too. Where it is known to be there, the right to create one is not needed.
        name: What the table is called in place of the definition's name.

    Raises:
        UserError: A column's type is too wide for the warehouse (DD416).
    """
    statements: list[SqlStatement] = []
    if definition.name.schema and with_schema:
        schema = dialect.quote(definition.name.schema)
        statements.append(
            SqlStatement(text=f"CREATE SCHEMA IF NOT EXISTS {schema}", purpose="create the schema")
        )
    if dialect.identity is None:
        statements.extend(
            _sequence(definition, column, dialect) for column in definition.columns if column.identity
        )
    text = _create_text(definition, dialect, if_missing, name or definition.name)
    return (*statements, SqlStatement(text=text, purpose="create the table"))


def checked_length(column: Column, dialect: Dialect) -> int | None:
    """Return the number of characters that a CHECK of the created table allows in a column, or None."""
    if not dialect.checks_lengths or column.type.name not in _LENGTH_TYPES or not column.type.arguments:
        return None
    return column.type.arguments[0]


def _create_text(definition: TableDefinition, dialect: Dialect, if_missing: bool, name: TableName) -> str:
    elements = [_column(definition, column, dialect) for column in definition.columns]
    elements += _constraints(definition, dialect)
    temporary = "TEMPORARY " if definition.temporary else ""
    missing = "IF NOT EXISTS " if if_missing else ""
    body = ",\n    ".join(elements)
    lines = [f"CREATE {temporary}TABLE {missing}{dialect.table(name)} (\n    {body}\n)"]
    return "\n".join(lines + (_storage(definition, dialect) if dialect.keeps_storage else []))


def _column(definition: TableDefinition, column: Column, dialect: Dialect) -> str:
    parts = [dialect.quote(column.name), dialect.column_type(column.type)]
    if column.identity and dialect.identity:
        parts.append(dialect.identity.format(*column.identity))
    elif column.identity:
        sequence = dialect.literal(dialect.table(sequence_name(definition, column)))
        parts.append(f"DEFAULT nextval({sequence})")
    elif column.default is not None:
        parts.append(f"DEFAULT {_default(column.default, dialect)}")
    if column.encoding and dialect.keeps_storage:
        parts.append(f"ENCODE {column.encoding}")
    if not column.nullable:
        parts.append("NOT NULL")
    if column.unique and dialect.keeps_keys:
        parts.append("UNIQUE")
    return " ".join(parts)


def _default(expression: str, dialect: Dialect) -> str:
    folded = "".join(expression.lower().split())
    return dialect.current_timestamp if folded in dialect.now_expressions else expression


def _constraints(definition: TableDefinition, dialect: Dialect) -> list[str]:
    constraints: list[str] = []
    if dialect.keeps_keys:
        if definition.primary_key:
            constraints.append(f"PRIMARY KEY ({dialect.names(definition.primary_key)})")
        constraints += [f"UNIQUE ({dialect.names(columns)})" for columns in definition.unique]
        constraints += [_foreign_key(key, dialect) for key in definition.foreign_keys]
    constraints += [
        f"CHECK (length({dialect.quote(column.name)}) <= {length})"
        for column in definition.columns
        if (length := checked_length(column, dialect)) is not None
    ]
    if dialect.keeps_checks:
        constraints += [f"CHECK ({check})" for check in definition.checks]
    return constraints


def _foreign_key(key: ForeignKey, dialect: Dialect) -> str:
    references = f" ({dialect.names(key.references)})" if key.references else ""
    return f"FOREIGN KEY ({dialect.names(key.columns)}) REFERENCES {dialect.table(key.table)}{references}"


def _storage(definition: TableDefinition, dialect: Dialect) -> list[str]:
    lines: list[str] = []
    if not definition.backup:
        lines.append("BACKUP NO")
    if definition.distribution_style:
        lines.append(f"DISTSTYLE {definition.distribution_style}")
    if definition.distribution_key:
        lines.append(f"DISTKEY ({dialect.quote(definition.distribution_key)})")
    if definition.sort_style == "AUTO":
        lines.append("SORTKEY AUTO")
    elif definition.sort_key:
        style = f"{definition.sort_style} " if definition.sort_style else ""
        lines.append(f"{style}SORTKEY ({dialect.names(definition.sort_key)})")
    return lines


def sequence_name(definition: TableDefinition, column: Column) -> TableName:
    """Return the name of the sequence that stands for an IDENTITY column where a warehouse has none."""
    return TableName(f"{definition.name.name}_{column.name}_seq", definition.name.schema)


def _sequence(definition: TableDefinition, column: Column, dialect: Dialect) -> SqlStatement:
    seed, step = column.identity or (1, 1)
    name = dialect.table(sequence_name(definition, column))
    temporary = "TEMPORARY " if definition.temporary else ""
    bounds = f" MINVALUE {min(seed, 1)}" if step > 0 else f" MAXVALUE {max(seed, -1)}"
    return SqlStatement(
        text=f"CREATE {temporary}SEQUENCE IF NOT EXISTS {name} START WITH {seed} INCREMENT BY {step}{bounds}",
        purpose=f"create the sequence of column {column.name}",
    )
