"""Raw values collected into a record batch, column by column."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from dataduct.connectors.decoding.faults import DecodingError, Fault, MalformedValue, RefusedValue
from dataduct.connectors.decoding.targets import BATCH_BYTES, Refused, WireColumn

Stored = bytes | str | bool
"""A value as an Arrow column stores it: little-endian bytes of a fixed width, or bytes, text, a boolean."""

RawRow = list[bytes | None]
"""The values of one row as they came."""

_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Codec:
    """How the values of one column are read.

    Attributes:
        read: Turns a raw value into a stored one; raises `MalformedValue`, `RefusedValue`
            or, for text that is not UTF-8, `UnicodeDecodeError`.
        width: Bytes of a stored value; 0 if Arrow is to store Python values.
    """

    read: Callable[[bytes], Stored]
    width: int = 0


class RefusedValues:
    """What was refused so far, by column."""

    def __init__(self, columns: Sequence[WireColumn]) -> None:
        self._names = [column.name for column in columns]
        self._found: list[Refused | None] = [None] * len(columns)

    def add(self, column: int, row: int, text: str) -> None:
        """Count one more value of a column; the first one's row and text are kept."""
        earlier = self._found[column]
        if earlier is None:
            self._found[column] = Refused(self._names[column], 1, row, shown(text))
        else:
            self._found[column] = Refused(earlier.column, earlier.count + 1, earlier.first_row, earlier.value)

    def listed(self) -> list[Refused]:
        """Return one entry for each column that has any."""
        return [found for found in self._found if found is not None]


class OpenBatch:
    """The rows since the last batch was taken."""

    def __init__(self, columns: Sequence[WireColumn], codecs: Sequence[Codec]) -> None:
        self._columns = tuple(columns)
        self._codecs = tuple(codecs)
        self._values: list[list[Stored | None]] = [[] for _ in columns]
        self._taken = 0
        self.refused = RefusedValues(columns)
        self.rows = 0
        self.nbytes = 0

    @property
    def next_row(self) -> int:
        """Number of the row that follows, from 1, over the whole result."""
        return self._taken + self.rows + 1

    def append(self, rows: Sequence[RawRow]) -> None:
        """Read and append whole rows.

        Raises:
            DecodingError: A value is malformed; the first one of the first such row is named.
        """
        if not rows:
            return
        malformed: list[tuple[int, int, MalformedValue]] = []
        for index, raws in enumerate(zip(*rows, strict=True)):
            read = self._codecs[index].read
            try:
                values: list[Stored | None] = [None if raw is None else read(raw) for raw in raws]
            except (MalformedValue, RefusedValue, UnicodeDecodeError):
                values = self._read_each(index, raws, malformed)
            self._values[index].extend(values)
        if malformed:
            row, index, fault = min(malformed, key=lambda found: found[:2])
            raise DecodingError(
                fault.fault,
                row=row,
                column=self._columns[index].name,
                first=fault.numbers[0],
                second=fault.numbers[1],
            )
        self.rows += len(rows)

    def _read_each(
        self, index: int, raws: Iterable[bytes | None], malformed: list[tuple[int, int, MalformedValue]]
    ) -> list[Stored | None]:
        values: list[Stored | None] = []
        for row, raw in enumerate(raws, start=self.next_row):
            value: Stored | None = None
            try:
                value = None if raw is None else self._codecs[index].read(raw)
            except RefusedValue as refused:
                self.refused.add(index, row, refused.text)
            except MalformedValue as fault:
                malformed.append((row, index, fault))
                break
            except UnicodeDecodeError as error:
                malformed.append((row, index, MalformedValue(Fault.NOT_UTF8, error.start)))
                break
            values.append(value)
        return values

    def take(self) -> pa.RecordBatch:
        """Return the rows as one batch and begin a new one."""
        arrays = [
            _array(column.type, codec.width, values)
            for column, codec, values in zip(self._columns, self._codecs, self._values, strict=True)
        ]
        self._values = [[] for _ in self._columns]
        self._taken += self.rows
        self.rows = self.nbytes = 0
        return pa.RecordBatch.from_arrays(arrays, schema=schema_of(self._columns))


def _array(kind: pa.DataType, width: int, values: list[Stored | None]) -> pa.Array:
    if not width:
        return pa.array(values, kind)
    validity = None
    stored: list[bytes] = values  # type: ignore[assignment]
    if None in values:
        validity = pa.array([value is not None for value in values], pa.bool_()).buffers()[1]
        zero = bytes(width)
        stored = [zero if value is None else value for value in stored]
    return pa.Array.from_buffers(kind, len(values), [validity, pa.py_buffer(b"".join(stored))])


def refused_text(codec: Codec, raw: bytes) -> str:
    """Return how the server prints a value that `codec` refuses, cut if it is long."""
    try:
        codec.read(raw)
    except RefusedValue as refused:
        return shown(refused.text)
    raise ValueError("the value is not refused")


def shown(text: str) -> str:
    """Return `text`, cut if it is long."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def schema_of(columns: Sequence[WireColumn]) -> pa.Schema:
    """Return the schema of the batches; every column is nullable."""
    return pa.schema([pa.field(column.name, column.type) for column in columns])


def window(buffer: bytes | bytearray | memoryview, start: int, end: int, max_rows: int) -> memoryview:
    """Return `buffer[start:end]` without a copy.

    Raises:
        ValueError: The offsets are not within the buffer, or no row may be decoded.
    """
    view = memoryview(buffer).cast("B")
    if not 0 <= start <= end <= len(view):
        raise ValueError(f"offsets {start} to {end} are not within a buffer of {len(view)} bytes")
    if max_rows < 1:
        raise ValueError(f"max_rows is {max_rows}; it must be 1 or more")
    return view[start:end]


class RowsSoFar:
    """The rows that one call of `decode` found, before they are read."""

    def __init__(self, batch: OpenBatch, max_rows: int) -> None:
        self._batch = batch
        self._room = max_rows - batch.rows
        self.rows: list[RawRow] = []

    def full(self) -> bool:
        """Return whether the open batch takes no more rows."""
        return len(self.rows) >= self._room or self._batch.nbytes >= BATCH_BYTES

    def add(self, row: RawRow, nbytes: int) -> None:
        """Append a row of `nbytes` bytes."""
        self.rows.append(row)
        self._batch.nbytes += nbytes

    @property
    def next_row(self) -> int:
        """Number of the row that follows, from 1, over the whole result."""
        return self._batch.next_row + len(self.rows)

    def fault(self, error: MalformedValue, column: str | None = None) -> DecodingError:
        """Return the error for a fault of the row that follows."""
        return DecodingError(
            error.fault, row=self.next_row, column=column, first=error.numbers[0], second=error.numbers[1]
        )
