"""The MySQL client/server protocol over an authenticated socket: packets, prepared statements, column definitions."""

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass

COM_QUIT = 0x01
COM_QUERY = 0x03
COM_STMT_PREPARE = 0x16
COM_STMT_EXECUTE = 0x17
COM_STMT_CLOSE = 0x19

BUFFER_BYTES = 1 << 20
"""Size of the receive buffer, but while one row is larger."""

_HEADER = 4
_LARGEST_PAYLOAD = 0xFFFFFF
_OK, _EOF, _ERROR = 0x00, 0xFE, 0xFF
_LONGEST_EOF = 8
_DEFINITION = struct.Struct("<xHIBHB")
_PREPARED = struct.Struct("<xIHH")


class ServerRefusedError(Exception):
    """The server answered with an error packet.

    Attributes:
        number: The server's error number (1064).
        text: Its words.
    """

    def __init__(self, number: int, text: str) -> None:
        super().__init__(number, text)
        self.number = number
        self.text = text


class ConnectionLostError(Exception):
    """The connection ended or is silent for good."""


class ProtocolBrokenError(Exception):
    """The server's bytes are none of the protocol's."""


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """A column as the server describes it.

    Attributes:
        name: Its name in the result.
        table: Table the column is of, empty for an expression.
        source_name: Its name in that table, empty for an expression.
        charset: Number of the collation; 63 is binary.
        length: Greatest length in bytes (bits of a BIT).
        type_code: Code of the field type.
        flags: Bits such as unsigned, enum, set.
        decimals: Digits after the point; 31 where that is not fixed.
    """

    name: str
    table: str
    source_name: str
    charset: int
    length: int
    type_code: int
    flags: int
    decimals: int


@dataclass(frozen=True, slots=True)
class PreparedStatement:
    """A statement that the server has parsed, with the columns it would give."""

    number: int
    parameters: int
    columns: tuple[ColumnDefinition, ...]


