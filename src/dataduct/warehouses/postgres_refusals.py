"""PostgreSQL's errors in a warehouse as Dataduct's."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from dataduct.connectors.postgres_errors import translated
from dataduct.errors import (
    DataductError,
    DataError,
    Interrupted,
    LockTimeoutError,
    SqlError,
    StorageError,
    TransientError,
    WarehouseError,
)
from dataduct.model.cancellation import Cancellation

if TYPE_CHECKING:
    import psycopg

_LINES_SHOWN = 3
_CHARACTERS_SHOWN = 160
_CONFLICTS = frozenset({"40001", "40P01"})
_CATALOG_CONSTRAINT = "pg_"


def warehouse_error(
    error: "psycopg.Error",
    *,
    server: str,
    statement: str | None = None,
    cancellation: Cancellation | None = None,
    names: Callable[[], Iterable[str]] | None = None,
) -> DataductError:
    """Return the Dataduct error for one of PostgreSQL.

    Args:
        statement: The statement that was running, or None.
        cancellation: Asked whether the statement was ended on request.
        names: Gives names of tables and columns to find the nearest one in.
    """
    state, words = error.sqlstate, (error.diag.message_primary or str(error).strip().partition("\n")[0])
    if cancellation is not None and cancellation.requested:
        return Interrupted(cancellation.reason or "interrupted", code="DD710")
    detail = (error.diag.message_detail,) if error.diag.message_detail else ()
    if state in _CONFLICTS or _is_race(error, words):
        return TransientError(
            "another transaction changed the same rows or tables",
            code="DD706",
            details=(words, *detail),
        )
    if state == "55P03":
        return LockTimeoutError(
            f"another session of {server} held a lock for longer than `lock_timeout`",
            code="DD719",
            hint="run again when the other session has ended, or raise `lock_timeout`",
            details=(words, *excerpt(statement)),
        )
    if state == "53100":
        return StorageError(
            "the disk of the warehouse is full",
            code="DD709",
            hint="free some space and run again; nothing of this transaction is kept",
            details=(words,),
        )
    if state == "53200":
        return WarehouseError(
            "the statement needs more memory than the server has",
            code="DD708",
            hint="lower `work_mem` of the server, or make the statement sort and join less at once",
            details=(words, *excerpt(statement)),
        )
    if state == "25P02":
        return SqlError(
            "an earlier statement of this transaction failed", code="DD705", details=excerpt(statement)
        )
    if state is not None and state[:2] in ("22", "23"):
        return DataError(words, code="DD715", details=(*detail, *excerpt(statement)))
    refused = translated(error, server=server, query=statement, names=names, refusal=SqlError, code="DD705")
    if isinstance(refused, SqlError) and not refused.details:
        refused.details = excerpt(statement)
    if state == "42501":
        refused.hint = "have the right that the statement needs granted to the user"
    if state == "25001":
        refused.hint = "write `wrap_transaction: false` in the step to run it outside a transaction"
    return refused


def excerpt(statement: str | None) -> tuple[str, ...]:
    """Return the first lines of a statement."""
    lines = [line for line in (statement or "").strip().splitlines() if line.strip()]
    shown = [
        line if len(line) <= _CHARACTERS_SHOWN else line[: _CHARACTERS_SHOWN - 3] + "..."
        for line in lines[:_LINES_SHOWN]
    ]
    return (*shown, "...") if len(lines) > _LINES_SHOWN else tuple(shown)


def _is_race(error: "psycopg.Error", words: str) -> bool:
    """Whether two sessions changed the catalog at the same time."""
    constraint = error.diag.constraint_name or ""
    schema = error.diag.schema_name or ""
    return (
        error.sqlstate == "23505" and schema == "pg_catalog" and constraint.startswith(_CATALOG_CONSTRAINT)
    ) or (error.sqlstate == "XX000" and words.startswith("tuple concurrently"))
