"""Opening a DuckDB file: making a new one, waiting for another process, and saying why one cannot be opened."""

import errno
import os
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import duckdb

from dataduct.errors import DataductError, LockTimeoutError, StorageError, WarehouseError
from dataduct.warehouses.duckdb_errors import translated, translating

STORAGE_VERSION = "v1.5.0"
"""Format of new files, which DuckDB 1.5 and 2 both read and write."""

_MAGIC = slice(8, 12)
_LIBRARY_VERSION = slice(52, 84)
_FIRST_WAIT_SECONDS = 0.05
_LONGEST_WAIT_SECONDS = 1.0
_SAY_AGAIN_SECONDS = 30.0
_HOLDER = re.compile(r"lock is held in (?P<program>.*?) ?\(PID (?P<process>\d+)\)")

Config = Mapping[str, str | bool | int]


def open_file(
    path: Path, shown: str, config: Config, *, lock_timeout: float, on_wait: Callable[[str], None]
) -> duckdb.DuckDBPyConnection:
    """Open the file at `path`, made first if it is missing; wait while another process holds it.

    Args:
        shown: How messages name the file.
        lock_timeout: Longest wait, in seconds.

    Raises:
        LockTimeoutError: Another process still holds the file.
        WarehouseError: The file cannot be opened: not DuckDB's, too new, a directory, not writable.
        StorageError: The disk is full.
    """
    started = time.monotonic()
    wait, say_again = _FIRST_WAIT_SECONDS, 0.0
    while True:
        try:
            _make_sure_it_can_be_opened(path, shown)
            return _in_utc(duckdb.connect(str(path), config=dict(config)))
        except duckdb.Error as error:
            if "Could not set lock" not in str(error):
                raise _refusal(error, path, shown) from error
            holder = _holder(str(error))
        waited = time.monotonic() - started
        if waited >= lock_timeout:
            raise LockTimeoutError(
                f"the warehouse {shown} is in use by {holder}; waited {lock_timeout:g} s",
                code="DD701",
                hint="wait until that process ends, or stop it, and run again",
            )
        if waited >= say_again:
            on_wait(f"the warehouse {shown} is in use by {holder}; waiting up to {lock_timeout:g} s")
            say_again += _SAY_AGAIN_SECONDS
        time.sleep(min(wait, max(0.0, lock_timeout - waited)))
        wait = min(wait * 2, _LONGEST_WAIT_SECONDS)


def open_in_memory(config: Config) -> duckdb.DuckDBPyConnection:
    """Open a new database in memory."""
    with translating():
        return _in_utc(duckdb.connect(":memory:", config=dict(config)))


def _in_utc(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    return connection


def _holder(message: str) -> str:
    match = _HOLDER.search(message)
    if not match:
        return "another process"
    program = Path(match["program"].strip()).name
    return f"process {match['process']} ({program})" if program else f"process {match['process']}"


def _make_sure_it_can_be_opened(path: Path, shown: str) -> None:
    """Make the file if it is missing; raise `WarehouseError` for what is no DuckDB file."""
    try:
        if path.is_dir():
            raise WarehouseError(
                f"the warehouse {shown} is a directory",
                code="DD704",
                hint="name a file in the setting `path`, such as `warehouse.duckdb`",
            )
        if not path.exists():
            _create(path, shown)
        with path.open("rb") as file:
            header = file.read(84)
    except OSError as error:
        raise _system_refusal(error, shown) from error
    if header[_MAGIC] != b"DUCK":
        raise WarehouseError(
            f"the warehouse {shown} is not a DuckDB file",
            code="DD703",
            hint="name another file in the setting `path`, or move this one away",
        )


def _create(path: Path, shown: str) -> None:
    """Make an empty warehouse file beside `path` and put it in place whole."""
    if path.with_name(path.name + ".wal").exists():
        raise WarehouseError(
            f"the warehouse {shown} is missing, but its log {path.name}.wal is there",
            code="DD703",
            hint=f"restore {path.name} from where it went, or move the log away",
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, "not a directory") from None
    beside = path.with_name(f".{path.name}.{os.getpid()}.{time.time_ns()}.new")
    try:
        with duckdb.connect(":memory:", config={"autoinstall_known_extensions": False}) as connection:
            quoted = str(beside).replace("'", "''")
            connection.execute(f"ATTACH '{quoted}' AS created (STORAGE_VERSION '{STORAGE_VERSION}')")
            connection.execute("DETACH created")
        with suppress(FileExistsError):
            os.link(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _system_refusal(error: OSError, shown: str) -> DataductError:
    reason = (error.strerror or str(error)).lower()
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StorageError(
            f"the disk of the warehouse {shown} is full", code="DD709", hint="free some space"
        )
    return WarehouseError(
        f"the warehouse {shown} cannot be opened: {reason}",
        code="DD704",
        hint="check the setting `path` and the permissions of the file and its directory",
    )


def _refusal(error: duckdb.Error, path: Path, shown: str) -> DataductError:
    text = str(error)
    if "version number" in text:
        return _newer_version(path, shown)
    if "not a valid DuckDB" in text or "Corrupt" in text or "checksum" in text:
        return WarehouseError(
            f"the warehouse {shown} is damaged",
            code="DD703",
            hint="restore it from a copy",
            details=(text.splitlines()[0],),
        )
    if "different configuration" in text:
        return WarehouseError(
            f"the warehouse {shown} is already open in this process with other settings", code="DD704"
        )
    if text.startswith("IO Error: Cannot open"):
        reason = text.splitlines()[0].rpartition(": ")[2].lower()
        return WarehouseError(
            f"the warehouse {shown} cannot be opened: {reason}",
            code="DD704",
            hint="check the setting `path` and the permissions of the file and its directory",
        )
    return translated(error)


def _newer_version(path: Path, shown: str) -> WarehouseError:
    with path.open("rb") as file:
        written_by = file.read(84)[_LIBRARY_VERSION].split(b"\0")[0].decode("ascii", "replace").lstrip("v")
    return WarehouseError(
        f"the warehouse {shown} was written by DuckDB {written_by}, and DuckDB {duckdb.__version__} cannot read it",
        code="DD702",
        hint="pip install --upgrade duckdb, or open the file with the newer version and copy its tables to a file "
        f"attached with STORAGE_VERSION '{STORAGE_VERSION}'",
    )
