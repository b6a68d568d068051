"""The fixture `redshift_server`: the stand-in over the shared PostgreSQL and S3 servers of the test run."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from redshift_standin.endpoints import PostgresEndpoint, S3Endpoint
from redshift_standin.standin import Standin
from servers import Postgres, S3Server

ROLE = "arn:aws:iam::123456789012:role/redshift-copy"
OTHER_ROLE = "arn:aws:iam::123456789012:role/no-such-role"
USER = "redshift_user"
READER = "redshift_reader"
PASSWORD = "Redshift-1'\"\\%"


@dataclass
class RedshiftServer:
    """The stand-in as tests use it.

    Attributes:
        iam_role: An ARN that COPY and UNLOAD accept.
        bucket: An S3 bucket of this test process's own.
        standin: The stand-in itself, for its faults.
        s3: The S3 server it reads and writes.
        reader: A second user, without rights in the databases.
    """

    standin: Standin
    s3: S3Server
    bucket: str
    host: str = "127.0.0.1"
    user: str = USER
    password: str = PASSWORD
    reader: str = READER
    iam_role: str = ROLE
    _databases: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.standin.port

    def fresh_database(self, name_hint: str = "redshift") -> str:
        """Make an empty database that `user` owns; return its name."""
        name = self.standin.databases.create(name_hint, USER)
        self._databases.append(name)
        return name

    def settings(self, database: str) -> dict[str, Any]:
        """Keyword arguments of redshift_connector's `connect`, without TLS."""
        return {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "database": database,
            "ssl": False,
        }

    def drop_databases(self) -> None:
        """Drop what `fresh_database` has made."""
        for name in self._databases:
            self.standin.databases.drop(name)
        self._databases.clear()


@pytest.fixture(scope="session")
def redshift_server(postgres_server: Postgres, s3_server: S3Server) -> Iterator[RedshiftServer]:
    """An Amazon Redshift stand-in for this test process."""
    settings = postgres_server.root_settings()
    postgres = PostgresEndpoint(settings["host"], settings["port"], settings["user"], settings["password"])
    s3 = S3Endpoint(s3_server.endpoint, s3_server.access_key, s3_server.secret_key, s3_server.region)
    standin = Standin(postgres, s3, {USER: PASSWORD, READER: PASSWORD}, {ROLE: None})
    standin.start()
    server = RedshiftServer(standin, s3_server, s3_server.fresh_bucket())
    yield server
    server.drop_databases()
    standin.stop()
