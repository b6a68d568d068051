"""What the operating system's refusals mean, in words for the user."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dataduct.errors import StorageError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_DIRECTORY = {errno.ENOTDIR, errno.EEXIST}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


def storage_error(error: OSError, action: str, path: Path | str) -> StorageError:
    """Return the error to raise when the system refused to `action` (`write`) the file or directory `path`."""
    if error.errno in _FULL:
        return StorageError(
            f"cannot {action} {path}: the disk is full",
            code="DD741",
            hint="free space, or set `storage.path` to a larger disk",
        )
    if error.errno in _FORBIDDEN:
        reason = (
            "the file system is read-only"
            if error.errno == errno.EROFS
            else "permission is denied to this user"
        )
        return StorageError(
            f"cannot {action} {path}: {reason}",
            code="DD742",
            hint="give the user that runs dataduct the permission, or set `storage.path` to another directory",
        )
    reason = (error.strerror or str(error)).lower()
    in_the_way = error.errno in _NO_DIRECTORY
    return StorageError(
        f"cannot {action} {path}: {reason}",
        code="DD743",
        hint="a file is where a directory should be: move it, or set `storage.path` to a directory"
        if in_the_way
        else None,
    )


@contextmanager
def storage_errors(action: str, path: Path | str) -> Iterator[None]:
    """Raise an `OSError` of the block as the `StorageError` it means."""
    try:
        yield
    except OSError as error:
        raise storage_error(error, action, path) from error
