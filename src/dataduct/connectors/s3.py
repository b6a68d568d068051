"""The connection type `s3`: it leads to files, which `extract-s3` copies, and gives no rows of its own."""

from collections.abc import Mapping
from pathlib import Path

from dataduct.connectors.base import Reader
from dataduct.errors import UserError


def open_reader(
    settings: Mapping[str, object], *, database: str | None = None, project_directory: Path | None = None
) -> Reader:
    """Refuse to read rows.

    Raises:
        UserError: Always: a bucket has no tables to query.
    """
    raise UserError(
        "a connection of type s3 leads to files and runs no queries",
        code="DD863",
        hint="bring its files into the run with `extract-s3`",
    )
