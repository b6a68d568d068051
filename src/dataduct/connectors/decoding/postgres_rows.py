"""PostgreSQL's COPY BINARY, row by row: the specification, and the decoder where none is compiled.

The data are a signature, 4 bytes of flags, an extension preceded by its length, and rows. A row is its number of
fields in 2 bytes and each field preceded by its length in 4 bytes, -1 for NULL. -1 fields end the rows.
"""

from collections.abc import Sequence
from string import ascii_letters
from struct import Struct
from struct import error as StructError  # noqa: N812 - it is an exception class

import pyarrow as pa

from dataduct.connectors.decoding.batches import RawRow, RowsSoFar, window
from dataduct.connectors.decoding.faults import DecodingError, Fault, MalformedValue
from dataduct.connectors.decoding.postgres_values import NUMERIC_HEADER, postgres_codec
from dataduct.connectors.decoding.python_decoder import PythonDecoder
from dataduct.connectors.decoding.targets import LONGEST_VALUE, Refused, State, Target, WireColumn

SIGNATURE = b"PGCOPY\n\xff\r\n\0"
_HEADER = Struct(">11sIi")
_LONGEST_EXTENSION = 1 << 16
_CRITICAL_FLAGS = 0xFFFF0000
_COUNT = Struct(">h")
_LENGTH = Struct(">i")
_END_MARK = -1
_MESSAGE = Struct(">Bi")
_COPY_DATA, _COPY_DONE = b"d"[0], b"c"[0]
_SHORTEST_MESSAGE = 4


class PythonCopyDecoder(PythonDecoder):
    """A `RowDecoder` of the data of COPY BINARY."""

    def __init__(self, columns: Sequence[WireColumn]) -> None:
        super().__init__(columns, [postgres_codec(column) for column in columns])
        self._numeric_texts = [
            index for index, column in enumerate(columns) if column.target is Target.NUMERIC_TEXT
        ]
        self._in_rows = False
        self.ended = False

    def _find_rows(self, data: bytes, found: RowsSoFar) -> tuple[int, State]:
        position = 0
        if not self._in_rows:
            position = self._header(data)
            if not self._in_rows:
                return 0, State.MORE
        while not found.full():
            row: RawRow = []
            after = self._row(data, position, row, found)
            if self.ended:
                return position, State.END
            if after > len(data):
                self._needed = after - position
                return position, State.MORE
            nbytes = after - position + sum(_printed_digits(row[index]) for index in self._numeric_texts)
            found.add(row, nbytes)
            position = after
        return position, State.FULL

    def _header(self, data: bytes) -> int:
        """Return the offset after the header; `_in_rows` says whether it is whole."""
        if not SIGNATURE.startswith(data[: len(SIGNATURE)]):
            raise MalformedValue(Fault.SIGNATURE)
        if len(data) < _HEADER.size:
            return 0
        _, flags, extension = _HEADER.unpack_from(data)
        if flags & _CRITICAL_FLAGS or not 0 <= extension <= _LONGEST_EXTENSION:
            raise MalformedValue(Fault.HEADER)
        after: int = _HEADER.size + extension
        self._in_rows = len(data) >= after
        return after

    def _row(self, data: bytes, position: int, row: RawRow, found: RowsSoFar) -> int:
        """Append the fields of the row at `position` to `row` and return the offset after it.

        An offset after the end of `data` means that at least the bytes up to it are needed. Sets `ended` if it is
        the end mark that stands there.
        """
        try:
            (count,) = _COUNT.unpack_from(data, position)
            position += _COUNT.size
            if count != len(self._columns):
                if count == _END_MARK:
                    self.ended = True
                    return position
                raise MalformedValue(Fault.FIELD_COUNT, count, len(self._columns))
            length_at, append = _LENGTH.unpack_from, row.append
            for column in self._columns:
                (length,) = length_at(data, position)
                position += 4
                if 0 <= length <= LONGEST_VALUE:
                    append(data[position : position + length])
                    position += length
                elif length == -1:
                    append(None)
                else:
                    raise found.fault(_bad_length(length), column.name)
        except StructError:
            return max(position, len(data)) + 1
        return position


