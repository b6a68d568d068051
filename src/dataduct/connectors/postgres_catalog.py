"""What PostgreSQL says of the tables of a schema."""

from collections.abc import Sequence

from dataduct.connectors.catalog import Catalog, CatalogName, TableFacts, catalog_names, gathered
from dataduct.connectors.postgres_query import literal
from dataduct.errors import SourceError
from dataduct.model.cancellation import Cancellation
from dataduct.model.nearest import did_you_mean
from dataduct.sql.dialect import quoted

_TABLES = """
SELECT c.oid, c.relname, n.nspname, c.relkind, c.reltuples
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = {schema} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
    )
"""
_NAMES = """
SELECT relname::text AS name, nspname::text AS in_schema, (relkind IN ('v', 'm'))::int AS is_view,
    CASE WHEN reltuples >= 0 THEN reltuples::bigint END AS estimated_rows,
    pg_catalog.obj_description(oid, 'pg_class') AS comment
FROM ({tables}) AS tables ORDER BY relname
"""
_COLUMNS = """
SELECT t.relname::text AS table_name, a.attname::text AS name,
    (NOT a.attnotnull AND NOT coalesce(d.typnotnull, false))::int AS nullable,
    (a.attgenerated <> '')::int AS generated, pg_catalog.col_description(t.oid, a.attnum) AS comment
FROM ({tables}) AS t
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_type AS d ON d.oid = a.atttypid
ORDER BY t.relname, a.attnum
"""
_KEYS = """
SELECT t.relname::text AS table_name, a.attname::text AS name
FROM ({tables}) AS t
JOIN pg_catalog.pg_constraint AS k ON k.conrelid = t.oid AND k.contype = 'p'
CROSS JOIN LATERAL pg_catalog.unnest(k.conkey) WITH ORDINALITY AS part(attnum, place)
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = part.attnum
ORDER BY t.relname, part.place
"""
_FOREIGN_KEYS = """
SELECT t.relname::text AS table_name, k.conname::text AS constraint_name, a.attname::text AS name,
    n.nspname::text AS other_schema, o.relname::text AS other_table, b.attname::text AS other_name
FROM ({tables}) AS t
JOIN pg_catalog.pg_constraint AS k ON k.conrelid = t.oid AND k.contype = 'f' AND k.conparentid = 0
CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey))
    WITH ORDINALITY AS part(attnum, other_attnum, place)
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = part.attnum
JOIN pg_catalog.pg_class AS o ON o.oid = k.confrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = o.relnamespace
JOIN pg_catalog.pg_attribute AS b ON b.attrelid = o.oid AND b.attnum = part.other_attnum
ORDER BY t.relname, k.conname, part.place
"""
_SCHEMAS = r"""
SELECT nspname::text AS name FROM pg_catalog.pg_namespace
WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
"""


class PostgresCatalog(Catalog):
    """The catalog of one schema of a database. A partitioned table is one table, an extension's are none."""

    def names(self, cancellation: Cancellation) -> tuple[CatalogName, ...]:
        """See the port."""
        rows = self.rows(_NAMES.format(tables=self._tables), cancellation)
        if not rows and self.schema is not None:
            self._refuse_unknown_schema(self.schema, cancellation)
        return catalog_names(rows)

    def quoted(self, *parts: str) -> str:
        """See the port."""
        return quoted(*parts)

    def facts(self, names: Sequence[CatalogName], cancellation: Cancellation) -> dict[str, TableFacts]:
        """See the port."""
        queries = (query.format(tables=self._tables) for query in (_COLUMNS, _KEYS, _FOREIGN_KEYS))
        return gathered(*(self.rows(query, cancellation) for query in queries))

    @property
    def _tables(self) -> str:
        schema = "pg_catalog.current_schema()" if self.schema is None else literal(self.schema)
        return _TABLES.format(schema=schema)

    def _refuse_unknown_schema(self, schema: str, cancellation: Cancellation) -> None:
        known = [row["name"] for row in self.rows(_SCHEMAS, cancellation)]
        if schema not in known:
            raise SourceError(
                f"the source has no schema `{schema}`", code="DD887", hint=did_you_mean(schema, known)
            )
