"""What PostgreSQL's catalog says of one table or view."""

from dataclasses import dataclass

from dataduct.errors import ProblemsError
from dataduct.model.table import Column, ColumnType, TableName
from dataduct.sql.dialect import quoted
from dataduct.warehouses.postgres_session import Session, literal

_QUERY = """
WITH RECURSIVE base AS (
    SELECT a.attnum, a.atttypid AS oid, a.atttypmod AS typmod
    FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = pg_catalog.to_regclass({name}) AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT base.attnum, t.typbasetype, CASE WHEN base.typmod = -1 THEN t.typtypmod ELSE base.typmod END
    FROM base JOIN pg_catalog.pg_type t ON t.oid = base.oid AND t.typtype = 'd'
)
SELECT a.attname::text, pg_catalog.format_type(base.oid, base.typmod), t.typname::text, t.typtype::text,
    base.typmod, NOT a.attnotnull AND NOT d.typnotnull, a.attidentity::text, a.attgenerated::text,
    pg_catalog.pg_get_expr(e.adbin, e.adrelid), s.seqstart, s.seqincrement, t.typnamespace = 11
FROM pg_catalog.pg_attribute a
JOIN base ON base.attnum = a.attnum
JOIN pg_catalog.pg_type t ON t.oid = base.oid AND t.typtype <> 'd'
JOIN pg_catalog.pg_type d ON d.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef e ON e.adrelid = a.attrelid AND e.adnum = a.attnum
LEFT JOIN pg_catalog.pg_depend o ON a.attidentity <> '' AND o.refclassid = 'pg_class'::regclass
    AND o.classid = 'pg_class'::regclass AND o.refobjid = a.attrelid AND o.refobjsubid = a.attnum
    AND o.deptype = 'i'
LEFT JOIN pg_catalog.pg_sequence s ON s.seqrelid = o.objid
WHERE a.attrelid = pg_catalog.to_regclass({name}) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""

_NAMES = """
SELECT attname::text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
UNION SELECT relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname NOT LIKE 'pg\\_%'
    AND n.nspname <> 'information_schema'
UNION SELECT nspname::text FROM pg_catalog.pg_namespace WHERE nspname NOT LIKE 'pg\\_%'
LIMIT 20000
"""


@dataclass(frozen=True, slots=True)
class CatalogColumn:
    """A column as PostgreSQL describes it. A domain counts as the type that it is made of.

    Attributes:
        type: The type in PostgreSQL's spelling, with its arguments (`numeric(8,2)`).
        base: The type's name in the catalog (`numeric`, `int4`).
        is_enum: Whether it is an enumeration.
        built_in: Whether the type comes with PostgreSQL.
        modifier: The type's arguments as the catalog keeps them, or -1.
        identity: (start, step) of an identity column.
        generated: Whether its value is computed from other columns.
    """

    name: str
    type: str
    base: str
    is_enum: bool
    built_in: bool
    modifier: int
    nullable: bool
    default: str | None = None
    identity: tuple[int, int] | None = None
    generated: bool = False


def read_columns(session: Session, table: TableName) -> tuple[CatalogColumn, ...] | None:
    """Return the columns of a table or view in order, or None if there is none of that name."""
    name = literal(quoted(table.schema, table.name))
    rows = session.fetch(_QUERY.format(name=name))
    if not rows and not session.fetch(f"SELECT 1 WHERE pg_catalog.to_regclass({name}) IS NOT NULL"):
        return None
    return tuple(_column(row) for row in rows)


def read_names(session: Session) -> tuple[str, ...]:
    """Return the names of the tables, columns and schemas that a user may mean."""
    return tuple(str(row[0]) for row in session.fetch(_NAMES))


def model_column(column: CatalogColumn) -> Column:
    """Return a catalog column in the model's terms: its type folded."""
    return Column(
        name=column.name,
        type=model_type(column.type),
        nullable=column.nullable,
        default=column.default,
        identity=column.identity,
    )


def model_type(text: str) -> ColumnType:
    """Return a type in PostgreSQL's spelling as a folded one, or in upper case where the model has no such type."""
    from dataduct.sql.type_grammar import parse_column_type

    try:
        return parse_column_type(text)
    except ProblemsError:
        return ColumnType(text.upper())


def _column(row: tuple[object, ...]) -> CatalogColumn:
    name, kind, base, sort, modifier, nullable, identity, generated, default, start, step, built_in = row
    return CatalogColumn(
        name=str(name),
        type=str(kind),
        base=str(base),
        is_enum=sort == "e",
        built_in=bool(built_in),
        modifier=int(str(modifier)),
        nullable=bool(nullable),
        default=None if default is None else str(default),
        identity=(int(str(start)), int(str(step))) if identity and start is not None else None,
        generated=bool(generated),
    )
