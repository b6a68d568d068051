"""What a warehouse has of the tables and views that files define, and how far that differs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from dataduct.database.relations import Relation, View
from dataduct.model.table import Column, TableDefinition, TableName
from dataduct.sql.comparison import differences
from dataduct.sql.dialect import Dialect

RelationKind = Literal["table", "view", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Existing:
    """A relation of a warehouse.

    Attributes:
        kind: `other` is something that is neither, such as a materialized view.
        rows: The rows of a table; None if they were not counted.
        next_values: What the next row's value of each IDENTITY column has to be at least (at most, where it counts
            down), by column.
    """

    name: TableName
    kind: RelationKind
    columns: tuple[Column, ...]
    rows: int | None = None
    next_values: Mapping[str, int] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[RelationKind, tuple[Column, ...]]:
        """What it is, whatever rows it has."""
        return self.kind, self.columns


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseState:
    """What a warehouse has.

    Attributes:
        relations: Those of the relations looked for that exist.
        schemas: Those of their schemas that exist.
        has_loads: Whether the warehouse keeps a table of loads.
    """

    relations: Mapping[TableName, Existing]
    schemas: frozenset[str] = frozenset()
    has_loads: bool = False


def conflicts(relation: Relation, existing: Existing, dialect: Dialect) -> tuple[str, ...]:
    """Return a sentence for each thing in which an existing relation is another than its file says.

    Names, types, order and NOT NULL of the columns are compared; keys, defaults and a view's query are not.
    """
    wanted = "view" if isinstance(relation, View) else "table"
    if existing.kind != wanted:
        what = {"table": "a table", "view": "a view", "other": "neither a table nor a view"}[existing.kind]
        return (f"it is {what}, and its file defines a {wanted}",)
    if isinstance(relation, View):
        return ()
    found = differences(existing.columns, relation, dialect)
    return found or tuple(_nullability(existing, relation))


def _nullability(existing: Existing, table: TableDefinition) -> list[str]:
    wanted = {column.name.casefold(): column.nullable for column in table.columns}
    sentences = []
    for column in existing.columns:
        nullable = wanted.get(column.name.casefold(), column.nullable)
        if nullable and not column.nullable:
            sentences.append(f"column `{column.name}` is NOT NULL, and the definition lets it be NULL")
        elif column.nullable and not nullable:
            sentences.append(f"column `{column.name}` may be NULL, and the definition says NOT NULL")
    return sentences
