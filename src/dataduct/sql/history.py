"""Keeping every version of a table's rows: a slowly changing dimension of type 2."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from dataduct.errors import UserError
from dataduct.model.operations import SqlStatement
from dataduct.model.table import Column, TableDefinition
from dataduct.sql.deduplicate import join_condition, require_primary_key
from dataduct.sql.dialect import Dialect
from dataduct.sql.temporary import create_temporary_as, drop_temporary, temporary_name

OPEN_END = "9999-12-31 23:59:59.999999"
"""Expiration of the version that holds now."""

_TIMESTAMPS = ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE")


def history(
    history_table: TableDefinition, source: TableDefinition, dialect: Dialect, *, at: str
) -> tuple[SqlStatement, ...]:
    """Return the script that records in `history_table` how `source` stands at time `at`.

    Each version of a row holds from its effective to its expiration timestamp, both included; the version that holds
    now expires at `OPEN_END`. For each primary key of the source:

    * a changed row: its version expires one microsecond before `at`, a new one is effective `at`;
    * a new key: a version is effective `at`;
    * a key that is gone: its version expires one microsecond before `at`;
    * an unchanged row is left alone. NULL equals NULL.

    Versions of a key neither overlap nor leave a gap while the key exists. A second run for the same `at` replaces
    what the first one recorded, so it changes nothing if the source has not changed. A run for an `at` before a
    version that holds now replaces that version and keeps its effective timestamp.

    Args:
        history_table: It has a TIMESTAMP column whose name holds `effective`, one whose name holds `expir`, and
            columns of the source under the same names. Source columns that it lacks are not recorded.
        source: The table to record, with a primary key.
        dialect: The warehouse's SQL.
        at: Text of a timestamp in UTC, or a template that gives one.

    Raises:
        UserError: A timestamp column is missing (DD424), the columns do not follow the source (DD425), or the source
            has no primary key (DD422).
    """
    return _History(_Columns.of(history_table, source), history_table, source, dialect, at).script()


@dataclass(frozen=True, slots=True)
class _Columns:
    """The roles of a history table's columns: names in the history table, which are names in the source too."""

    effective: Column
    expiration: Column
    key: tuple[str, ...]
    recorded: tuple[Column, ...]

    @classmethod
    def of(cls, history_table: TableDefinition, source: TableDefinition) -> "_Columns":
        require_primary_key(source, "its history cannot be kept")
        effective = _timestamp_column(history_table, "effective", "effective_ts")
        expiration = _timestamp_column(history_table, "expir", "expiration_ts")
        known = {column.name for column in source.columns}
        others = [column for column in history_table.columns if column not in (effective, expiration)]
        recorded = tuple(column for column in others if column.name in known)
        strange = [
            column.name
            for column in others
            if column.name not in known and column.default is None and column.identity is None
        ]
        if strange:
            _fail(history_table, source, f"has {_listed(strange)}, which {source.name} has not")
        missing = [name for name in source.primary_key if name not in {column.name for column in recorded}]
        if missing:
            _fail(history_table, source, f"lacks {_listed(missing)} of the primary key of {source.name}")
        return cls(effective, expiration, source.primary_key, recorded)


