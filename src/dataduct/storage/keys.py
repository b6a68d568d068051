"""Keys of datasets: where in a storage the datasets of a run rest."""

import hashlib
from pathlib import PurePosixPath

from dataduct.errors import StorageError

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
_LONGEST = 120
_DIGEST = 16


def dataset_key(pipeline: str, run_date: str, run_id: str, step: str, node: str) -> str:
    """Return the key of the dataset that output node `node` of `step` writes in one run.

    Different names give different keys; every segment is a safe file name of at most 120 characters.
    """
    return run_prefix(pipeline, run_date, run_id) + "/".join(map(safe_segment, (step, node)))


def run_prefix(pipeline: str, run_date: str, run_id: str) -> str:
    """Return what the keys of all datasets of one run begin with; it ends with a slash."""
    return "/".join(map(safe_segment, (pipeline, run_date, run_id))) + "/"


def safe_segment(name: str) -> str:
    """Return `name` as a file name: bytes other than letters, digits, `.`, `_` and `-` percent-encoded.

    A leading dot is encoded too; a long name ends in `~` and a digest of the whole name.
    """
    encoded = "".join(
        chr(byte) if byte in _PLAIN and not (byte == ord(".") and index == 0) else f"%{byte:02X}"
        for index, byte in enumerate(name.encode("utf-8", "surrogatepass"))
    )
    if not encoded:
        return "%"
    if len(encoded) <= _LONGEST:
        return encoded
    digest = hashlib.sha256(encoded.encode("ascii")).hexdigest()[:_DIGEST]
    return f"{encoded[: _LONGEST - _DIGEST - 1]}~{digest}"


def is_safe_part(path: str) -> bool:
    """Return whether `path` is a relative path of visible names that stays below its directory."""
    pure = PurePosixPath(path)
    return (
        bool(pure.parts)
        and not pure.is_absolute()
        and "\0" not in path
        and not any(segment.startswith(".") for segment in pure.parts)
    )


def check_key(key: str) -> None:
    """Raise `StorageError` (DD749) if `key` cannot name a dataset."""
    if not is_safe_part(key) or any(not segment for segment in key.split("/")):
        raise _unsafe(key)


def check_part(part: str) -> None:
    """Raise `StorageError` (DD749) if `part` cannot name a part of a dataset."""
    if not is_safe_part(part):
        raise _unsafe(part)


def check_prefix(prefix: str) -> None:
    """Raise `StorageError` (DD749) if no key can begin with `prefix`."""
    if prefix.startswith("/") or any(segment.startswith(".") for segment in prefix.split("/")):
        raise _unsafe(prefix)


def _unsafe(name: str) -> StorageError:
    return StorageError(
        f"{name!r} cannot name a dataset or a part of one",
        code="DD749",
        hint="use relative names without `..` and without a leading dot",
    )
