"""One client's session: the wire protocol, statement by statement."""

import asyncio
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_standin import wire
from redshift_standin.backend import Backend
from redshift_standin.commands import Commands
from redshift_standin.errors import BackendError, ConnectionDroppedError, RedshiftError, serialization_failure
from redshift_standin.statements import Action, Statement, read_statements

if TYPE_CHECKING:
    from redshift_standin.service import Service

# PostgreSQL's jsonb and bytea as Redshift's SUPER and VARBYTE; text as VARCHAR.
_OIDS = {3802: 4000, 17: 6551, 25: wire.VARCHAR}
_REPORTED = {"client_encoding", "session_authorization", "is_superuser", "integer_datetimes"}
_FORWARDED = (Action.FORWARD, Action.OUTSIDE)


@dataclass(slots=True)
class _Prepared:
    """A prepared statement: the parsed statement, None for an empty one."""

    statement: Statement | None


class Session:
    """A client that has been let in, and its backend."""

    def __init__(
        self,
        standin: "Service",
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        backend: Backend,
        user: str,
        database: str,
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.backend = backend
        self.faults = standin.faults
        self.commands = Commands(standin, backend, user, database)
        self.prepared: dict[str, _Prepared] = {}
        self.portals: dict[str, _Prepared] = {}
        self.skipping = False

    async def run(self) -> None:
        """Serve the client until it leaves."""
        while True:
            kind, payload = await wire.read_message(self.reader)
            if kind == b"X":
                return
            if kind == b"Q":
                await self._simple_query(wire.cstring(payload, 0)[0])
            elif kind == b"S":
                await self._sync(payload)
            elif kind == b"H":
                await self.writer.drain()
            elif kind in b"PBDEC" and not self.skipping:
                await self._extended(kind, payload)
            elif kind == b"F":
                await self._refuse(
                    RedshiftError("0A000", "function calls by the fast path are not supported")
                )
                self.skipping = True
            await self.writer.drain()

    # Simple protocol

    async def _simple_query(self, sql: str) -> None:
        try:
            statements = read_statements(sql)
            if not statements:
                self.writer.write(wire.message(b"I"))
            await self._run_simple(statements)
        except RedshiftError as error:
            await self._refuse(error)
        await self._transaction_ended()
        self._ready()

    async def _run_simple(self, statements: list[Statement]) -> None:
        """Several statements of one string are one transaction, unless they begin one themselves."""
        control = {"begin", "start", "commit", "end", "rollback", "abort"}
        several = len(statements) > 1 and self.backend.status == "I"
        implicit = several and not any(
            s.first_word in control or s.action is Action.OUTSIDE for s in statements
        )
        if implicit:
            await self.backend.query("BEGIN")
        for statement in statements:
            await self._run_one(statement)
        if implicit and self.backend.status != "I":
            await self.backend.query("COMMIT")

    async def _run_one(self, statement: Statement) -> None:
        self._take_fault(statement)
        if statement.action in _FORWARDED:
            self.backend.send(b"Q", statement.sql.encode() + b"\0")
            problem = await self._relay_until_ready()
            if problem:
                raise problem
        else:
            await self._run_own(statement)
        await self.commands.count_query(statement)

    async def _relay_until_ready(self) -> RedshiftError | None:
        problem: RedshiftError | None = None
        while True:
            kind, payload = await wire.read_message(self.backend.reader)
            if kind == b"Z":
                self.backend.status = payload.decode()
                return problem
            if kind == b"E":
                problem = translated(BackendError(wire.fields(payload)))
            else:
                await self._relay(kind, payload)

    async def _relay(self, kind: bytes, payload: bytes) -> None:
        if kind == b"S":
            name, _ = wire.cstring(payload, 0)
            if name not in _REPORTED:
                return
        if kind == b"T":
            payload = wire.replace_oids(payload, _OIDS)
        self.writer.write(wire.message(kind, payload))
        if kind == b"D":
            await self.writer.drain()

    def _ready(self) -> None:
        self.writer.write(wire.message(b"Z", self.backend.status.encode()))

    async def _refuse(self, error: RedshiftError) -> None:
        """Tell the client of an error, and have PostgreSQL's transaction fail where it has not."""
        if not isinstance(error, BackendError) and self.backend.status == "T":
            await self.backend.fail()
        self.writer.write(wire.error(error))

    def _take_fault(self, statement: Statement) -> None:
        problem = self.faults.take_error(statement.first_word, statement.text)
        if problem:
            raise problem

    # The stand-in's own statements

    async def _run_own(self, statement: Statement) -> None:
        if statement.action is Action.COMMIT:
            await self._commit()
            return
        if self.backend.status == "E":
            raise RedshiftError(
                "25P02", "current transaction is aborted, commands ignored until end of transaction block"
            )
        try:
            tag, info = await self.commands.run(statement)
        except BackendError as error:
            raise translated(error) from None
        if info:
            self.writer.write(wire.info(info))
        self.writer.write(wire.complete(tag))

    async def _commit(self) -> None:
        if self.faults.take_before_commit():
            self.backend.abort()
            raise ConnectionDroppedError
        self.backend.send(b"Q", b"COMMIT\0")
        losing = self.faults.take_after_commit()
        while True:
            kind, payload = await wire.read_message(self.backend.reader)
            if kind == b"Z":
                self.backend.status = payload.decode()
                break
            if kind == b"E":
                problem = translated(BackendError(wire.fields(payload)))
                await self._finish_commit()
                raise problem
            if kind == b"C":
                self.commands.committed = payload != b"ROLLBACK\0"
            if not losing:
                await self._relay(kind, payload)
        if losing:
            raise ConnectionDroppedError

    async def _finish_commit(self) -> None:
        while True:
            kind, payload = await wire.read_message(self.backend.reader)
            if kind == b"Z":
                self.backend.status = payload.decode()
                return

    async def _transaction_ended(self) -> None:
        if self.backend.status == "I":
            await self.commands.transaction_ended()

    # Extended protocol

    async def _sync(self, payload: bytes) -> None:
        self.skipping = False
        self.backend.send(b"S", payload)
        problem = await self._relay_until_ready()
        if problem:
            self.writer.write(wire.error(problem))
        await self._transaction_ended()
        self._ready()

    async def _extended(self, kind: bytes, payload: bytes) -> None:
        try:
            await {
                b"P": self._parse,
                b"B": self._bind,
                b"D": self._describe,
                b"E": self._execute,
                b"C": self._close,
            }[kind](payload)
        except RedshiftError as error:
            self.skipping = True
            if not isinstance(error, BackendError):
                await self.backend.fail()
            self.writer.write(wire.error(error))

    async def _parse(self, payload: bytes) -> None:
        name, at = wire.cstring(payload, 0)
        sql, at = wire.cstring(payload, at)
        statements = read_statements(sql)
        if len(statements) > 1:
            raise RedshiftError("42601", "cannot insert multiple commands into a prepared statement")
        statement = statements[0] if statements else None
        self.prepared[name] = _Prepared(statement)
        if statement is not None and statement.action not in _FORWARDED:
            (count,) = struct.unpack_from("!h", payload, at)
            if count:
                raise RedshiftError("42601", "this statement takes no parameters")
            if name:
                # A name in use is refused by PostgreSQL itself.
                await self._forward(b"P", name.encode() + b"\0\0" + struct.pack("!h", 0), b"1", quiet=True)
            self.writer.write(wire.message(b"1"))
            return
        text = statement.sql if statement else ""
        await self._forward(b"P", name.encode() + b"\0" + text.encode() + b"\0" + payload[at:], b"1")

    async def _bind(self, payload: bytes) -> None:
        portal, at = wire.cstring(payload, 0)
        name, _ = wire.cstring(payload, at)
        prepared = self.prepared.get(name)
        if prepared and prepared.statement and prepared.statement.action not in _FORWARDED:
            self.portals[portal] = prepared
            self.writer.write(wire.message(b"2"))
            return
        if prepared:
            self.portals[portal] = prepared
        await self._forward(b"B", payload, b"2")

    async def _describe(self, payload: bytes) -> None:
        name, _ = wire.cstring(payload, 1)
        prepared = (self.prepared if payload[:1] == b"S" else self.portals).get(name)
        if prepared and prepared.statement and prepared.statement.action not in _FORWARDED:
            if payload[:1] == b"S":
                self.writer.write(wire.message(b"t", struct.pack("!h", 0)))
            self.writer.write(wire.message(b"n"))
            return
        await self._forward(b"D", payload, b"Tn")

    async def _execute(self, payload: bytes) -> None:
        portal, _ = wire.cstring(payload, 0)
        prepared = self.portals.get(portal)
        statement = prepared.statement if prepared else None
        if statement:
            self._take_fault(statement)
        if statement and statement.action not in _FORWARDED:
            await self._run_own(statement)
            return
        await self._forward(b"E", payload, b"CIs")

    async def _close(self, payload: bytes) -> None:
        name, _ = wire.cstring(payload, 1)
        (self.prepared if payload[:1] == b"S" else self.portals).pop(name, None)
        await self._forward(b"C", payload, b"3")

    async def _forward(self, kind: bytes, payload: bytes, ends: bytes, *, quiet: bool = False) -> None:
        """Pass a message on and relay the answer up to the message that ends it. Raises what PostgreSQL says."""
        self.backend.send(kind, payload)
        self.backend.send(b"H")
        while True:
            answer, body = await wire.read_message(self.backend.reader)
            if answer == b"E":
                raise translated(BackendError(wire.fields(body)))
            if answer == b"C" and kind == b"E":
                self.commands.saw_tag(body)
            if not quiet or answer not in ends:
                await self._relay(answer, body)
            if answer in ends:
                return


def translated(error: BackendError) -> BackendError:
    """PostgreSQL's error in Redshift's words where they differ; still an error that PostgreSQL itself gave."""
    fields = dict(error.fields)
    if error.sqlstate == "40001":
        failure = serialization_failure(fields.get("t", "100001"))
        fields |= {"C": failure.sqlstate, "M": failure.message, "D": failure.detail or ""}
        fields.pop("H", None)
    if error.sqlstate == "428C9":
        fields |= {"C": "0A000", "M": "cannot set an identity column to a value"}
        fields.pop("D", None)
        fields.pop("H", None)
    if error.sqlstate == "23502" and "c" in fields:
        fields |= {"M": f"Cannot insert a NULL value into column {fields['c']}"}
        fields.pop("D", None)
    return BackendError(fields)
