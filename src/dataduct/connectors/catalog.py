"""The Catalog port: what tables a source system has, and what they are made of."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Literal

from dataduct.connectors.base import Reader, SourceColumn
from dataduct.connectors.column_names import unique_names
from dataduct.errors import DataductError, DataError, SourceError
from dataduct.model.cancellation import Cancellation

TableKind = Literal["table", "view"]
Facts = dict[str, Any]
"""One row of a query on a source system's own catalog."""


@dataclass(frozen=True, slots=True, order=True)
class CatalogName:
    """A table or view as the source system lists it.

    Attributes:
        schema: The schema it stands in; None where the source system has none.
        kind: Whether it holds rows of its own.
        estimated_rows: How many rows the source system believes it has, or None.
        comment: What its owner wrote about it, or empty.
    """

    name: str
    schema: str | None = None
    kind: TableKind = "table"
    estimated_rows: int | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class CatalogColumn:
    """A column as an extract of the whole table gives it.

    Attributes:
        name: Its name in the rows of an extract: the source's, with a number where two are equal but for case.
        described: Its type in the source and what it becomes.
        nullable: Whether it may be NULL as the source declares it.
        generated: Whether its value is computed from other columns.
        comment: What its owner wrote about it, or empty.
    """

    name: str
    described: SourceColumn
    nullable: bool = True
    generated: bool = False
    comment: str = ""


@dataclass(frozen=True, slots=True)
class CatalogForeignKey:
    """Columns that refer to another table of the source; `references` is empty where its primary key is meant."""

    columns: tuple[str, ...]
    table: str
    schema: str | None = None
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogTable:
    """A table of a source system, in the words of an extract of it."""

    listed: CatalogName
    columns: tuple[CatalogColumn, ...]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[CatalogForeignKey, ...] = ()


@dataclass(frozen=True, slots=True)
class UnreadableTable:
    """A table that is listed and cannot be extracted, and why."""

    listed: CatalogName
    reason: DataductError


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What a source system's own catalog says of one table.

    Attributes:
        columns: A row for each column that `SELECT *` gives, in order, with `name`, `nullable` (0 or 1), `generated`
            (0 or 1) and `comment`.
        primary_key: The columns of the primary key in order.
        foreign_keys: A row for each column of each foreign key, in order, with `constraint_name`, `name`,
            `other_schema`, `other_table` and `other_name`.
    """

    columns: Sequence[Facts] = ()
    primary_key: Sequence[str] = ()
    foreign_keys: Sequence[Facts] = field(default=())


class Catalog(ABC):
    """The catalog of the database that a reader is connected to; it asks the reader and nothing else.

    Classes of this kind register under the entry-point group `dataduct.connectors.catalogs`, by the name of their
    connector. Types of columns are what `Reader.describe` says of `SELECT *`, so that they are those of an extract.

    Args:
        reader: An open reader of the connector's kind, which nobody else uses meanwhile.
        schema: The schema to look in; None for the one that names without a schema mean.
    """

    def __init__(self, reader: Reader, schema: str | None = None) -> None:
        self.reader = reader
        self.schema = schema

    @abstractmethod
    def names(self, cancellation: Cancellation) -> tuple[CatalogName, ...]:
        """Return the tables and views, sorted by name.

        Raises:
            SourceError: There is no such schema (DD887), or the source refuses to say.
        """

    @abstractmethod
    def quoted(self, *parts: str) -> str:
        """Return a name of the source as its SQL writes it, each part between quotes."""

    def table_name(self, listed: CatalogName) -> str:
        """Return how a query names a table: with its schema only where one was asked for."""
        parts = (self.schema, listed.name) if self.schema is not None else (listed.name,)
        return self.quoted(*filter(None, parts))

    def read(
        self, names: Sequence[CatalogName], cancellation: Cancellation
    ) -> Iterator[CatalogTable | UnreadableTable]:
        """Yield each of the tables in the order of `names`. Raises TransientError and Interrupted."""
        facts = self.facts(names, cancellation) if names else {}
        for listed in names:
            try:
                described = self.reader.describe(f"SELECT * FROM {self.table_name(listed)}", cancellation)
            except (SourceError, DataError) as error:
                yield UnreadableTable(listed, error)
            else:
                yield _table(listed, described, facts.get(listed.name, TableFacts()))

    @abstractmethod
    def facts(self, names: Sequence[CatalogName], cancellation: Cancellation) -> dict[str, TableFacts]:
        """Return what the source's own catalog says of the tables, by name; it may hold more tables than asked for."""

    def rows(self, query: str, cancellation: Cancellation) -> list[Facts]:
        """Return the rows of a query on the source's own catalog."""
        rows: list[Facts] = self.reader.read(query, cancellation).read_all().to_pylist()
        return rows


def gathered(
    columns: Sequence[Facts], keys: Sequence[Facts], foreign_keys: Sequence[Facts]
) -> dict[str, TableFacts]:
    """Return facts by table; each row says its table as `table_name`, and its place by where it stands."""
    grouped = [_by_table(rows) for rows in (columns, keys, foreign_keys)]
    return {
        table: TableFacts(
            grouped[0][table],
            [row["name"] for row in grouped[1].get(table, ())],
            grouped[2].get(table, ()),
        )
        for table in grouped[0]
    }


def _by_table(rows: Sequence[Facts]) -> dict[str, list[Facts]]:
    found: dict[str, list[Facts]] = {}
    for row in rows:
        found.setdefault(row["table_name"], []).append(row)
    return found


def _table(listed: CatalogName, described: Sequence[SourceColumn], facts: TableFacts) -> CatalogTable:
    names = [row["name"] for row in facts.columns]
    extracted = dict(zip(names, unique_names(names), strict=True))
    by_extracted = {extracted[row["name"]]: row for row in facts.columns}
    columns = tuple(_column(column, by_extracted.get(column.name)) for column in described)
    known = {column.name for column in columns}
    key = tuple(extracted.get(name, name) for name in facts.primary_key)
    return CatalogTable(
        listed=listed,
        columns=columns,
        primary_key=key if set(key) <= known else (),
        foreign_keys=tuple(each for each in _foreign_keys(facts, extracted) if set(each.columns) <= known),
    )


def _column(described: SourceColumn, facts: Facts | None) -> CatalogColumn:
    if facts is None:
        return CatalogColumn(described.name, described)
    return CatalogColumn(
        described.name,
        described,
        nullable=bool(facts["nullable"]),
        generated=bool(facts["generated"]),
        comment=facts["comment"] or "",
    )


def _foreign_keys(facts: TableFacts, extracted: dict[str, str]) -> Iterator[CatalogForeignKey]:
    for _, grouped in groupby(facts.foreign_keys, key=lambda row: row["constraint_name"]):
        rows = list(grouped)
        references = tuple(str(row["other_name"]) for row in rows if row["other_name"] is not None)
        yield CatalogForeignKey(
            tuple(extracted.get(str(row["name"]), str(row["name"])) for row in rows),
            rows[0]["other_table"],
            rows[0]["other_schema"],
            references if len(references) == len(rows) else (),
        )


def catalog_names(rows: Iterable[Facts]) -> tuple[CatalogName, ...]:
    """Return the names in rows with `name`, `in_schema`, `is_view`, `estimated_rows` and `comment`."""
    return tuple(
        CatalogName(
            row["name"],
            row["in_schema"],
            "view" if row["is_view"] else "table",
            row["estimated_rows"],
            row["comment"] or "",
        )
        for row in rows
    )