class PacketStream:
    """Packets to and from the server, through one buffer that decoders read in place.

    Args:
        connection: The socket, authenticated and between two commands.
        silence: Seconds without a byte after which `on_silence` is called while an answer is awaited.
        on_silence: Raises if the connection is lost; the wait goes on if it returns.

    Attributes:
        buffer: The bytes received; those from `start` to `end` are not consumed yet.
    """

    def __init__(self, connection: socket.socket, *, silence: float, on_silence: Callable[[], None]) -> None:
        self._socket = connection
        self._socket.settimeout(silence)
        self._on_silence = on_silence
        self.start = 0
        self.end = 0
        self._allocate(BUFFER_BYTES)

    def set_silence(self, seconds: float) -> None:
        """Call `on_silence` after another time from now on."""
        self._socket.settimeout(seconds)

    def send(self, command: int, payload: bytes) -> None:
        """Send one command, in as many packets as it takes.

        Raises:
            ConnectionLostError: The connection ended.
        """
        data = bytes([command]) + payload
        packets = bytearray()
        for sequence, offset in enumerate(range(0, len(data) + 1, _LARGEST_PAYLOAD)):
            part = data[offset : offset + _LARGEST_PAYLOAD]
            packets += len(part).to_bytes(3, "little") + bytes([sequence % 256]) + part
        self.start = self.end = 0
        try:
            self._socket.sendall(packets)
        except OSError as error:
            raise ConnectionLostError(_reason(error)) from error

    def fill(self) -> None:
        """Receive more bytes behind those in the buffer, which grows if it holds the start of one huge row.

        Raises:
            ConnectionLostError: The connection ended, or is silent and `on_silence` found it lost.
        """
        self._make_room()
        while True:
            try:
                received = self._socket.recv_into(self._view[self.end :])
            except TimeoutError:
                self._on_silence()
                continue
            except OSError as error:
                raise ConnectionLostError(_reason(error)) from error
            if not received:
                raise ConnectionLostError("the server closed the connection")
            self.end += received
            return

    def packet(self) -> bytes:
        """Return the payload of the next packet, whole.

        Raises:
            ServerRefusedError: It is an error packet.
            ConnectionLostError: See `fill`.
        """
        payload = b""
        while True:
            self._await(_HEADER)
            length = int.from_bytes(self._view[self.start : self.start + 3], "little")
            self._await(_HEADER + length)
            payload += self._view[self.start + _HEADER : self.start + _HEADER + length]
            self.start += _HEADER + length
            if length < _LARGEST_PAYLOAD:
                break
        if not payload:
            raise ProtocolBrokenError("an empty packet")
        if payload[0] == _ERROR:
            raise _refusal(payload)
        return payload

    def expect_ok(self) -> None:
        """Read the answer to a command that gives no rows."""
        payload = self.packet()
        if payload[0] != _OK:
            raise ProtocolBrokenError(f"a packet that begins with {payload[0]:#04x} where OK was expected")

    def expect_end(self) -> None:
        """Read the packet that ends rows or column definitions."""
        payload = self.packet()
        if payload[0] != _EOF or len(payload) > _LONGEST_EOF:
            raise ProtocolBrokenError(
                f"a packet that begins with {payload[0]:#04x} where the end was expected"
            )

    def prepare(self, query: str) -> PreparedStatement:
        """Have the server parse a query.

        Raises:
            ServerRefusedError: The server refuses it.
        """
        self.send(COM_STMT_PREPARE, query.encode("utf-8"))
        payload = self.packet()
        if payload[0] != _OK or len(payload) < _PREPARED.size:
            raise ProtocolBrokenError("no answer to the preparation of a statement")
        number, columns, parameters = _PREPARED.unpack_from(payload)
        if parameters:
            self._definitions(parameters)
        return PreparedStatement(number, parameters, self._definitions(columns) if columns else ())

    def execute(self, statement: PreparedStatement) -> tuple[ColumnDefinition, ...]:
        """Run a prepared statement without parameters; its rows follow in the buffer, in binary form.

        Raises:
            ServerRefusedError: The server refuses it.
        """
        self.send(COM_STMT_EXECUTE, struct.pack("<IBI", statement.number, 0, 1))
        payload = self.packet()
        if payload[0] == _OK:
            return ()
        count, _ = _length_encoded(payload, 0)
        return self._definitions(count)

    def forget(self, statement: PreparedStatement) -> None:
        """Free a prepared statement on the server, which gives no answer."""
        self.send(COM_STMT_CLOSE, struct.pack("<I", statement.number))

    def interrupt(self) -> None:
        """Wake a thread that waits for bytes, from another thread; the connection is of no use after."""
        try:
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        except OSError:
            return

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _definitions(self, count: int) -> tuple[ColumnDefinition, ...]:
        definitions = tuple(_definition(self.packet()) for _ in range(count))
        self.expect_end()
        return definitions

    def _await(self, size: int) -> None:
        while self.end - self.start < size:
            self.fill()

    def _allocate(self, size: int) -> None:
        self.buffer = bytearray(size)
        self._view = memoryview(self.buffer)

    def _make_room(self) -> None:
        """Move what is not consumed to the front, into another buffer if the size has to change."""
        held = self.end - self.start
        full = held == len(self.buffer)
        if full or (len(self.buffer) > BUFFER_BYTES and held < BUFFER_BYTES // 2):
            kept = self._view[self.start : self.end]
            self._allocate(len(self.buffer) * 2 if full else BUFFER_BYTES)
            self._view[:held] = kept
        elif self.start:
            self._view[:held] = self._view[self.start : self.end]
        self.start, self.end = 0, held


def _refusal(payload: bytes) -> ServerRefusedError:
    number = int.from_bytes(payload[1:3], "little")
    text = payload[9:] if payload[3:4] == b"#" else payload[3:]
    return ServerRefusedError(number, text.decode("utf-8", "replace"))


def _definition(payload: bytes) -> ColumnDefinition:
    texts = []
    offset = 0
    try:
        for _ in range(6):
            length, offset = _length_encoded(payload, offset)
            texts.append(payload[offset : offset + length].decode("utf-8", "replace"))
            offset += length
        charset, size, code, flags, decimals = _DEFINITION.unpack_from(payload, offset)
    except (IndexError, struct.error):
        raise ProtocolBrokenError("a column definition that is cut short") from None
    return ColumnDefinition(texts[4], texts[3], texts[5], charset, size, code, flags, decimals)


def _length_encoded(payload: bytes, offset: int) -> tuple[int, int]:
    """Return the length-encoded integer at `offset`, and the offset behind it."""
    first = payload[offset]
    if first < 0xFB:
        return first, offset + 1
    width = {0xFC: 2, 0xFD: 3, 0xFE: 8}.get(first, 0)
    if not width:
        raise ProtocolBrokenError(f"{first:#04x} where a length was expected")
    return int.from_bytes(payload[offset + 1 : offset + 1 + width], "little"), offset + 1 + width


def _reason(error: OSError) -> str:
    return (error.strerror or str(error) or type(error).__name__).lower()
