"""The exactly-once rule: a table's rows and the load's own row are committed together or not at all.

Written once, over `Transaction`, in SQL that every warehouse reads. A replay asks `find_loads` and does nothing for
a load that is there; `record_load` refuses to record a load twice, so that two processes never both commit it.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dataduct.errors import DataError, SchemaMismatchError, SqlError, TransientError
from dataduct.model.cancellation import Cancellation
from dataduct.model.table import TableDefinition, TableName
from dataduct.warehouses.base import Row, Transaction, Warehouse

if TYPE_CHECKING:
    from dataduct.sql.dialect import Dialect

SCHEMA = "dataduct"
TABLE = "loads"

_CREATE_SCHEMA = f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"
_CREATE_TABLE = f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.{TABLE} (
    load_id VARCHAR(32) NOT NULL PRIMARY KEY,
    pipeline VARCHAR(1024) NOT NULL,
    step VARCHAR(1024) NOT NULL,
    table_name VARCHAR(1024) NOT NULL,
    run_date VARCHAR(64) NOT NULL,
    run_id VARCHAR(256) NOT NULL,
    rows BIGINT,
    watermark VARCHAR(65535),
    sequence BIGINT NOT NULL,
    committed_at TIMESTAMP NOT NULL
)"""
_EXISTS = (
    f"SELECT 1 FROM information_schema.tables WHERE table_schema = '{SCHEMA}' AND table_name = '{TABLE}'"
)
_MAKE_IT = (
    f"every load is recorded in the table {SCHEMA}.{TABLE}, which the first one makes: let the user create schemas, or "
    f"make the schema for it (CREATE SCHEMA {SCHEMA} AUTHORIZATION the user)"
)
_IDS_A_QUERY = 500
_LOADS = TableName(TABLE, SCHEMA)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One step's write to one table for one run date, whichever run or attempt does it.

    Attributes:
        table: The table's name as `str(TableName)` gives it.
        run_date: The run date as the user names it (`2026-01-01`).
    """

    pipeline: str
    step: str
    table: str
    run_date: str

    @property
    def id(self) -> str:
        """The load's name in `dataduct.loads`: 32 hexadecimal digits that depend on nothing else."""
        identity = json.dumps([self.pipeline, self.step, self.table, self.run_date])
        return hashlib.sha256(identity.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommittedLoad:
    """A load that is in the warehouse.

    Attributes:
        rows: Rows written; None if the warehouse did not say.
        committed_at: When it was recorded, just before its commit; UTC.
        latest: Whether no other load of the same table was committed after it, so that what it wrote still stands.
    """

    load_id: str
    run_id: str
    rows: int | None
    watermark: str | None
    committed_at: datetime
    latest: bool


def ensure_loads_table(transaction: Transaction) -> None:
    """Create `dataduct.loads` if it is missing. Where it is there, no right to create anything is needed."""
    if _is_there(transaction):
        return
    try:
        if not _has_schema(transaction, SCHEMA):
            transaction.execute(_CREATE_SCHEMA)
        transaction.execute(_CREATE_TABLE)
    except SqlError as error:
        error.hint = _MAKE_IT
        raise


def find_loads(source: Warehouse | Transaction, loads: Iterable[Load]) -> dict[str, CommittedLoad]:
    """Return those of `loads` that are committed, by load id.

    Reads through a transaction what that transaction sees, and through a warehouse what is committed, without
    waiting for a writer. Nothing is found in a warehouse that has no table of loads yet.
    """
    ids = sorted({load.id for load in loads})
    if not ids or not _is_there(source):
        return {}
    # Most often nothing is found, which a plain query says at a quarter of the price.
    there = [str(row[0]) for some in _pieces(ids) for row in _rows(source, _ids_query(some))]
    found = [row for some in _pieces(there) for row in _rows(source, _find_query(some))]
    committed = [_committed(row) for row in found]
    return {load.load_id: load for load in committed}


def record_load(
    transaction: Transaction,
    load: Load,
    *,
    run_id: str,
    rows: int | None,
    watermark: str | None = None,
    replace: bool = False,
) -> None:
    """Record `load` in the caller's transaction; its commit commits both.

    Args:
        rows: Rows the load wrote, if known.
        watermark: The highest value of the step's watermark column, or None.
        replace: Record it anew where it is recorded already, as a forced run does.

    Raises:
        TransientError: Another run has recorded it, and `replace` is false (DD712). Trying again finds that load.
    """
    ensure_loads_table(transaction)
    # The next number over all loads: a load that waited for this table sees the number of the one before it.
    ((sequence, earlier),) = transaction.fetch_alone(
        _LOADS,
        "SELECT coalesce(max(sequence), 0) + 1, "
        f"max(CASE WHEN load_id = {_literal(load.id)} THEN run_id END) FROM {SCHEMA}.{TABLE}",
    )
    if earlier is not None and not replace:
        raise _recorded_meanwhile(load, str(earlier))
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    values = {
        "run_id": _literal(run_id),
        "rows": "NULL" if rows is None else str(int(rows)),
        "watermark": "NULL" if watermark is None else _literal(watermark),
        "sequence": str(int(str(sequence))),
        "committed_at": f"TIMESTAMP '{now}'",
    }
    if earlier is not None:
        assignments = ", ".join(f"{column} = {value}" for column, value in values.items())
        transaction.execute(f"UPDATE {SCHEMA}.{TABLE} SET {assignments} WHERE load_id = {_literal(load.id)}")
        return
    identity = {
        "load_id": _literal(load.id),
        "pipeline": _literal(load.pipeline),
        "step": _literal(load.step),
        "table_name": _literal(load.table),
        "run_date": _literal(load.run_date),
    }
    row = identity | values
    try:
        transaction.execute(
            f"INSERT INTO {SCHEMA}.{TABLE} ({', '.join(row)}) SELECT {', '.join(row.values())}"
        )
    except DataError as error:
        raise _recorded_meanwhile(load, "another run") from error


def create_or_compare(transaction: Transaction, definition: TableDefinition, dialect: "Dialect") -> bool:
    """Create the table if it is missing; compare it with its definition otherwise. Return whether it was created.

    Raises:
        SchemaMismatchError: The existing table differs; each difference is a detail (DD711).
    """
    from dataduct.sql.comparison import differences
    from dataduct.sql.create import create_table

    existing = transaction.columns(definition.name)
    if existing is None:
        schema = definition.name.schema
        missing = schema is not None and not _has_schema(transaction, schema)
        for statement in create_table(definition, dialect, with_schema=missing):
            transaction.execute(statement.text)
        return True
    if found := differences(existing, definition, dialect):
        raise SchemaMismatchError(
            f"the table {definition.name} differs from its definition"
            + (f" in {definition.source}" if definition.source else ""),
            code="DD711",
            hint=f"`dataduct database recreate -e {definition.source}` makes it as the file says and keeps its rows; "
            "or change the file"
            if definition.source
            else "change the definition, or alter the table",
            details=tuple(found),
        )
    return False


def _has_schema(transaction: Transaction, name: str) -> bool:
    """Return whether the user sees a schema of that name.

    PostgreSQL refuses CREATE SCHEMA IF NOT EXISTS to a user who may not create one, even if it is there.
    """
    query = f"SELECT 1 FROM information_schema.schemata WHERE schema_name = {_literal(name)}"
    return bool(transaction.fetch(query))


def _recorded_meanwhile(load: Load, by: str) -> TransientError:
    return TransientError(
        f"the load of {load.table} by step {load.step} for {load.run_date} was committed by {by} meanwhile",
        code="DD712",
        hint="nothing is to be done: running again finds that load",
    )


def _pieces(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    """Cut `ids` into pieces that one query can ask for."""
    return (ids[start : start + _IDS_A_QUERY] for start in range(0, len(ids), _IDS_A_QUERY))


def _is_there(source: Warehouse | Transaction) -> bool:
    """Return whether the table of loads is there; it is looked for only if that is not known."""
    if source.knows_table(_LOADS):
        return True
    found = bool(_rows(source, _EXISTS))
    if found:
        source.remember_table(_LOADS)
    return found


def _ids_query(ids: Sequence[str]) -> str:
    return f"SELECT load_id FROM {SCHEMA}.{TABLE} WHERE load_id IN ({', '.join(map(_literal, ids))})"


def _find_query(ids: Sequence[str]) -> str:
    return (
        "SELECT l.load_id, l.run_id, l.rows, l.watermark, l.committed_at, "
        f"(SELECT count(*) FROM {SCHEMA}.{TABLE} o WHERE o.table_name = l.table_name AND o.load_id <> l.load_id "
        f"AND o.sequence >= l.sequence) FROM {SCHEMA}.{TABLE} l "
        f"WHERE l.load_id IN ({', '.join(map(_literal, ids))})"
    )


def _committed(row: Row) -> CommittedLoad:
    load_id, run_id, rows, watermark, committed_at, later = row
    assert isinstance(committed_at, datetime)
    return CommittedLoad(
        load_id=str(load_id),
        run_id=str(run_id),
        rows=None if rows is None else int(str(rows)),
        watermark=None if watermark is None else str(watermark),
        committed_at=committed_at.replace(tzinfo=UTC),
        latest=later == 0,
    )


def _rows(source: Warehouse | Transaction, query: str) -> list[Row]:
    if isinstance(source, Transaction):
        return source.fetch(query)
    with source.stream(query, Cancellation()) as reader:
        return [
            row
            for batch in reader
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
        ]


def _literal(text: str) -> str:
    """Return a text as a literal that no warehouse reads an escape in."""
    return "'" + text.replace("'", "''").replace("\\", "' || chr(92) || '") + "'"
