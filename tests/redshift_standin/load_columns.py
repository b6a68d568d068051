"""The columns of a COPY's table."""

from dataclasses import dataclass

from redshift_standin.backend import Backend
from redshift_standin.errors import BackendError, RedshiftError
from redshift_standin.tokens import literal, quoted

_LABELS = {
    "int2": "SMALLINT", "int4": "INTEGER", "int8": "BIGINT", "numeric": "DECIMAL", "float4": "REAL",
    "float8": "DOUBLE", "bool": "BOOLEAN", "bpchar": "CHAR", "varchar": "VARCHAR", "date": "DATE",
    "timestamp": "TIMESTAMP", "timestamptz": "TIMESTAMPTZ", "time": "TIME", "timetz": "TIMETZ", "super": "SUPER",
    "varbyte": "VARBYTE", "interval": "INTERVAL",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LoadColumn:
    """A column: its name, PostgreSQL's type name and modifier, whether it takes NULL, whether it is an identity."""

    name: str
    type_name: str
    modifier: int
    not_null: bool
    identity: bool

    @property
    def length(self) -> int:
        """Bytes of a CHAR or VARCHAR."""
        return self.modifier - 4 if self.type_name in ("varchar", "bpchar") else 0

    @property
    def precision(self) -> int:
        return (self.modifier - 4) >> 16 if self.type_name == "numeric" else 0

    @property
    def scale(self) -> int:
        return (self.modifier - 4) & 0xFFFF if self.type_name == "numeric" else 0

    @property
    def label(self) -> str:
        """The type as Redshift's messages write it."""
        return _LABELS.get(self.type_name, self.type_name.upper())

    @property
    def is_text(self) -> bool:
        return self.type_name in ("varchar", "bpchar")


@dataclass(frozen=True, slots=True)
class LoadTable:
    """The table of a COPY: its OID and the columns to be loaded, in order."""

    oid: int
    name: str
    columns: tuple[LoadColumn, ...]


async def load_table(
    backend: Backend, table: str, bare: str, named: list[str] | None, *, explicit_ids: bool
) -> LoadTable:
    """Read a table's columns. Raises `RedshiftError` for a table or column that is not there."""
    try:
        rows = await backend.query(
            f"SELECT a.attrelid::int8, a.attname, t.typname, a.atttypmod, a.attnotnull, a.attidentity "
            f"FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = {literal(table)}::regclass "
            f"AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
        )
    except BackendError as error:
        if error.sqlstate in ("42P01", "3F000"):
            raise RedshiftError("42P01", f"Cannot COPY into nonexistent table {bare}") from None
        raise
    texts = [[(value or b"").decode() for value in row] for row in rows]
    columns = {
        row[1]: LoadColumn(row[1], row[2], int(row[3]), row[4] == "t" and not row[5], bool(row[5]))
        for row in texts
    }
    chosen = named or [name for name, column in columns.items() if explicit_ids or not column.identity]
    for name in chosen:
        if name not in columns:
            raise RedshiftError("42703", f'column "{name}" of relation "{bare}" does not exist')
        if columns[name].identity and not explicit_ids:
            raise RedshiftError("42601", f'EXPLICIT_IDS is required to load the identity column "{name}"')
    if len(set(chosen)) < len(chosen):
        raise RedshiftError("42701", "a column is named more than once in the column list")
    return LoadTable(int(texts[0][0]), bare, tuple(columns[name] for name in chosen))


def copy_sql(table: str, columns: tuple[LoadColumn, ...], options: str) -> str:
    """COPY FROM STDIN of PostgreSQL for these columns."""
    listed = ", ".join(quoted(column.name) for column in columns)
    return f"COPY {table} ({listed}) FROM STDIN WITH ({options})"
