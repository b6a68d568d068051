"""What MariaDB and PostgreSQL have in common as servers of a test run."""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from servers.certificates import CA_FILE, OTHER_CA_FILE
from servers.ports import HOST
from servers.supervised import Command, Supervised

PASSWORD = "p@ss:w/rd?#%20&'\"+="
"""The password of every user: one that breaks what does not quote it."""


@dataclass(frozen=True)
class Server(ABC):
    """A running database server.

    Its sessions begin in the time zone +05:30, so that code that leans on the server's time zone shows. Connections
    are accepted with TLS and without.

    Attributes:
        directory: Where its data, its certificates and its log are.
        port: TCP port on `host`.
        durable: Whether what is committed outlives `kill`. The shared servers trade that for speed.
    """

    directory: Path
    port: int
    durable: bool = False

    kind: ClassVar[str]
    scheme: ClassVar[str]
    user: ClassVar[str]
    host: ClassVar[str] = HOST
    password: ClassVar[str] = PASSWORD

    @property
    def ca_file(self) -> Path:
        """The authority that signed the server's certificate (for 127.0.0.1 and localhost)."""
        return self.directory / CA_FILE

    @property
    def other_ca_file(self) -> Path:
        """An authority that did not sign it."""
        return self.directory / OTHER_CA_FILE

    def root_settings(self) -> dict[str, Any]:
        """Return host, port, user and password of the user with all rights."""
        return self._settings(self.user)

    def restricted_user(self) -> dict[str, Any]:
        """Make a user that may only SELECT, in every database, and return its settings as `root_settings` does."""
        user = f"reader_{secrets.token_hex(4)}"
        self._create_reader(user)
        return self._settings(user)

    def url(self, database: str) -> str:
        """Return the address of a database, with user and password quoted."""
        return (
            f"{self.scheme}://{self.user}:{quote(self.password, safe='')}@{self.host}:{self.port}/{database}"
        )

    def fresh_database(self, name_hint: str = "test") -> str:
        """Make an empty database of a name that begins with `name_hint`, and return the name."""
        name = f"{name_hint[:40]}_{secrets.token_hex(5)}"
        self._create_database(name)
        return name

    @abstractmethod
    def connect(self, database: str | None = None, **options: Any) -> Any:
        """Return an autocommit DB-API connection of the user with all rights; the caller closes it."""

    def execute(self, *statements: str, database: str | None = None) -> list[tuple[Any, ...]]:
        """Run statements as the user with all rights, and return the rows of the last one."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def log(self) -> str:
        """Return the last lines of the server's log."""
        return Supervised(self.directory).log_end()

    @abstractmethod
    def accepts_connections(self) -> bool:
        """Return whether it does now."""

    @classmethod
    @abstractmethod
    def missing(cls) -> str | None:
        """Return which program is missing and how to get it, in one line, or None."""

    @abstractmethod
    def prepare(self) -> Command:
        """Write the files that the server needs, and return the commands that set it up and run it."""

    @abstractmethod
    def _create_database(self, name: str) -> None: ...

    @abstractmethod
    def _create_reader(self, user: str) -> None: ...

    def _settings(self, user: str) -> dict[str, Any]:
        return {"host": self.host, "port": self.port, "user": user, "password": self.password}


class PrivateServer(Server):
    """A test's own server, which may be stopped and killed. Its port stays the same."""

    def kill(self) -> None:
        """Kill it, as the power failing would; what was committed is there after `restart`."""
        Supervised(self.directory).order("kill")

    def stop(self) -> None:
        """Stop it in good order."""
        Supervised(self.directory).order("stop")

    def restart(self) -> None:
        """Stop it if it runs, start it again, and wait until it accepts connections."""
        supervised = Supervised(self.directory)
        supervised.order("stop")
        supervised.order("start")
        supervised.wait_until(self.accepts_connections)


def quoted(text: str) -> str:
    """Return a text without backslashes as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def first_existing(candidates: Iterable[Path | str | None]) -> Path | None:
    """Return the first of the files that exists."""
    return next((Path(path) for path in candidates if path and Path(path).exists()), None)
