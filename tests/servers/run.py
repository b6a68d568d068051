"""The servers of one test run."""

import json
import pickle
import secrets
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

from servers.mariadb import MariaDb, PrivateMariaDb
from servers.ports import free_port, free_ports
from servers.postgres import Postgres, PrivatePostgres
from servers.s3 import S3Server
from servers.supervised import Process, ServerFailedError, Supervised, this_process

_ATTEMPTS = 3
_ADDRESS_IN_USE = "address already in use"

AnyServer = TypeVar("AnyServer", MariaDb, Postgres, S3Server, PrivateMariaDb, PrivatePostgres)


@dataclass(frozen=True)
class Run:
    """The servers of one test run: at most one of each kind that all its processes share, and tests' own ones.

    The process that begins the run closes it. Should it be killed, the supervisors end every server.

    Attributes:
        directory: Where all of it rests. It is made when the first server is asked for.
        owner: The process that began the run.
    """

    directory: Path
    owner: Process

    @classmethod
    def begin(cls) -> "Run":
        """Return a new run of this process. Its directory is one that a server under another user can reach."""
        root = Path("/tmp") if Path("/tmp").is_dir() else Path(tempfile.gettempdir())
        return cls(root / f"dataduct-tests-{secrets.token_hex(6)}", this_process())

    @classmethod
    def joined(cls, message: str) -> "Run":
        """Return the run of another process, from its `invitation`."""
        directory, owner = json.loads(message)
        return cls(Path(directory), (owner[0], owner[1]))

    def invitation(self) -> str:
        """Return a text from which another process can join."""
        return json.dumps([str(self.directory), self.owner])

    def mariadb(self) -> MariaDb:
        """Return the shared MariaDB server, starting it if nobody has."""
        return self._shared("mariadb", _new_mariadb)

    def postgres(self) -> Postgres:
        """Return the shared PostgreSQL server, starting it if nobody has."""
        return self._shared("postgres", _new_postgres)

    def s3(self) -> S3Server:
        """Return the shared S3 server, starting it if nobody has."""
        return self._shared("s3", _new_s3_server)

    def private_mariadb(self) -> PrivateMariaDb:
        """Start a MariaDB server for the caller alone; it ends with this process or by `end`."""
        return self._start("private-mariadb", _new_private_mariadb, [self.owner, this_process()])

    def private_postgres(self) -> PrivatePostgres:
        """Start a PostgreSQL server for the caller alone; it ends with this process or by `end`."""
        return self._start("private-postgres", _new_private_postgres, [self.owner, this_process()])

    def end(self, server: PrivateMariaDb | PrivatePostgres) -> None:
        """End one server and delete its data."""
        Supervised(server.directory).end()

    def close(self) -> None:
        """End every server, and delete the run's directory."""
        if not self.directory.exists():
            return
        directories = list(self._servers_directory.glob("*"))
        if directories:
            with ThreadPoolExecutor(len(directories)) as pool:
                list(pool.map(lambda directory: Supervised(directory).end(), directories))
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def _servers_directory(self) -> Path:
        return self.directory / "servers"

    def _shared(self, kind: str, new: Callable[[Path], AnyServer]) -> AnyServer:
        """Return the server that a process of this run has started, or start it."""
        self._make_directories()
        record = self.directory / f"{kind}.pickle"
        with FileLock(self.directory / f"{kind}.lock"):
            if record.exists():
                running: AnyServer = pickle.loads(record.read_bytes())
                return running
            server = self._start(kind, new, [self.owner])
            record.write_bytes(pickle.dumps(server))
            return server

    def _start(self, kind: str, new: Callable[[Path], AnyServer], watched: list[Process]) -> AnyServer:
        """Start a server in a directory of its own, on other ports if somebody was quicker to take them."""
        self._make_directories()
        for attempt in range(1, _ATTEMPTS + 1):
            directory = Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=self._servers_directory))
            directory.chmod(0o755)
            server = new(directory)
            supervised = Supervised.start(
                directory, server.prepare(), run_directory=self.directory, owner=self.owner, watched=watched
            )
            try:
                supervised.wait_until(server.accepts_connections)
            except ServerFailedError as error:
                supervised.end()
                if _ADDRESS_IN_USE not in str(error).lower() or attempt == _ATTEMPTS:
                    raise
            else:
                return server
        raise AssertionError

    def _make_directories(self) -> None:
        for directory in (self.directory, self._servers_directory):
            directory.mkdir(exist_ok=True)
            directory.chmod(0o755)


def _new_mariadb(directory: Path) -> MariaDb:
    return MariaDb(directory, free_port())


def _new_postgres(directory: Path) -> Postgres:
    return Postgres(directory, free_port())


def _new_s3_server(directory: Path) -> S3Server:
    port, *inner_ports = free_ports(1 + S3Server.inner_port_count)
    return S3Server(directory, port, tuple(inner_ports))


def _new_private_mariadb(directory: Path) -> PrivateMariaDb:
    return PrivateMariaDb(directory, free_port(), durable=True)


def _new_private_postgres(directory: Path) -> PrivatePostgres:
    return PrivatePostgres(directory, free_port(), durable=True)
