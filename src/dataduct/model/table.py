"""Tables as a CREATE TABLE statement defines them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class TableName:
    """A table's name, with the schema it stands in when one was written.

    Names are kept as the database folds them: unquoted ones in lower case, quoted ones as written.
    """

    name: str
    schema: str | None = None

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A column's type in the field's standard spelling: an upper-case name and its arguments.

    `VARCHAR(20)` is `ColumnType("VARCHAR", (20,))`. Synonyms are folded (`INT4`, `INT` → `INTEGER`; `CHARACTER
    VARYING` → `VARCHAR`; `TIMESTAMPTZ` → `TIMESTAMP WITH TIME ZONE`); `VARCHAR(MAX)` is `VARCHAR(65535)`,
    as Amazon Redshift reads it.
    """

    name: str
    arguments: tuple[int, ...] = ()

    def __str__(self) -> str:
        if not self.arguments:
            return self.name
        return f"{self.name}({','.join(map(str, self.arguments))})"


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns that refer to another table's columns (empty: to its primary key)."""

    columns: tuple[str, ...]
    table: TableName
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table definition.

    Attributes:
        default: The DEFAULT expression as SQL text, or None.
        identity: (seed, step) of an IDENTITY column, or None.
        encoding: Amazon Redshift's ENCODE, or None. Other warehouses ignore it.
    """

    name: str
    type: ColumnType
    nullable: bool = True
    default: str | None = None
    identity: tuple[int, int] | None = None
    unique: bool = False
    encoding: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDefinition:
    """A table as its definition file says it, in no warehouse's dialect.

    Attributes:
        primary_key: Column names in the order declared; empty if none is declared. Its columns are not nullable.
        checks: CHECK expressions as SQL text.
        distribution_style: Amazon Redshift's DISTSTYLE (`ALL`, `EVEN`, `KEY`, `AUTO`), or None.
        distribution_key: Amazon Redshift's DISTKEY column, or None.
        sort_key: Amazon Redshift's SORTKEY columns in the order declared.
        sort_style: `COMPOUND`, `INTERLEAVED`, `AUTO`, or None.
        source: The file it was read from, or None.
    """

    name: TableName
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[str, ...] = ()
    temporary: bool = False
    distribution_style: str | None = None
    distribution_key: str | None = None
    sort_key: tuple[str, ...] = ()
    sort_style: str | None = None
    backup: bool = True
    source: str | None = None

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)