class _History:
    def __init__(
        self,
        columns: _Columns,
        history_table: TableDefinition,
        source: TableDefinition,
        dialect: Dialect,
        at: str,
    ) -> None:
        self._columns = columns
        self._dialect = dialect
        self._history = dialect.table(history_table.name)
        self._source = dialect.table(source.name)
        self._ended = temporary_name(history_table.name, "ended_versions")
        self._begun = temporary_name(history_table.name, "begun_keys")
        self._effective = dialect.quote(columns.effective.name)
        self._expiration = dialect.quote(columns.expiration.name)
        quoted_at = f"'{at}'" if "{" in at else dialect.literal(at)
        self._at = f"CAST({quoted_at} AS {dialect.column_type(columns.effective.type)})"
        self._open = f"CAST('{OPEN_END}' AS {dialect.column_type(columns.expiration.type)})"

    def script(self) -> tuple[SqlStatement, ...]:
        dialect = self._dialect
        return (
            *create_temporary_as(
                self._ended, self._ended_query(), dialect, "find versions that hold no longer"
            ),
            SqlStatement(text=self._delete_text(), purpose="delete those that were to begin now or later"),
            SqlStatement(text=self._expire_text(), purpose="let the others expire"),
            *create_temporary_as(self._begun, self._begun_query(), dialect, "find keys without a version"),
            SqlStatement(text=self._insert_text(), purpose="insert their versions"),
            drop_temporary(self._begun, dialect),
            drop_temporary(self._ended, dialect),
        )

    def _ended_query(self) -> str:
        """Keys and effective timestamps of the open versions whose row is gone or has changed."""
        dialect, key = self._dialect, self._columns.key
        compared = [column for column in self._columns.recorded if column.name not in key]
        differences = [f"current_rows.{dialect.quote(key[0])} IS NULL"]
        for column in compared:
            name = dialect.quote(column.name)
            versions = dialect.comparable_column(f"versions.{name}", column.type)
            rows = dialect.comparable_column(f"current_rows.{name}", column.type)
            differences.append(dialect.distinct(versions, rows))
        return (
            f"SELECT {dialect.names(key, 'versions')}, versions.{self._effective}\n"
            f"FROM {self._history} AS versions\n"
            f"LEFT JOIN {self._source} AS current_rows "
            f"ON {join_condition(key, 'current_rows', 'versions', dialect)}\n"
            f"WHERE versions.{self._expiration} = {self._open}\n    AND ("
            + "\n        OR ".join(differences)
            + "\n    )"
        )

    def _delete_text(self) -> str:
        ended = self._dialect.table(self._ended)
        return (
            f"DELETE FROM {self._history}\nUSING {ended}\nWHERE {self._open_version(ended)}\n"
            f"    AND {ended}.{self._effective} >= {self._at}"
        )

    def _expire_text(self) -> str:
        ended = self._dialect.table(self._ended)
        return (
            f"UPDATE {self._history}\nSET {self._expiration} = {self._at} - INTERVAL '1 microsecond'\nFROM {ended}\n"
            f"WHERE {self._open_version(ended)}"
        )

    def _open_version(self, keys: str) -> str:
        same_key = join_condition(self._columns.key, self._history, keys, self._dialect)
        return f"{same_key}\n    AND {self._history}.{self._expiration} = {self._open}"

    def _begun_query(self) -> str:
        dialect, key = self._dialect, self._columns.key
        return (
            f"SELECT {dialect.names(key, 'current_rows')}\n"
            f"FROM {self._source} AS current_rows\n"
            f"LEFT JOIN {self._history} AS versions ON {join_condition(key, 'versions', 'current_rows', dialect)}\n"
            f"    AND versions.{self._expiration} = {self._open}\n"
            f"WHERE versions.{self._expiration} IS NULL"
        )

    def _insert_text(self) -> str:
        """The new versions; each is effective `at`, or right after its key's last version if that ends later."""
        dialect, key = self._dialect, self._columns.key
        names = tuple(column.name for column in self._columns.recorded)
        begun = dialect.table(self._begun)
        keys = dialect.names(key, "versions")
        return (
            f"INSERT INTO {self._history} ({self._effective}, {self._expiration}, {dialect.names(names)})\n"
            f"SELECT GREATEST({self._at}, earlier.last_expiration + INTERVAL '1 microsecond'), {self._open}, "
            f"{dialect.names(names, 'current_rows')}\n"
            f"FROM {self._source} AS current_rows\n"
            f"INNER JOIN {begun} AS begun ON {join_condition(key, 'current_rows', 'begun', dialect)}\n"
            f"LEFT JOIN (\n    SELECT {keys}, MAX(versions.{self._expiration}) AS last_expiration\n"
            f"    FROM {self._history} AS versions\n"
            f"    INNER JOIN {begun} AS begun ON {join_condition(key, 'versions', 'begun', dialect)}\n"
            f"    GROUP BY {keys}\n) AS earlier ON {join_condition(key, 'current_rows', 'earlier', dialect)}"
        )


def _timestamp_column(table: TableDefinition, word: str, usual: str) -> Column:
    found = [column for column in table.columns if word in column.name.casefold()]
    exact = [column for column in found if column.name.casefold() == usual]
    chosen = exact or found
    if len(chosen) != 1:
        named = "no column" if not chosen else f"{len(chosen)} columns"
        raise UserError(
            f"history table {table.name} has {named} named like `{usual}`",
            code="DD424",
            hint=f"give it one column {usual} TIMESTAMP",
        )
    if chosen[0].type.name not in _TIMESTAMPS:
        raise UserError(
            f"column `{chosen[0].name}` of history table {table.name} is {chosen[0].type}, expected TIMESTAMP",
            code="DD424",
        )
    return chosen[0]


def _fail(history_table: TableDefinition, source: TableDefinition, what: str) -> NoReturn:
    raise UserError(
        f"history table {history_table.name} {what}",
        code="DD425",
        hint=f"give it the columns of {source.name} under the same names",
    )


def _listed(names: Sequence[str]) -> str:
    return ("column " if len(names) == 1 else "columns ") + ", ".join(f"`{name}`" for name in names)
