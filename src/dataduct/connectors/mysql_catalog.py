"""What MySQL and MariaDB say of the tables of a database."""

from collections.abc import Sequence

from dataduct.connectors.catalog import Catalog, CatalogName, TableFacts, catalog_names, gathered
from dataduct.connectors.mysql_query import quoted, text_literal
from dataduct.errors import SourceError
from dataduct.model.cancellation import Cancellation
from dataduct.model.nearest import did_you_mean

_NAMES = """
SELECT TABLE_NAME AS name, TABLE_SCHEMA AS in_schema, TABLE_TYPE = 'VIEW' AS is_view,
    TABLE_ROWS AS estimated_rows, IF(TABLE_TYPE = 'VIEW', '', TABLE_COMMENT) AS comment
FROM information_schema.TABLES
WHERE TABLE_SCHEMA = {schema} AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'VIEW')
ORDER BY TABLE_NAME
"""
_COLUMNS = """
SELECT TABLE_NAME AS table_name, COLUMN_NAME AS name, IS_NULLABLE = 'YES' AS nullable,
    EXTRA LIKE '%GENERATED%' AND EXTRA NOT LIKE '%DEFAULT_GENERATED%' AS generated, COLUMN_COMMENT AS comment
FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA = {schema} AND EXTRA NOT LIKE '%INVISIBLE%'
ORDER BY TABLE_NAME, ORDINAL_POSITION
"""
_KEYS = """
SELECT TABLE_NAME AS table_name, COLUMN_NAME AS name
FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA = {schema} AND INDEX_NAME = 'PRIMARY'
ORDER BY TABLE_NAME, SEQ_IN_INDEX
"""
_FOREIGN_KEYS = """
SELECT TABLE_NAME AS table_name, CONSTRAINT_NAME AS constraint_name, COLUMN_NAME AS name,
    REFERENCED_TABLE_SCHEMA AS other_schema, REFERENCED_TABLE_NAME AS other_table,
    REFERENCED_COLUMN_NAME AS other_name
FROM information_schema.KEY_COLUMN_USAGE
WHERE TABLE_SCHEMA = {schema} AND REFERENCED_TABLE_NAME IS NOT NULL
ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION
"""
_SCHEMAS = "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA"


class MysqlCatalog(Catalog):
    """The catalog of one database of a server; a schema is another name for a database there."""

    def names(self, cancellation: Cancellation) -> tuple[CatalogName, ...]:
        """See the port."""
        rows = self.rows(_NAMES.format(schema=self._schema), cancellation)
        if not rows:
            self._refuse_unknown_schema(cancellation)
        return catalog_names(rows)

    def quoted(self, *parts: str) -> str:
        """See the port."""
        return ".".join(map(quoted, parts))

    def facts(self, names: Sequence[CatalogName], cancellation: Cancellation) -> dict[str, TableFacts]:
        """See the port."""
        queries = (query.format(schema=self._schema) for query in (_COLUMNS, _KEYS, _FOREIGN_KEYS))
        return gathered(*(self.rows(query, cancellation) for query in queries))

    @property
    def _schema(self) -> str:
        return "DATABASE()" if self.schema is None else text_literal(self.schema)

    def _refuse_unknown_schema(self, cancellation: Cancellation) -> None:
        if self.schema is None:
            if self.rows("SELECT DATABASE() AS name", cancellation)[0]["name"] is None:
                raise SourceError(
                    "the connection names no database, so there is no telling which tables are meant",
                    code="DD887",
                    hint="name it in the connection's `database`, or with `--database`",
                )
            return
        known = [row["name"] for row in self.rows(_SCHEMAS, cancellation)]
        if self.schema not in known:
            raise SourceError(
                f"the source has no database `{self.schema}`",
                code="DD887",
                hint=did_you_mean(self.schema, known),
            )