def _bad_length(length: int) -> MalformedValue:
    return MalformedValue(Fault.VALUE_LENGTH if length < 0 else Fault.LONG_VALUE, length)


def _printed_digits(raw: bytes | None) -> int:
    """Return the number of digits that a numeric is printed with, at most."""
    if raw is None or len(raw) < NUMERIC_HEADER.size:
        return 0
    _, weight, _, printed = NUMERIC_HEADER.unpack_from(raw)
    return int(4 * max(weight + 1, 1) + printed)


class PythonCopyMessagesDecoder:
    """A `RowDecoder` of COPY BINARY in the messages of the protocol, however its rows are cut into messages.

    A message is a byte of type, a length of 4 bytes that counts itself, and content: CopyData holds data, CopyDone
    ends them.
    """

    def __init__(self, columns: Sequence[WireColumn]) -> None:
        self._copy = PythonCopyDecoder(columns)
        self._data = bytearray()
        self._failure: DecodingError | None = None

    @property
    def rows(self) -> int:
        """Rows in the open batch."""
        return self._copy.rows

    @property
    def nbytes(self) -> int:
        """Bytes of the open batch's rows, and the digits of the numbers decoded as text."""
        return self._copy.nbytes

    @property
    def refused(self) -> list[Refused]:
        """What was refused so far."""
        return self._copy.refused

    def take(self) -> pa.RecordBatch:
        """Return the open batch and begin a new one."""
        if self._failure is not None:
            raise self._failure
        return self._copy.take()

    def decode(
        self, buffer: bytes | bytearray | memoryview, start: int, end: int, max_rows: int
    ) -> tuple[int, State]:
        """Append the whole rows of `buffer[start:end]`; see `RowDecoder.decode`.

        A message is used up as a whole; what it holds beyond a full batch is kept for the next one.
        """
        view = window(buffer, start, end, max_rows)
        if self._failure is not None:
            raise self._failure
        if self._decode_data(max_rows) is State.FULL:
            return start, State.FULL
        used, state, fault = self._gather(view)
        if self._decode_data(max_rows) is State.FULL:
            return start + used, State.FULL
        if self._copy.ended and len(self._data) > _COUNT.size:
            fault = MalformedValue(Fault.AFTER_END)
        elif state is State.END and not self._copy.ended:
            fault = MalformedValue(Fault.NO_END)
        if fault is not None:
            self._failure = DecodingError(
                fault.fault, row=self._copy.next_row, first=fault.numbers[0], second=fault.numbers[1]
            )
            raise self._failure
        return start + used, state

    def _decode_data(self, max_rows: int) -> State:
        used, state = self._copy.decode(self._data, 0, len(self._data), max_rows)
        del self._data[:used]
        return state

    def _gather(self, view: memoryview) -> tuple[int, State, MalformedValue | None]:
        """Add the content of the CopyData messages in `view` to the data.

        Returns:
            The offset of the first message that is none or is not whole; what to answer once the data are decoded;
            what is wrong with that message.
        """
        position = 0
        while len(view) >= position + _MESSAGE.size:
            kind, length = _MESSAGE.unpack_from(view, position)
            known = chr(kind) in ascii_letters and length >= _SHORTEST_MESSAGE
            if not known or (kind == _COPY_DONE and length != _SHORTEST_MESSAGE):
                return position, State.OTHER, MalformedValue(Fault.MESSAGE, kind, length)
            after = position + 1 + length
            if after > len(view):
                break
            if kind != _COPY_DATA:
                return position, State.END if kind == _COPY_DONE else State.OTHER, None
            self._data += view[position + _MESSAGE.size : after]
            position = after
        return position, State.MORE, None
