"""What a SQLite file says of its tables."""

from collections.abc import Sequence

from dataduct.connectors.catalog import Catalog, CatalogName, Facts, TableFacts, gathered
from dataduct.errors import SourceError
from dataduct.model.cancellation import Cancellation
from dataduct.sql.dialect import quoted

_NAMES = """
SELECT name, type = 'view' AS is_view FROM pragma_table_list
WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
ORDER BY name
"""
_LISTED = "SELECT name AS table_name FROM pragma_table_list WHERE schema = 'main' AND type <> 'view'"
_COLUMNS = """
SELECT table_name, c.name AS name, c."notnull" = 0 AND c.pk = 0 AS nullable, c.hidden IN (2, 3) AS generated,
    '' AS comment, c.pk AS pk
FROM ({listed}) AS t JOIN pragma_table_xinfo(t.table_name) AS c WHERE c.hidden <> 1
ORDER BY table_name, c.cid
"""
_FOREIGN_KEYS = """
SELECT table_name, CAST(k.id AS TEXT) AS constraint_name, k."from" AS name, NULL AS other_schema,
    k."table" AS other_table, k."to" AS other_name
FROM ({listed}) AS t JOIN pragma_foreign_key_list(t.table_name) AS k
ORDER BY table_name, k.id, k.seq
"""


class SqliteCatalog(Catalog):
    """The catalog of a SQLite file, which has one schema and keeps neither comments nor numbers of rows."""

    def names(self, cancellation: Cancellation) -> tuple[CatalogName, ...]:
        """See the port."""
        if self.schema is not None:
            raise SourceError(
                f"a SQLite file has no schemas, and `{self.schema}` is asked for",
                code="DD887",
                hint="leave `--schema` out",
            )
        rows = self.rows(_NAMES, cancellation)
        return tuple(CatalogName(row["name"], None, "view" if row["is_view"] else "table") for row in rows)

    def quoted(self, *parts: str) -> str:
        """See the port."""
        return quoted(*parts)

    def facts(self, names: Sequence[CatalogName], cancellation: Cancellation) -> dict[str, TableFacts]:
        """See the port. Nothing is said of views: SQLite cannot describe one whose table is gone."""
        columns = self.rows(_COLUMNS.format(listed=_LISTED), cancellation)
        foreign_keys = self.rows(_FOREIGN_KEYS.format(listed=_LISTED), cancellation)
        return gathered(columns, _keys(columns), foreign_keys)


def _keys(columns: Sequence[Facts]) -> list[Facts]:
    return sorted((row for row in columns if row["pk"]), key=lambda row: (row["table_name"], row["pk"]))
