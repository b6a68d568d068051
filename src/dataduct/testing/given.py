"""What a test gives: rows, files, tables and the databases behind connections."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from dataduct.errors import UserError
from dataduct.model.table import TableDefinition
from dataduct.sql.dialect import quoted
from dataduct.sql.table_definition import parse_table_definition

Rows: TypeAlias = Sequence[Mapping[str, Any]] | pa.Table
"""Rows as a list of mappings of column names to values, or as an Arrow table."""

Files: TypeAlias = Path | Sequence[Path]
"""A file, a directory, or several files."""

Given: TypeAlias = Rows | Files
Database: TypeAlias = str | Mapping[str, Sequence[Mapping[str, Any]]]
"""A SQL script for SQLite, or rows by table."""

_SQLITE_TYPES = ((bool, "BOOLEAN"), (int, "INTEGER"), (float, "REAL"), (bytes, "BLOB"))


def arrow_table(rows: Rows, *, of: str) -> pa.Table:
    """Return rows as an Arrow table; a key that some rows lack is NULL there.

    Raises:
        UserError: The values of a column have no common type, or a row is no mapping (DD574).
    """
    if isinstance(rows, pa.Table):
        return rows
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, Mapping):
            raise UserError(
                f"row {number} of {of} is `{type(row).__name__}`",
                code="DD574",
                hint="give each row as a mapping of column names to values",
            )
    columns = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        try:
            values = pa.array([row.get(name) for row in rows])
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise UserError(
                f"column `{name}` of {of} holds values of several types: {error}", code="DD574"
            ) from None
        columns[name] = values.cast(pa.string()) if pa.types.is_null(values.type) else values
    return pa.table(columns)


def write_rows(rows: Rows, file: Path, *, of: str) -> None:
    """Write rows as a Parquet file."""
    pq.write_table(arrow_table(rows, of=of), file)


def input_path(given: Given, directory: Path, *, of: str) -> str:
    """Return the path of the files given, or of the rows written to a file in `directory`."""
    if isinstance(given, Path):
        return str(given.resolve())
    if not isinstance(given, pa.Table) and given and all(isinstance(each, Path) for each in given):
        directory.mkdir(parents=True)
        for file in given:
            assert isinstance(file, Path)
            (directory / file.name).write_bytes(file.read_bytes())
        return str(directory)
    directory.mkdir(parents=True)
    write_rows(given, directory / "rows.parquet", of=of)
    return str(directory / "rows.parquet")


def definition_text(key: str, directories: Iterable[Path]) -> tuple[TableDefinition, str]:
    """Return the table that `key` defines: a CREATE TABLE statement, or the path of a file that holds one.

    Raises:
        UserError: There is no such file (DD574).
        ProblemsError: The statement is wrong.
    """
    text, shown = key, "tables of the test"
    if key.endswith(".sql") and "\n" not in key:
        file = next((path for each in directories if (path := each / key).is_file()), None)
        if file is None:
            raise UserError(f"there is no table definition `{key}`", code="DD574")
        text, shown = file.read_text(encoding="utf-8"), key
    return parse_table_definition(text, shown), text


def make_database(file: Path, database: Database) -> None:
    """Make a SQLite database of a script or of rows by table. Raises UserError (DD574)."""
    with closing(sqlite3.connect(file)) as connection:
        try:
            if isinstance(database, str):
                connection.executescript(database)
            else:
                for table, rows in database.items():
                    _fill(connection, table, rows)
            connection.commit()
        except sqlite3.Error as error:
            raise UserError(
                f"the database of connection `{file.stem}` cannot be made: {error}", code="DD574"
            ) from None


def _fill(connection: sqlite3.Connection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not names:
        raise UserError(
            f"table `{table}` of a connection has no columns",
            code="DD574",
            hint="give at least one row, or a SQL script that creates the table",
        )
    columns = ", ".join(f"{quoted(name)} {_sqlite_type([row.get(name) for row in rows])}" for name in names)
    connection.execute(f"CREATE TABLE {quoted(table)} ({columns})")
    connection.executemany(
        f"INSERT INTO {quoted(table)} VALUES ({', '.join('?' * len(names))})",
        [tuple(_sqlite_value(row.get(name)) for name in names) for row in rows],
    )


def _sqlite_type(values: Sequence[object]) -> str:
    known = [value for value in values if value is not None]
    return next(
        (name for kind, name in _SQLITE_TYPES if known and all(isinstance(v, kind) for v in known)), "TEXT"
    )


def _sqlite_value(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | float | bytes | str) else str(value)
