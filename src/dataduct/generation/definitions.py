"""The table definitions of a source's table: the one that is loaded, and the one that is kept."""

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from dataduct.connectors.catalog import CatalogColumn, CatalogTable
from dataduct.definition.templates import has_template
from dataduct.generation.column_types import column_type
from dataduct.generation.naming import folded
from dataduct.sql.dialect import Dialect

STAGING, PRODUCTION = "staging", "prod"
_WIDTH = 110
_KEEPS_FOREIGN_KEYS = "duckdb"
_SAID_BY_THE_TYPE = re.compile(
    r"tinyint|(?:tiny|medium|long)?(?:text|blob)$|(?:var)?(?:char|binary)\b|character\b"
)
"""Types of sources whose readings a column's type says already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warehouse:
    """What definitions are written for.

    Attributes:
        dialect: The warehouse's SQL.
        tables: The name in the warehouse of each table of the source that it has or will have.
        lengths_hold: Whether the source keeps the lengths of texts that it declares.
    """

    dialect: Dialect
    tables: Mapping[str, str]
    lengths_hold: bool = True


def staging_definition(table: CatalogTable, warehouse: Warehouse) -> str:
    """Return the text of the definition of the table that each run loads: columns alone."""
    return _create(table, STAGING, _columns(table, warehouse), warehouse)


def production_definition(table: CatalogTable, warehouse: Warehouse) -> str:
    """Return the text of the definition of the table that is kept, with its primary key.

    Foreign keys to tables that the warehouse has are declared on DuckDB, where they document and are never made into
    constraints. Elsewhere they are comments: PostgreSQL would refuse the delete of a parent row that an upsert is
    about to put back, and Amazon Redshift to create a table before those that it refers to.
    """
    dialect = warehouse.dialect
    elements = _columns(table, warehouse)
    if table.primary_key:
        elements.append((f"PRIMARY KEY ({_names(table.primary_key, dialect)})", ""))
    remarks = []
    for key in table.foreign_keys:
        target = warehouse.tables.get(key.table)
        if target is None or (key.schema or table.listed.schema) != table.listed.schema:
            continue
        references = f" ({_names(key.references, dialect)})" if key.references else ""
        parent = f"{PRODUCTION}.{dialect.quote(target)}{references}"
        text = f"FOREIGN KEY ({_names(key.columns, dialect)}) REFERENCES {parent}"
        if dialect.name == _KEEPS_FOREIGN_KEYS:
            elements.append((text, ""))
        elif not has_template(text):
            remarks.append(text)
    return _create(table, PRODUCTION, elements, warehouse, remarks)


def _columns(table: CatalogTable, warehouse: Warehouse) -> list[tuple[str, str]]:
    """Return each column as SQL and the comment behind it."""
    dialect = warehouse.dialect
    found = []
    for column in table.columns:
        kind = column_type(column, dialect, lengths_hold=warehouse.lengths_hold)
        is_key = column.name in table.primary_key
        not_null = " NOT NULL" if is_key or not column.nullable else ""
        name = dialect.quote(folded(column.name, dialect))
        found.append((f"{name} {kind}{not_null}", _remark(column)))
    return found


def _remark(column: CatalogColumn) -> str:
    source_type, reading = column.described.source_type, column.described.rule.reading
    parts = [
        f"{source_type}, {reading}" if reading and not _SAID_BY_THE_TYPE.match(source_type) else "",
        "computed by the source" if column.generated else "",
        _one_line(column.comment),
    ]
    return "; ".join(filter(None, parts))


def _create(
    table: CatalogTable,
    schema: str,
    elements: list[tuple[str, str]],
    warehouse: Warehouse,
    remarks: list[str] | None = None,
) -> str:
    name = warehouse.dialect.quote(warehouse.tables[table.listed.name])
    comment = textwrap.wrap(_one_line(table.listed.comment), _WIDTH - 3)
    lines = [f"-- {line}" for line in comment]
    lines.append(f"CREATE TABLE {schema}.{name} (")
    last = len(elements) - 1
    for number, (element, remark) in enumerate(elements):
        comma = "" if number == last else ","
        lines.append(f"    {element}{comma}" + (f"  -- {remark}" if remark else ""))
    lines.append(");")
    lines += [f"-- {remark}" for remark in remarks or ()]
    return "\n".join(lines) + "\n"


def _names(names: tuple[str, ...], dialect: Dialect) -> str:
    return dialect.names(tuple(folded(name, dialect) for name in names))


def _one_line(comment: str) -> str:
    """Return a comment of the source's in one line; nothing if it would be read as a template."""
    text = " ".join(comment.split())
    return "" if has_template(text) or not text.isprintable() else text
