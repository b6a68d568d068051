"""The demo's airline database on real servers, with the rows of the SQLite file that the demo builds."""

import hashlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

TABLES = ("airlines", "airports", "planes", "weather", "flights")
_MYSQL_TYPES = {"TIMESTAMP": "DATETIME", "REAL": "DOUBLE"}
_POSTGRES_TYPES = {"REAL": "DOUBLE PRECISION"}
_ROWS_A_STATEMENT = 2_000


def copy_to_mariadb(source: Path, connection: Any) -> None:
    """Make the tables of the SQLite file in an open PyMySQL connection's database, with their rows."""
    with sqlite3.connect(source) as database, connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(_definition(database, table, _MYSQL_TYPES))
            rows = database.execute(f"SELECT * FROM {table}")
            while batch := rows.fetchmany(_ROWS_A_STATEMENT):
                marks = ", ".join(["%s"] * len(batch[0]))
                cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", batch)
    connection.commit()


def copy_to_postgres(source: Path, connection: Any) -> None:
    """Make the tables of the SQLite file in an open psycopg connection's database, with their rows."""
    with sqlite3.connect(source) as database, connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(_definition(database, table, _POSTGRES_TYPES))
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in database.execute(f"SELECT * FROM {table}"):
                    copy.write_row(row)
    connection.commit()


def checksum(rows: Iterable[tuple[Any, ...]]) -> tuple[int, str]:
    """Return the number of rows and a digest of all their values, whatever order they come in."""
    lines = sorted(repr(tuple(row)) for row in rows)
    return len(lines), hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _definition(database: sqlite3.Connection, table: str, types: dict[str, str]) -> str:
    columns = database.execute(f"PRAGMA table_info({table})").fetchall()
    key = [name for _, name, *_, place in sorted(columns, key=lambda column: column[5]) if place]
    lines = [f"{name} {types.get(kind, kind)}" for _, name, kind, *_ in columns]
    return f"CREATE TABLE {table} ({', '.join(lines)}, PRIMARY KEY ({', '.join(key)}))"
