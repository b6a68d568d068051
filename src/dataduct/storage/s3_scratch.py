"""A directory for files on their way from or to a bucket, which never outlives its process for long."""

import fcntl
import os
import shutil
import tempfile
import threading
import weakref
from contextlib import suppress
from pathlib import Path

from dataduct.storage.failures import storage_errors

_NAME = "s3-"
_LOCK = ".lock"


class Scratch:
    """A directory of this process's own below `root`, made when it is first asked for. Thread-safe.

    It is deleted with this object, at the end of the process at the latest. The directories of processes that were
    killed are deleted when the next one makes its own: their locks are free.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._directory: Path | None = None

    @property
    def directory(self) -> Path:
        """The directory. Raises `StorageError` if it cannot be made."""
        with self._lock:
            if self._directory is None:
                with storage_errors("make a directory in", self._root):
                    self._root.mkdir(parents=True, exist_ok=True)
                    self._delete_abandoned()
                    directory = Path(tempfile.mkdtemp(prefix=_NAME, dir=self._root))
                    held = _lock(directory / _LOCK)
                weakref.finalize(self, _remove, directory, held)
                self._directory = directory
            return self._directory

    def _delete_abandoned(self) -> None:
        for other in self._root.glob(f"{_NAME}*"):
            lock = other / _LOCK
            if not lock.exists():  # made by a process that is about to lock it
                continue
            with suppress(OSError):
                _remove(other, _lock(lock))


def _lock(path: Path) -> int:
    """Return a descriptor that holds the lock of a directory. Raises `OSError` if another process holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _remove(directory: Path, held: int) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    os.close(held)
