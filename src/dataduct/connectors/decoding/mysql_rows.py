"""MySQL's binary result rows, packet by packet: the specification, and the decoder where none is compiled.

A packet is a length of 3 bytes, a number of 1 byte, and content; content of 16 MiB - 1 goes on in the next packet.
A row is the byte 0, a bitmap of the columns that are NULL (its first two bits are not used), and the other values:
numbers in their size, everything else preceded by its length.
"""

from collections.abc import Sequence

from dataduct.connectors.decoding.batches import RawRow, RowsSoFar
from dataduct.connectors.decoding.faults import Fault, MalformedValue
from dataduct.connectors.decoding.mysql_values import WIRE_SIZES, mysql_codec
from dataduct.connectors.decoding.python_decoder import PythonDecoder
from dataduct.connectors.decoding.targets import LONGEST_VALUE, State, WireColumn

_HEADER = 4
_GOES_ON = 0xFFFFFF
_ROW, _END, _ERROR = 0x00, 0xFE, 0xFF
_ONE_BYTE_LENGTHS = 0xFB
_LARGEST_NUMBER = (1 << 63) - 1
_LENGTH_SIZES = {0xFC: 2, 0xFD: 3, 0xFE: 8}


class PythonMysqlDecoder(PythonDecoder):
    """A `RowDecoder` of COM_STMT_EXECUTE's rows."""

    def __init__(self, columns: Sequence[WireColumn]) -> None:
        super().__init__(columns, [mysql_codec(column) for column in columns])
        self._sizes = [WIRE_SIZES.get(column.wire, 0) for column in columns]
        self._values_at = 1 + (len(self._columns) + 9) // 8
        self._sequence: int | None = None

    def _find_rows(self, data: bytes, found: RowsSoFar) -> tuple[int, State]:
        position = 0
        while not found.full():
            packet = self._packet(data, position)
            if packet is None:
                return position, State.MORE
            content, after, sequence = packet
            kind = content[0]
            if kind == _ERROR or (kind == _END and len(content) < _GOES_ON):
                self._sequence = None
                return position, State.OTHER if kind == _ERROR else State.END
            if kind != _ROW:
                raise MalformedValue(Fault.NO_ROW, kind)
            found.add(self._row(content, found), len(content))
            position, self._sequence = after, sequence
        return position, State.FULL

    def _packet(self, data: bytes, position: int) -> tuple[bytes, int, int] | None:
        """Return the packet at `position`, or None and set `_needed` if it is not whole.

        Returns:
            Its content, joined with that of the packets that continue it; the offset after them; the number of the
            packet that is due next.
        """
        begin, sequence = position, self._sequence
        parts: list[bytes] = []
        while True:
            content_at = position + _HEADER
            if content_at > len(data):
                self._needed = content_at - begin
                return None
            size = int.from_bytes(data[position : position + 3], "little")
            number = data[position + 3]
            if sequence is not None and number != sequence:
                raise MalformedValue(Fault.SEQUENCE, number, sequence)
            if not size and not parts:
                raise MalformedValue(Fault.EMPTY_PACKET)
            sequence = (number + 1) & 0xFF
            position = content_at + size
            if position > len(data):
                self._needed = position - begin
                return None
            parts.append(data[content_at:position])
            if size < _GOES_ON:
                return parts[0] if len(parts) == 1 else b"".join(parts), position, sequence

    def _row(self, content: bytes, found: RowsSoFar) -> RawRow:
        position = self._values_at
        nulls = int.from_bytes(content[1:position], "little") >> 2
        row: RawRow = []
        append = row.append
        try:
            for index, size in enumerate(self._sizes):
                if nulls and nulls >> index & 1:
                    append(None)
                    continue
                if not size:
                    size = content[position]
                    position += 1
                    if size >= _ONE_BYTE_LENGTHS:
                        size, position = self._long_length(content, position, size)
                append(content[position : position + size])
                position += size
        except IndexError:
            raise MalformedValue(Fault.SHORT_ROW, len(content)) from None
        except MalformedValue as error:
            raise found.fault(error, self._columns[len(row)].name) from None
        if position != len(content):
            left = len(content) - position
            raise (
                MalformedValue(Fault.LONG_ROW, left)
                if left > 0
                else MalformedValue(Fault.SHORT_ROW, len(content))
            )
        return row

    @staticmethod
    def _long_length(content: bytes, position: int, prefix: int) -> tuple[int, int]:
        """Return the length that `prefix` announces at `position`, and the offset after it."""
        if prefix not in _LENGTH_SIZES:
            raise MalformedValue(Fault.LENGTH_PREFIX, prefix)
        after = position + _LENGTH_SIZES[prefix]
        if after > len(content):
            raise IndexError
        length = int.from_bytes(content[position:after], "little")
        if length > LONGEST_VALUE:
            raise MalformedValue(Fault.LONG_VALUE, min(length, _LARGEST_NUMBER))
        return length, after
