"""A directory for files of passing use, which never outlives its process for long."""

import fcntl
import os
import shutil
import stat
import tempfile
import threading
import weakref
from contextlib import suppress
from pathlib import Path

from dataduct.storage.failures import storage_errors

_LOCK = ".lock"


class Scratch:
    """A directory of this process's own below `root`, made when it is first asked for. Thread-safe.

    It is deleted with this object, at the end of the process at the latest. The directories of processes that were
    killed are deleted when the next one makes its own or calls `delete_abandoned`: their locks are free.

    Args:
        prefix: What the names of such directories begin with. Only those below `root` that begin so are deleted.
    """

    def __init__(self, root: Path, prefix: str) -> None:
        self._root = root
        self._prefix = prefix
        self._lock = threading.Lock()
        self._directory: Path | None = None

    @property
    def directory(self) -> Path:
        """The directory. Raises `StorageError` if it cannot be made."""
        with self._lock:
            if self._directory is None:
                with storage_errors("make a directory in", self._root):
                    self._root.mkdir(parents=True, exist_ok=True)
                    self.delete_abandoned()
                    made = Path(tempfile.mkdtemp(prefix=f".{self._prefix}", dir=self._root))
                    held = _lock(made / _LOCK)
                    directory = made.rename(self._root / made.name.removeprefix("."))
                weakref.finalize(self, _remove, directory, held)
                self._directory = directory
            return self._directory

    def delete_abandoned(self) -> None:
        """Delete the directories that this user's killed processes left.

        A directory gets its name when it is locked, so that none that somebody begins to use is among them.
        """
        for other in self._root.glob(f"{self._prefix}*"):
            with suppress(OSError):
                found = other.lstat()
                if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
                    _remove(other, _lock(other / _LOCK))


def _lock(path: Path) -> int:
    """Return a descriptor that holds the lock of a directory. Raises `OSError` if another process holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _remove(directory: Path, held: int) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    os.close(held)
