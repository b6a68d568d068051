"""Databases, users and system tables of the stand-in, by connections of its own."""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from redshift_standin.endpoints import PostgresEndpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

_CATALOG = Path(__file__).with_name("catalog.sql")
_LOCK = 80_02


class Databases:
    """The administrator's side of the real PostgreSQL."""

    def __init__(self, server: PostgresEndpoint, users: Mapping[str, str]) -> None:
        self.server = server
        self.users = dict(users)
        self.template = "redshift_template_" + hashlib.sha256(_CATALOG.read_bytes()).hexdigest()[:12]

    @contextmanager
    def _connection(self, database: str) -> "Iterator[psycopg.Connection[tuple[object, ...]]]":
        with psycopg.connect(
            host=self.server.host,
            port=self.server.port,
            user=self.server.user,
            password=self.server.password,
            dbname=database,
            autocommit=True,
        ) as connection:
            yield connection

    def prepare(self) -> None:
        """Create the users and the template database, once per server."""
        with self._connection(self.server.database) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
            for user, password in self.users.items():
                known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (user,)).fetchone()
                if user == self.server.user:
                    continue
                verb = "ALTER" if known else "CREATE"
                command = sql.SQL(verb + " ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(user), password)
                connection.execute(command)
            known = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (self.template,)
            ).fetchone()
            if not known:
                self._make_template(connection)

    def _make_template(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        making = f"{self.template}_making"
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(making)))
        command = "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
        connection.execute(sql.SQL(command).format(sql.Identifier(making)))
        with self._connection(making) as inside:
            inside.execute(_CATALOG.read_bytes())
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        connection.execute(rename.format(sql.Identifier(making), sql.Identifier(self.template)))

    def create(self, name_hint: str, owner: str) -> str:
        """Create an empty Redshift database that a user owns; return its name."""
        name = f"{name_hint}_{uuid.uuid4().hex[:10]}".lower()
        with self._connection(self.server.database) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
            command = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
            names = [sql.Identifier(part) for part in (name, self.template, owner)]
            connection.execute(command.format(*names))
            for setting in (
                "standard_conforming_strings = off",
                "escape_string_warning = off",
                "timezone = 'UTC'",
                "bytea_output = 'hex'",
                "default_transaction_isolation = 'repeatable read'",
            ):
                connection.execute(sql.SQL("ALTER DATABASE {} SET " + setting).format(names[0]))
        return name

    def drop(self, name: str) -> None:
        """Drop a database, its connections too."""
        with self._connection(self.server.database) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def user_ids(self) -> dict[str, int]:
        """PostgreSQL's OID of each user."""
        with self._connection(self.server.database) as connection:
            rows = connection.execute("SELECT rolname, oid::int8 FROM pg_roles").fetchall()
        return {str(name): int(str(oid)) for name, oid in rows}

    def record_load_errors(self, database: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Write rows of stl_load_errors that no rollback takes away."""
        with self._connection(database) as connection:
            connection.execute("SELECT pg_internal.record_load_errors(%s)", (json.dumps(list(rows)),))
