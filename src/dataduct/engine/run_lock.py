"""One process at a time runs one pipeline for one run date."""

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from dataduct.errors import LockTimeoutError, StorageError
from dataduct.storage.keys import safe_segment

_POLL_SECONDS = 0.1


@contextmanager
def run_lock(
    directory: Path,
    pipeline: str,
    run_date: str,
    run_id: str,
    *,
    timeout: float,
    on_wait: Callable[[str], None],
) -> Iterator[None]:
    """Hold the lock of a pipeline and run date while the block runs; it ends with its process, however that ends.

    Args:
        directory: Where the lock files are; made if missing.
        timeout: Longest time, in seconds, to wait for another process.
        on_wait: Told once, if another process holds the lock, who does.

    Raises:
        LockTimeoutError: Another process held the lock for longer than `timeout` (DD920).
        StorageError: The lock file cannot be written (DD921).
    """
    path = directory / f"{safe_segment(f'{pipeline} {run_date}')}.lock"
    owner = path.with_suffix(".owner")
    lock = FileLock(path)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _acquire(lock, timeout, lambda: _holder(owner, pipeline, run_date), on_wait)
        try:
            owner.write_text(f"{run_id}\n{os.getpid()}\n", encoding="utf-8")
        except OSError:
            lock.release()
            raise
    except OSError as error:
        if isinstance(error, Timeout):
            raise
        raise StorageError(
            f"the lock file {path} cannot be written: {error.strerror}", code="DD921"
        ) from error
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            owner.unlink()
        lock.release()


def _acquire(
    lock: FileLock, timeout: float, holder: Callable[[], str], on_wait: Callable[[str], None]
) -> None:
    with contextlib.suppress(Timeout):
        lock.acquire(timeout=0)
        return
    on_wait(f"{holder()}; waiting up to {timeout:g} seconds")
    try:
        lock.acquire(timeout=timeout, poll_interval=_POLL_SECONDS)
    except Timeout:
        raise LockTimeoutError(
            f"{holder()} and was not over after {timeout:g} seconds",
            code="DD920",
            hint="wait until it ends, or raise `lock_timeout` under `engine:` in dataduct.yml",
        ) from None


def _holder(owner: Path, pipeline: str, run_date: str) -> str:
    """Return who holds the lock, as far as its note tells."""
    try:
        run_id, pid = owner.read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return f"a run of pipeline `{pipeline}` for {run_date} is in progress in another process"
    return f"run {run_id} of pipeline `{pipeline}` for {run_date} is in progress in process {pid}"
