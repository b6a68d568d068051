"""The connection to the real PostgreSQL behind one client."""

import asyncio
import base64
import hashlib
import hmac
import secrets
import struct
from collections.abc import AsyncIterator

from redshift_standin import wire
from redshift_standin.endpoints import PostgresEndpoint
from redshift_standin.errors import BackendError, RedshiftError

Row = list[bytes | None]


class Backend:
    """A PostgreSQL connection that speaks the wire protocol.

    Attributes:
        status: Of the last ReadyForQuery: `I` outside, `T` in, `E` in a failed transaction.
        key: The payload of BackendKeyData: process id and secret.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.status = "I"
        self.key = b""

    @classmethod
    async def connect(
        cls, server: PostgresEndpoint, user: str, password: str, database: str, settings: dict[str, str]
    ) -> "Backend":
        """Connect and authenticate. Raises `BackendError` for what PostgreSQL refuses."""
        reader, writer = await asyncio.open_connection(server.host, server.port, limit=1 << 20)
        backend = cls(reader, writer)
        parameters = {"user": user, "database": database, **settings}
        body = struct.pack("!i", 196608)
        body += b"".join(f"{key}\0{value}\0".encode() for key, value in parameters.items()) + b"\0"
        writer.write(struct.pack("!i", len(body) + 4) + body)
        try:
            await backend._authenticate(user, password)
        except BaseException:
            writer.close()
            raise
        return backend

    async def _authenticate(self, user: str, password: str) -> None:
        scram: _Scram | None = None
        while True:
            kind, payload = await wire.read_message(self.reader)
            if kind == b"E":
                raise BackendError(wire.fields(payload))
            if kind == b"K":
                self.key = payload
            if kind == b"Z":
                self.status = payload.decode()
                return
            if kind != b"R":
                continue
            (code,) = struct.unpack_from("!i", payload)
            if code == 3:
                self.writer.write(wire.message(b"p", password.encode() + b"\0"))
            elif code == 5:
                self.writer.write(wire.message(b"p", md5_answer(user, password, payload[4:8]) + b"\0"))
            elif code == 10:
                scram = _Scram(password)
                first = scram.first()
                body = b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first
                self.writer.write(wire.message(b"p", body))
            elif code == 11 and scram:
                self.writer.write(wire.message(b"p", scram.final(payload[4:])))
            elif code == 12 and scram:
                scram.verify(payload[4:])
            elif code != 0:
                raise RedshiftError("28000", f"the database asks for authentication of kind {code}")

    def send(self, kind: bytes, payload: bytes = b"") -> None:
        """Write a message without waiting."""
        self.writer.write(wire.message(kind, payload))

    async def query(self, sql: str) -> list[Row]:
        """Run a statement of the stand-in's own by the simple protocol; return its rows, in text."""
        return [row async for row in self.rows(sql)]

    async def rows(self, sql: str) -> AsyncIterator[Row]:
        """Stream a statement's rows. The iterator must be read to its end."""
        self.send(b"Q", sql.encode() + b"\0")
        problem: BackendError | None = None
        while True:
            kind, payload = await wire.read_message(self.reader)
            if kind == b"D":
                yield wire.row_values(payload)
            elif kind == b"E":
                problem = BackendError(wire.fields(payload))
            elif kind == b"Z":
                self.status = payload.decode()
                break
        if problem:
            raise problem

    async def describe(self, sql: str) -> list[tuple[str, int, int]]:
        """The columns of a query: name, type OID, type modifier. Does not end a transaction block."""
        self.send(b"P", b"redshift_standin\0" + sql.encode() + b"\0" + struct.pack("!h", 0))
        self.send(b"D", b"Sredshift_standin\0")
        self.send(b"C", b"Sredshift_standin\0")
        self.send(b"S")
        problem: BackendError | None = None
        columns: list[tuple[str, int, int]] = []
        while True:
            kind, payload = await wire.read_message(self.reader)
            if kind == b"T":
                columns = wire.row_fields(payload)
            elif kind == b"E":
                problem = BackendError(wire.fields(payload))
            elif kind == b"Z":
                self.status = payload.decode()
                break
        if problem:
            raise problem
        return columns

    async def copy_in(self, sql: str, chunks: AsyncIterator[bytes]) -> None:
        """Feed a COPY FROM STDIN; an error of the iterator fails the COPY and is raised again."""
        self.send(b"Q", sql.encode() + b"\0")
        while True:
            kind, payload = await wire.read_message(self.reader)
            if kind == b"G":
                break
            if kind == b"E":
                problem = BackendError(wire.fields(payload))
                await self._ready()
                raise problem
        failure: BaseException | None = None
        try:
            async for chunk in chunks:
                self.send(b"d", chunk)
                await self.writer.drain()
            self.send(b"c")
        except Exception as error:  # noqa: BLE001 - whatever it was, the COPY under way has to be ended first
            failure = error
            self.send(b"f", b"ended by the stand-in\0")
        said = await self._ready()
        if failure:
            raise failure
        if said:
            raise said

    async def copy_out(self, sql: str) -> AsyncIterator[bytes]:
        """The payloads of COPY TO STDOUT. The iterator must be read to its end."""
        self.send(b"Q", sql.encode() + b"\0")
        problem: BackendError | None = None
        while True:
            kind, payload = await wire.read_message(self.reader)
            if kind == b"d":
                yield payload
            elif kind == b"E":
                problem = BackendError(wire.fields(payload))
            elif kind == b"Z":
                self.status = payload.decode()
                break
        if problem:
            raise problem

    async def _ready(self) -> BackendError | None:
        problem: BackendError | None = None
        while True:
            kind, payload = await wire.read_message(self.reader)
            if kind == b"E":
                problem = BackendError(wire.fields(payload))
            elif kind == b"Z":
                self.status = payload.decode()
                return problem

    async def fail(self) -> None:
        """Make PostgreSQL's transaction, or the extended batch under way, fail as the client is told it has."""
        self.send(b"Q", b"refused by redshift\0")
        await self._ready()

    def abort(self) -> None:
        """Drop the connection: PostgreSQL rolls back."""
        self.writer.transport.abort()


