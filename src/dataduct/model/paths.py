"""Paths as messages and plans show them."""

from pathlib import Path


def path_below(path: Path, root: Path | None) -> str:
    """Return `path` relative to `root` if it lies below it, and as it is otherwise."""
    return str(path.relative_to(root)) if root is not None and path.is_relative_to(root) else str(path)
