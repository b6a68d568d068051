"""The compiled decoder behind the interface of `RowDecoder`."""

from collections.abc import Sequence
from enum import Enum

import pyarrow as pa

from dataduct.connectors.decoding import _rows
from dataduct.connectors.decoding.batches import refused_text, schema_of, window
from dataduct.connectors.decoding.faults import DecodingError, Fault
from dataduct.connectors.decoding.mysql_values import mysql_codec
from dataduct.connectors.decoding.postgres_values import postgres_codec
from dataduct.connectors.decoding.targets import Refused, State, Target, WireColumn

_STATES = {state.value: state for state in State}
_FAULTS = {fault.number: fault for fault in Fault}


class Protocol(Enum):
    """What the compiled decoder decodes."""

    MYSQL = 0
    COPY = 1
    COPY_MESSAGES = 2


class CompiledDecoder:
    """A `RowDecoder` that is compiled. It lets other threads run while it decodes."""

    def __init__(self, columns: Sequence[WireColumn], protocol: Protocol) -> None:
        codec_of = mysql_codec if protocol is Protocol.MYSQL else postgres_codec
        self._columns = tuple(columns)
        self._codecs = [codec_of(column) for column in columns]
        self._schema = schema_of(columns)
        self._decoder = _rows.Decoder(protocol.value, tuple(_description(column) for column in columns))
        self._failure: Exception | None = None

    @property
    def rows(self) -> int:
        """Rows in the open batch."""
        return self._decoder.rows

    @property
    def nbytes(self) -> int:
        """Bytes of the open batch's rows, and the digits of the numbers decoded as text."""
        return self._decoder.nbytes

    @property
    def refused(self) -> list[Refused]:
        """What was refused so far."""
        return [
            Refused(self._columns[index].name, count, first_row, refused_text(self._codecs[index], raw))
            for index, count, first_row, raw in self._decoder.refused()
        ]

    def decode(
        self, buffer: bytes | bytearray | memoryview, start: int, end: int, max_rows: int
    ) -> tuple[int, State]:
        """Append the whole rows of `buffer[start:end]`; see `RowDecoder.decode`."""
        if self._failure is not None:
            raise self._failure
        try:
            used, outcome = self._decoder.decode(window(buffer, start, end, max_rows), max_rows)
            if outcome not in _STATES:
                raise self._fault()
        except (DecodingError, MemoryError) as failure:
            self._failure = failure
            raise
        return start + used, _STATES[outcome]

    def _fault(self) -> DecodingError:
        number, row, column, first, second = self._decoder.problem()
        name = None if column < 0 else self._columns[column].name
        return DecodingError(_FAULTS[number], row=row, column=name, first=first, second=second)

    def take(self) -> pa.RecordBatch:
        """Return the open batch and begin a new one."""
        if self._failure is not None:
            raise self._failure
        rows = self._decoder.rows
        arrays = []
        for column, (nulls, validity, values, offsets) in zip(
            self._columns, self._decoder.take(), strict=True
        ):
            buffers = [None if validity is None else pa.py_buffer(validity)]
            if offsets is not None:
                buffers.append(pa.py_buffer(offsets))
            buffers.append(pa.py_buffer(values))
            arrays.append(pa.Array.from_buffers(column.type, rows, buffers, null_count=nulls))
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)


def _description(column: WireColumn) -> tuple[int, int, bool, int, int, int]:
    precision, scale = (
        (column.type.precision, column.type.scale) if column.target is Target.DECIMAL else (0, 0)
    )
    return column.target.value, column.wire, column.unsigned, column.decimals, precision, scale
