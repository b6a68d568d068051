"""Entity diagrams: tables with their columns and keys, and how they refer to each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from dataduct.database.relations import Relation, View
from dataduct.model.table import Column, ForeignKey, TableDefinition, TableName

EntityPicture = Literal["svg", "png", "mermaid"]


@dataclass(frozen=True, slots=True)
class Relationship:
    """A foreign key as a line between two entities.

    Attributes:
        parent: The table referred to.
        child: The table with the foreign key.
        column: The first column of the foreign key, and `target` that of the parent it refers to, if it is known.
        optional: Whether a row of the child may do without a parent.
        unique: Whether a row of the parent has at most one row of the child.
    """

    parent: TableName
    child: TableName
    column: str
    target: str | None
    columns: tuple[str, ...]
    optional: bool
    unique: bool


def draw_relations(relations: Sequence[Relation], picture: EntityPicture) -> bytes:
    """Return the picture of tables and views; Mermaid as UTF-8."""
    if picture == "mermaid":
        from dataduct.database.mermaid import entity_mermaid

        return entity_mermaid(relations).encode()
    from dataduct.database.entity_graph import entity_graph

    return entity_graph(relations, picture)


def relationships(tables: Sequence[TableDefinition]) -> Iterator[Relationship]:
    """Yield the foreign keys of the tables, in their order."""
    definitions = {table.name: table for table in tables}
    for table in tables:
        nullable = {column.name for column in table.columns if column.nullable}
        for key in table.foreign_keys:
            references = _references(key, definitions.get(key.table))
            yield Relationship(
                parent=key.table,
                child=table.name,
                column=key.columns[0],
                target=references[0] if references else None,
                columns=key.columns,
                optional=any(column in nullable for column in key.columns),
                unique=is_unique(table, key.columns),
            )


def tables_of(relations: Sequence[Relation]) -> list[TableDefinition]:
    """Return the tables among the relations."""
    return [each for each in relations if isinstance(each, TableDefinition)]


def views_of(relations: Sequence[Relation]) -> list[View]:
    """Return the views among the relations."""
    return [each for each in relations if isinstance(each, View)]


def outside(relations: Sequence[Relation]) -> list[TableName]:
    """Return the relations that are referred to or read and have no file, in the order they are met."""
    known = {each.name for each in relations}
    met = [key.table for table in tables_of(relations) for key in table.foreign_keys]
    met += [table for view in views_of(relations) for table in view.reads]
    return [name for name in dict.fromkeys(met) if name not in known]


def is_unique(table: TableDefinition, columns: tuple[str, ...]) -> bool:
    """Return whether no two rows have the same values of these columns."""
    sets = [set(table.primary_key), *map(set, table.unique)]
    sets += [{column.name} for column in table.columns if column.unique]
    return any(each and each <= set(columns) for each in sets)


def key_marks(table: TableDefinition, column: Column) -> list[str]:
    """Return which keys a column is in: `PK`, `FK`, `UK`."""
    marks = []
    if column.name in table.primary_key:
        marks.append("PK")
    if any(column.name in key.columns for key in table.foreign_keys):
        marks.append("FK")
    if column.unique or any(column.name in columns for columns in table.unique):
        marks.append("UK")
    return marks


def escaped(text: str) -> str:
    """Return a text for a label that is read as HTML."""
    return escape(text, quote=True)


def _references(key: ForeignKey, parent: TableDefinition | None) -> tuple[str, ...]:
    """Return the columns a foreign key refers to; the parent's primary key where it names none."""
    return key.references or (parent.primary_key if parent is not None else ())
