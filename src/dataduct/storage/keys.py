"""Keys of datasets: where in a storage the datasets of a run rest."""

import hashlib

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