def md5_answer(user: str, password: str, salt: bytes) -> bytes:
    """The answer to an MD5 challenge, without the final zero."""
    inner = hashlib.md5(password.encode() + user.encode()).hexdigest()
    return b"md5" + hashlib.md5(inner.encode() + salt).hexdigest().encode()


class _Scram:
    """The client's side of SCRAM-SHA-256 without channel binding."""

    def __init__(self, password: str) -> None:
        self.password = password.encode()
        self.nonce = secrets.token_urlsafe(18)
        self.signature = b""

    def first(self) -> bytes:
        return f"n,,n=,r={self.nonce}".encode()

    def final(self, server_first: bytes) -> bytes:
        told = dict(part.split("=", 1) for part in server_first.decode().split(","))
        if not told["r"].startswith(self.nonce):
            raise RedshiftError("28000", "the database answered with another nonce")
        salted = hashlib.pbkdf2_hmac("sha256", self.password, base64.b64decode(told["s"]), int(told["i"]))
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        without_proof = f"c=biws,r={told['r']}"
        signed = f"n=,r={self.nonce},{server_first.decode()},{without_proof}".encode()
        stored = hashlib.sha256(client_key).digest()
        mask = hmac.digest(stored, signed, "sha256")
        proof = bytes(a ^ b for a, b in zip(client_key, mask, strict=True))
        self.signature = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), signed, "sha256")
        return f"{without_proof},p={base64.b64encode(proof).decode()}".encode()

    def verify(self, server_final: bytes) -> None:
        if base64.b64decode(server_final[2:]) != self.signature:
            raise RedshiftError("28000", "the database does not know the password")
