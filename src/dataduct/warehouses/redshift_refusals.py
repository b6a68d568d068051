"""Amazon Redshift's errors as Dataduct's."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from dataduct.connectors.postgres_errors import translated
from dataduct.errors import DataductError, Interrupted, SqlError, StorageError, TransientError, WarehouseError
from dataduct.model.cancellation import Cancellation
from dataduct.warehouses.postgres_refusals import excerpt, warehouse_error

if TYPE_CHECKING:
    import psycopg

_CONFLICT = re.compile(r"\b1023\b|serializable isolation violation|concurrent transaction", re.IGNORECASE)
_CATALOG_INDEX = re.compile(r'"pg_\w+_index"')
_S3_REFUSAL = re.compile(
    r"S3ServiceException:|S3 ?Query ?Exception|not authorized to (?:assume|get credentials)", re.IGNORECASE
)
_S3_STATUS = re.compile(r"Status (\d+)")
_S3_SERVER_ERROR = 500
_CONTEXT = re.compile(r"^\s*(?:context|error):\s*(.+?)\s*$", re.MULTILINE)
_LOAD_WORDS = re.compile(r"stl_load_errors|Spectrum Scan Error|^Load into table", re.IGNORECASE)


def redshift_error(
    error: "psycopg.Error",
    *,
    server: str,
    statement: str | None = None,
    offset: int = 0,
    cancellation: Cancellation | None = None,
    names: Callable[[], Iterable[str]] | None = None,
) -> DataductError:
    """Return the Dataduct error for one of Redshift.

    Args:
        statement: The statement that was running, without credentials, or None.
        offset: Characters that were sent before `statement`.
        cancellation: Asked whether the statement was ended on request.
        names: Gives names of tables and columns to find the nearest one in.
    """
    if cancellation is not None and cancellation.requested:
        return Interrupted(cancellation.reason or "interrupted", code="DD710")
    told, state = error.diag, error.sqlstate
    words, detail = told.message_primary or "", told.message_detail or ""
    if state == "23505" and _CATALOG_INDEX.search(words):
        return TransientError(
            "another transaction created the same thing at the same time", code="DD706", details=(words,)
        )
    if state == "XX000" and (_CONFLICT.search(words) or _CONFLICT.search(detail)):
        return TransientError(
            "another transaction changed the same rows or tables",
            code="DD706",
            details=(words, *context_lines(detail)),
        )
    if state == "XX000" and (_S3_REFUSAL.search(words) or _S3_REFUSAL.search(detail)):
        return _s3_refusal(words, detail, server)
    if state is not None and "disk full" in words.lower():
        return StorageError(
            "the disks of the warehouse are full",
            code="DD709",
            hint="free some space or resize the cluster, and run again; nothing of this transaction is kept",
            details=(words,),
        )
    if state == "XX000":
        return SqlError(
            f"Amazon Redshift {server} refuses the statement: {words}",
            code="DD705",
            details=(*context_lines(detail), *excerpt(statement)),
        )
    if offset and state is not None and state.startswith("42"):
        refused = translated(
            error, server=server, query=statement, offset=offset, names=names, refusal=SqlError, code="DD705"
        )
    else:
        refused = warehouse_error(error, server=server, statement=statement, names=names)
    return renamed(refused, {"the PostgreSQL server": "Amazon Redshift"})


def renamed(error: DataductError, names: Mapping[str, str]) -> DataductError:
    """Put other names into an error's message and details in place; return it."""
    for name, other in names.items():
        error.message = error.message.replace(name, other)
        error.details = tuple(line.replace(name, other) for line in error.details)
    error.args = (error.message,)
    return error


def is_load_refusal(error: "psycopg.Error") -> bool:
    """Whether a COPY failed for the rows that it was given."""
    words = error.diag.message_primary or ""
    return (error.sqlstate or "")[:2] in ("22", "23") or bool(_LOAD_WORDS.search(words))


def context_lines(detail: str | None) -> tuple[str, ...]:
    """Return what the framed block of an internal error says, without the frame."""
    lines = tuple(dict.fromkeys(_CONTEXT.findall(detail or "")))
    return lines or ((detail.strip(),) if detail and detail.strip() else ())


def _s3_refusal(words: str, detail: str, server: str) -> DataductError:
    status = _S3_STATUS.search(words)
    if status is not None and (int(status[1]) >= _S3_SERVER_ERROR or int(status[1]) == 0):
        return TransientError(
            f"S3 did not answer Amazon Redshift {server}",
            code="DD723",
            details=(words, *context_lines(detail)),
        )
    return WarehouseError(
        f"Amazon Redshift {server} is not let into S3: {words.removeprefix('S3ServiceException:')}",
        code="DD723",
        hint="check `iam_role` of the warehouse, that the cluster may assume it, that it may read, write and list "
        "in the bucket, and `region`",
        details=context_lines(detail),
    )
