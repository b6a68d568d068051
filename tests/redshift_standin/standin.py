"""The stand-in as tests hold it: a process of its own, and the faults it is asked for.

A process, since drivers hold Python's interpreter lock while they wait for a server (psycopg's `cancel` does).
"""

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from redshift_standin.certificate import write_certificate
from redshift_standin.databases import Databases
from redshift_standin.endpoints import PostgresEndpoint, S3Endpoint
from redshift_standin.service import Cluster


class Standin:
    """A Redshift cluster made of a PostgreSQL server and an S3 endpoint.

    Args:
        postgres: The server, and a superuser of it.
        s3: Where COPY reads and UNLOAD writes, and what the roles' credentials are.
        users: Passwords by user; the users are made in PostgreSQL too, so that rights are real.
        iam_roles: The role ARNs that COPY and UNLOAD may name, with the buckets each may use (None: all).
        tls: Whether an SSLRequest is accepted.
        authentication: `md5` or `cleartext`, towards the client.
    """

    def __init__(
        self,
        postgres: PostgresEndpoint,
        s3: S3Endpoint,
        users: Mapping[str, str],
        iam_roles: Mapping[str, frozenset[str] | None],
        *,
        tls: bool = True,
        authentication: str = "md5",
    ) -> None:
        self.postgres = postgres
        self.s3 = s3
        self.users = dict(users)
        self.iam_roles = dict(iam_roles)
        self.authentication = authentication
        self.databases = Databases(postgres, users)
        self.port = 0
        self.certificate: Path | None = None
        self._tls = tls
        self._directory = tempfile.TemporaryDirectory()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> int:
        """Make users and template, start the process; return the port of 127.0.0.1 it listens on."""
        self.databases.prepare()
        tls = None
        if self._tls:
            self.certificate, key = write_certificate(Path(self._directory.name))
            tls = (str(self.certificate), str(key))
        cluster = Cluster(
            self.postgres,
            self.s3,
            self.users,
            self.iam_roles,
            tls,
            self.authentication,
            self.databases.user_ids(),
        )
        paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "redshift_standin.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)},
        )
        port = self._ask(cluster)
        if not isinstance(port, int):
            raise RuntimeError(f"the stand-in could not start: {port}")
        self.port = port
        return port

    def stop(self) -> None:
        """Drop all connections and end the process."""
        if self._process:
            assert self._process.stdin and self._process.stdout
            self._process.stdin.close()
            self._process.wait(30)
            self._process.stdout.close()
            self._process = None
        self._directory.cleanup()

    def _ask(self, message: object) -> object:
        if self._process is None:
            raise RuntimeError("the stand-in is not running")
        assert self._process.stdin and self._process.stdout
        pickle.dump(message, self._process.stdin)
        self._process.stdin.flush()
        try:
            return pickle.load(self._process.stdout)
        except EOFError:
            raise RuntimeError("the stand-in's process has ended") from None

    def die_before_commit(self) -> None:
        """Drop the connection of the next COMMIT before it is done: PostgreSQL rolls back."""
        self._ask(("arm_before_commit",))

    def die_after_commit(self) -> None:
        """Drop the connection of the next COMMIT after it is done, before the client is told."""
        self._ask(("arm_after_commit",))

    def fail_next(self, sqlstate: str, message: str, matching: str | None = None) -> None:
        """Fail the next statement, or the next that contains `matching` (in any case)."""
        self._ask(("arm_error", sqlstate, message, None, matching))

    def serialization_failure_next(self, table: str = "100123", matching: str | None = None) -> None:
        """Fail the next statement, or the next that contains `matching`, with error 1023."""
        self._ask(("arm_serialization_failure", table, matching))

    def clear_faults(self) -> None:
        """Disarm every fault that has not come yet."""
        self._ask(("clear",))
