"""The two ways in which the rows of a COPY come: straight from the socket, and through libpq where it decrypts."""

import select
import struct
from typing import Protocol

from psycopg import pq

from dataduct.connectors.postgres_errors import ServerReport
from dataduct.connectors.postgres_session import PostgresSession, Remaining, StatementFailedError

_MESSAGE = struct.Struct(">BI")
_QUERY = b"Q"
_ERROR, _READY = b"E"[0], b"Z"[0]
_PASSED_OVER = frozenset(b"HcCNSA")
_CLOSED = "the server closed the connection"
_PIECE_BYTES = 256 * 1024


class ProtocolBrokenError(Exception):
    """The server sent what no server may send here."""


class Wire(Protocol):
    """The rows of one COPY under way.

    Attributes:
        framed: Whether the bytes are the protocol's messages, or the data in them.
        finished: Whether the server has sent everything and waits for the next statement.
    """

    framed: bool
    finished: bool

    def send(self, statement: str) -> None:
        """Send the COPY statement."""

    def receive(self, room: memoryview) -> int:
        """Wait for bytes, put them into `room` and return their number: 0 when `finished`.

        Raises:
            StatementFailedError: The server reports an error, or the connection broke.
            TimeoutError: No time is remaining.
        """

    def other(self, buffer: memoryview, start: int) -> int:
        """Take in the message at `start` that holds no row, and return the offset after it."""

    def close(self) -> None:
        """Release what the wire holds beside the connection."""


class PlainWire:
    """Messages straight from the socket of an unencrypted connection, which libpq leaves alone meanwhile."""

    framed = True

    def __init__(self, session: PostgresSession, remaining: Remaining) -> None:
        self._session = session
        self._remaining = remaining
        self._socket = session.duplicate_socket()
        self._reported: ServerReport | None = None
        self.finished = False

    def send(self, statement: str) -> None:
        """See `Wire`."""
        content = statement.encode() + b"\0"
        message = memoryview(_QUERY + struct.pack(">I", len(content) + 4) + content)
        while message:
            try:
                message = message[self._socket.send(message) :]
            except BlockingIOError:
                self._session.wait(select.POLLOUT, self._remaining)

    def receive(self, room: memoryview) -> int:
        """See `Wire`."""
        while True:
            try:
                count = self._socket.recv_into(room)
            except BlockingIOError:
                self._session.wait(select.POLLIN, self._remaining)
                continue
            if count == 0:
                raise StatementFailedError(self._reported or ServerReport(None, _CLOSED), is_broken=True)
            return count

    def other(self, buffer: memoryview, start: int) -> int:
        """See `Wire`: an error is kept until the server is ready for the next statement."""
        kind, length = _MESSAGE.unpack_from(buffer, start)
        after: int = start + 1 + length
        if kind == _ERROR:
            self._reported = self._reported or _report(bytes(buffer[start + _MESSAGE.size : after]))
        elif kind == _READY:
            self.finished = True
            if self._reported is not None:
                raise StatementFailedError(self._reported)
        elif kind not in _PASSED_OVER:
            raise ProtocolBrokenError(f"a message of type 0x{kind:02x} came among the rows")
        return after

    def close(self) -> None:
        """See `Wire`."""
        self._socket.close()


class LibpqWire:
    """Data that libpq has decrypted and taken out of their messages."""

    framed = False

    def __init__(self, session: PostgresSession, remaining: Remaining) -> None:
        self._session = session
        self._remaining = remaining
        self._left = memoryview(b"")
        self._began = False
        self._has_all = False
        self.finished = False

    def send(self, statement: str) -> None:
        """See `Wire`."""
        self._session.pgconn.send_query(statement.encode())
        self._session.flush(self._remaining)

    def receive(self, room: memoryview) -> int:
        """See `Wire`."""
        if not self._began:
            result = self._session.results(self._remaining)[-1]
            if result.status != pq.ExecStatus.COPY_OUT:
                raise ProtocolBrokenError("the server did not begin to send rows")
            self._began = True
        if not self._left and not self._has_all:
            self._left = memoryview(self._pieces())
        self.finished = not self._left
        count = min(len(room), len(self._left))
        room[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    def _pieces(self) -> bytes:
        """Wait for data and return what has come, joined; nothing at their end."""
        pgconn = self._session.pgconn
        pieces: list[bytes | memoryview] = []
        size = 0
        is_open = True
        while size < _PIECE_BYTES:
            count, piece = pgconn.get_copy_data(1)
            if count > 0:
                pieces.append(piece)
                size += count
            elif count < 0:
                self._session.results(self._remaining)
                self._has_all = True
                break
            elif pieces:
                break
            elif is_open:
                self._session.wait(select.POLLIN, self._remaining)
                is_open = self._session.take_input()
            else:
                raise StatementFailedError(ServerReport(None, _CLOSED), is_broken=True)
        return b"".join(pieces)

    def other(self, buffer: memoryview, start: int) -> int:
        """See `Wire`: libpq takes every message out itself, so that only the mark at the end of the rows is left."""
        if self.receive(memoryview(bytearray(1))):
            raise ProtocolBrokenError("data follow the end of the rows")
        return len(buffer)

    def close(self) -> None:
        """See `Wire`."""


def open_wire(session: PostgresSession, remaining: Remaining) -> Wire:
    """Return the fastest way that the connection of `session` allows.

    Args:
        session: An open session with no statement under way.
        remaining: The time that waits may still take.
    """
    return LibpqWire(session, remaining) if session.is_encrypted else PlainWire(session, remaining)


def _report(content: bytes) -> ServerReport:
    """Return what an ErrorResponse says: fields of a letter and a text, each ended by a zero byte."""
    fields = {
        field[:1]: field[1:].decode("utf-8", "replace") for field in content.split(b"\0") if len(field) > 1
    }
    position = fields.get(b"P", "")
    return ServerReport(
        fields.get(b"C", "XX000"),
        fields.get(b"M", "an error without words"),
        fields.get(b"D"),
        fields.get(b"H"),
        int(position) if position.isdigit() else None,
    )
