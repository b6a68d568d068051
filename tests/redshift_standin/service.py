"""The server of the stand-in: clients are let in here, each then has a session."""

import asyncio
import datetime
import itertools
import secrets
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from redshift_standin import wire
from redshift_standin.backend import Backend, md5_answer
from redshift_standin.certificate import server_context
from redshift_standin.databases import Databases
from redshift_standin.endpoints import PostgresEndpoint, S3Endpoint
from redshift_standin.errors import BackendError, ConnectionDroppedError, RedshiftError
from redshift_standin.faults import Faults
from redshift_standin.session import Session

_ACCEPTED = {"application_name", "options"}


@dataclass(frozen=True)
class Cluster:
    """What a stand-in is made of, as it is handed to its process.

    Attributes:
        users: Passwords by user.
        iam_roles: Role ARNs, with the buckets each may use (None: all).
        tls: The paths of a certificate and its key, or None: no TLS.
        authentication: `md5` or `cleartext`, towards the client.
        user_ids: PostgreSQL's OIDs by user.
    """

    postgres: PostgresEndpoint
    s3: S3Endpoint
    users: dict[str, str]
    iam_roles: dict[str, frozenset[str] | None]
    tls: tuple[str, str] | None
    authentication: str
    user_ids: dict[str, int]


class Service:
    """Lets clients in and serves each of them. Lives in a process of its own."""

    def __init__(self, cluster: Cluster) -> None:
        self.postgres = cluster.postgres
        self.s3 = cluster.s3
        self.users = cluster.users
        self.iam_roles = cluster.iam_roles
        self.authentication = cluster.authentication
        self.faults = Faults()
        self.databases = Databases(cluster.postgres, cluster.users)
        self._user_ids = cluster.user_ids
        self._queries = itertools.count(1000)
        self._context = server_context(*map(Path, cluster.tls)) if cluster.tls else None
        self._sessions: set[asyncio.Task[None]] = set()

    async def listen(self) -> int:
        """Listen on a free port of 127.0.0.1; return the port."""
        server = await asyncio.start_server(self._client, "127.0.0.1", 0, limit=1 << 20)
        port: int = server.sockets[0].getsockname()[1]
        return port

    # What sessions ask for

    def next_query(self) -> int:
        """The id of a new query."""
        return next(self._queries)

    def now(self) -> str:
        """The time, as stl tables keep it: UTC."""
        return datetime.datetime.now(datetime.UTC).replace(tzinfo=None).isoformat(" ")

    def user_id(self, user: str) -> int:
        """PostgreSQL's OID of a user."""
        return self._user_ids[user]

    async def record_load_errors(self, database: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Write rows of stl_load_errors on a connection of the stand-in's own."""
        await asyncio.to_thread(self.databases.record_load_errors, database, list(rows))

    # Clients

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._sessions.add(task)
        try:
            await self._serve(reader, writer)
        except (ConnectionDroppedError, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._sessions.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        parameters = await self._startup(reader, writer)
        if parameters is None:
            return
        user = parameters.get("user", "")
        database = parameters.get("database", user)
        try:
            await self._authenticate(reader, writer, user)
            settings = {key: value for key, value in parameters.items() if key in _ACCEPTED}
            settings["client_encoding"] = "UTF8"
            backend = await Backend.connect(self.postgres, user, self.users[user], database, settings)
        except RedshiftError as error:
            told = RedshiftError(error.sqlstate, error.message) if isinstance(error, BackendError) else error
            writer.write(wire.report(b"E", {"S": "FATAL", "C": told.sqlstate, "M": told.message}))
            await writer.drain()
            return
        session = Session(self, reader, writer, backend, user, database)
        try:
            self._greet(writer, backend, user)
            await session.run()
        finally:
            backend.abort()
            await asyncio.shield(session.commands.lost())

    async def _startup(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> dict[str, str] | None:
        while True:
            (length,) = struct.unpack("!i", await reader.readexactly(4))
            body = await reader.readexactly(length - 4)
            (code,) = struct.unpack_from("!i", body)
            if code == wire.SSL_REQUEST and self._context:
                writer.write(b"S")
                await writer.drain()
                await writer.start_tls(self._context)
            elif code in (wire.SSL_REQUEST, wire.GSS_REQUEST):
                writer.write(b"N")
            elif code == wire.CANCEL_REQUEST:
                await self._cancel(body)
                return None
            else:
                parts = body[4:].split(b"\0")
                pairs = zip(parts[::2], parts[1::2], strict=False)
                return {key.decode(): value.decode() for key, value in pairs if key}

    async def _cancel(self, body: bytes) -> None:
        _, writer = await asyncio.open_connection(self.postgres.host, self.postgres.port)
        writer.write(struct.pack("!i", len(body) + 4) + body)
        await writer.drain()
        writer.close()

    async def _authenticate(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, user: str
    ) -> None:
        salt = secrets.token_bytes(4)
        asked = struct.pack("!i", 3) if self.authentication == "cleartext" else struct.pack("!i", 5) + salt
        writer.write(wire.message(b"R", asked))
        kind, payload = await wire.read_message(reader)
        password = self.users.get(user)
        answer = payload.rstrip(b"\0")
        if kind != b"p" or password is None:
            raise RedshiftError("28000", f'password authentication failed for user "{user}"')
        wanted = password.encode() if self.authentication == "cleartext" else md5_answer(user, password, salt)
        if not secrets.compare_digest(answer, wanted):
            raise RedshiftError("28000", f'password authentication failed for user "{user}"')

    def _greet(self, writer: asyncio.StreamWriter, backend: Backend, user: str) -> None:
        writer.write(wire.message(b"R", struct.pack("!i", 0)))
        superuser = "on" if user == self.postgres.user else "off"
        for name, value in {
            "server_version": "8.0.2",
            "server_encoding": "UNICODE",
            "client_encoding": "UNICODE",
            "is_superuser": superuser,
            "session_authorization": user,
            "integer_datetimes": "on",
            "padb_version": "1.0.98102",
            "padb_revision": "Unknown",
            "max_varchar_size": "65535",
            "max_numeric_precision": "38",
            "external_id": "",
        }.items():
            writer.write(wire.parameter(name, value))
        writer.write(wire.message(b"K", backend.key))
        writer.write(wire.message(b"Z", b"I"))
