"""The stand-in: a server on a thread of its own."""

import asyncio
import datetime
import itertools
import secrets
import ssl
import struct
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from redshift_standin import wire
from redshift_standin.backend import Backend, md5_answer
from redshift_standin.certificate import server_context, write_certificate
from redshift_standin.databases import Databases
from redshift_standin.endpoints import PostgresEndpoint, S3Endpoint
from redshift_standin.errors import BackendError, ConnectionDropped, RedshiftError, serialization_failure
from redshift_standin.faults import Faults
from redshift_standin.session import Session

_ACCEPTED = {"application_name", "options"}


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
        self.faults = Faults()
        self.databases = Databases(postgres, users)
        self.port = 0
        self._queries = itertools.count(1000)
        self._directory = tempfile.TemporaryDirectory()
        self._context: ssl.SSLContext | None = None
        self.certificate: Path | None = None
        if tls:
            self.certificate, key = write_certificate(Path(self._directory.name))
            self._context = server_context(self.certificate, key)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._sessions: set[asyncio.Task[None]] = set()

    def start(self) -> int:
        """Make users and template, listen on a free port of 127.0.0.1; return the port."""
        self.databases.prepare()
        self._user_ids = self.databases.user_ids()
        started: list[BaseException | int] = []
        ready = threading.Event()

        def serve() -> None:
            loop = asyncio.new_event_loop()
            self._loop = loop
            try:
                server = loop.run_until_complete(asyncio.start_server(self._client, "127.0.0.1", 0, limit=1 << 20))
                started.append(server.sockets[0].getsockname()[1])
            except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
                started.append(error)
                return
            finally:
                ready.set()
            loop.run_forever()
            server.close()
            loop.run_until_complete(self._end_sessions())
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

        self._thread = threading.Thread(target=serve, name="redshift-standin", daemon=True)
        self._thread.start()
        ready.wait(30)
        if not started or isinstance(started[0], BaseException):
            raise RuntimeError("the stand-in could not listen") from (started[0] if started else None)  # type: ignore[arg-type]
        self.port = started[0]
        return self.port

    def stop(self) -> None:
        """Drop all connections and stop listening."""
        if self._loop and self._thread:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(30)
            self._loop = self._thread = None
        self._directory.cleanup()

    async def _end_sessions(self) -> None:
        for task in list(self._sessions):
            task.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    # Faults

    def die_before_commit(self) -> None:
        """Drop the connection of the next COMMIT before it is done: PostgreSQL rolls back."""
        self.faults.arm_before_commit()

    def die_after_commit(self) -> None:
        """Drop the connection of the next COMMIT after it is done, before the client is told."""
        self.faults.arm_after_commit()

    def fail_next(self, sqlstate: str, message: str, matching: str | None = None) -> None:
        """Fail the next statement, or the next that contains `matching` (in any case)."""
        self.faults.arm_error(RedshiftError(sqlstate, message), matching)

    def serialization_failure_next(self, table: str = "100123", matching: str | None = None) -> None:
        """Fail the next statement, or the next that contains `matching`, with error 1023."""
        self.faults.arm_error(serialization_failure(table), matching)

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
        except (ConnectionDropped, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
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
