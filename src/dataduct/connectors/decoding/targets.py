"""What a decoder of rows is told and what it gives: columns, states, refused values."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import pyarrow as pa

BATCH_BYTES = 8 * 1024 * 1024
"""Bytes of rows after which a batch is full, whatever its number of rows."""

LONGEST_VALUE = 1 << 30
"""Bytes of the longest value. No server sends more; with it a batch's column stays below 2 GiB."""

DYNAMIC_DECIMALS = 31
"""From this on, a MySQL column's `decimals` says that each value has fraction digits of its own."""


class Target(Enum):
    """How a value of the wire becomes a value of an Arrow column."""

    INT8 = 0
    INT16 = 1
    INT32 = 2
    INT64 = 3
    UINT8 = 4
    UINT16 = 5
    UINT32 = 6
    UINT64 = 7
    FLOAT32 = 8
    FLOAT64 = 9
    BOOL = 10
    DECIMAL = 11
    """decimal128 of the column's type. NaN, infinities, and what needs more digits are refused."""
    UTF8 = 12
    BINARY = 13
    DATE32 = 14
    TIMESTAMP = 15
    """timestamp[us], with or without a zone."""
    TIME_TEXT = 16
    """MySQL: a TIME as MySQL prints it, as string."""
    TIME64 = 17
    """PostgreSQL: time64[us]; `24:00:00` is refused."""
    UUID_TEXT = 18
    """PostgreSQL: 36 characters, as string."""
    NUMERIC_TEXT = 19
    """PostgreSQL: a numeric as PostgreSQL prints it, as string."""
    JSONB_TEXT = 20
    """PostgreSQL: a jsonb without its version byte, as string."""
    OID = 21
    """PostgreSQL: an unsigned integer of 4 bytes, as int64."""


class State(Enum):
    """Why `RowDecoder.decode` stopped."""

    MORE = 0
    """It needs bytes after the end of the buffer."""
    FULL = 1
    """The open batch has `max_rows` rows, or 8 MiB: take it."""
    END = 2
    """What ends the rows begins at the returned offset and is wholly in the buffer."""
    OTHER = 3
    """A packet or message that is no row (an error, a notice) begins at the returned offset and is wholly in the
    buffer. Decoding goes on behind it."""


@dataclass(frozen=True, slots=True)
class WireColumn:
    """One column of the result.

    Attributes:
        type: The Arrow type of the column. Its precision and scale matter to `Target.DECIMAL`, its zone to
            `Target.TIMESTAMP`.
        wire: MySQL's code of the field type. 0 for PostgreSQL, whose wire format follows from the target.
        unsigned: MySQL's flag of that name.
        decimals: MySQL's number of fraction digits of a TIME, DATETIME or TIMESTAMP.
    """

    name: str
    target: Target
    type: pa.DataType
    wire: int = 0
    unsigned: bool = False
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """Values of one column that its Arrow type has no place for; they are NULL in the batches.

    Attributes:
        column: Name of the column.
        count: How many there were so far.
        first_row: Number of the first row that has one, from 1, over the whole result.
        value: That row's value as the server prints it, cut if it is long.
    """

    column: str
    count: int
    first_row: int
    value: str


class RowDecoder(Protocol):
    """Turns the bytes of a result into record batches. One thread uses it at a time.

    Attributes:
        rows: Rows in the open batch.
        nbytes: Bytes of the open batch's rows as they came, and the digits of the numbers decoded as text.
        refused: One entry for each column that had a value its type has no place for, in the columns' order.
    """

    @property
    def rows(self) -> int: ...  # noqa: D102 - described above

    @property
    def nbytes(self) -> int: ...  # noqa: D102 - described above

    @property
    def refused(self) -> list[Refused]: ...  # noqa: D102 - described above

    def decode(
        self, buffer: bytes | bytearray | memoryview, start: int, end: int, max_rows: int
    ) -> tuple[int, State]:
        """Append the whole rows of `buffer[start:end]` to the open batch, until it has `max_rows` of them.

        Returns:
            The offset up to which the buffer is used up (the next call's bytes begin there), and why it stopped.

        Raises:
            DecodingError: The bytes break the protocol. The decoder is of no use any more.
        """

    def take(self) -> pa.RecordBatch:
        """Return the rows decoded so far as one batch, possibly of no rows, and begin a new one."""


_TYPES = {
    Target.INT8: pa.int8(),
    Target.INT16: pa.int16(),
    Target.INT32: pa.int32(),
    Target.INT64: pa.int64(),
    Target.UINT8: pa.uint8(),
    Target.UINT16: pa.uint16(),
    Target.UINT32: pa.uint32(),
    Target.UINT64: pa.uint64(),
    Target.FLOAT32: pa.float32(),
    Target.FLOAT64: pa.float64(),
    Target.BOOL: pa.bool_(),
    Target.UTF8: pa.string(),
    Target.BINARY: pa.binary(),
    Target.DATE32: pa.date32(),
    Target.TIME_TEXT: pa.string(),
    Target.TIME64: pa.time64("us"),
    Target.UUID_TEXT: pa.string(),
    Target.NUMERIC_TEXT: pa.string(),
    Target.JSONB_TEXT: pa.string(),
    Target.OID: pa.int64(),
}


def check_columns(columns: Sequence[WireColumn]) -> None:
    """Check that there are columns and that the Arrow type of each is the one of its target.

    Raises:
        ValueError: Names the column that is wrong.
    """
    if not columns:
        raise ValueError("a result without columns has no rows to decode")
    for column in columns:
        kind = column.type
        if column.target is Target.DECIMAL:
            fits = pa.types.is_decimal128(kind) and 0 <= kind.scale <= kind.precision
        elif column.target is Target.TIMESTAMP:
            fits = pa.types.is_timestamp(kind) and kind.unit == "us"
        else:
            fits = kind == _TYPES[column.target]
        if not fits:
            raise ValueError(f"column `{column.name}`: {column.target.name} does not become {kind}")
        if column.decimals < 0:
            raise ValueError(f"column `{column.name}`: {column.decimals} is no number of decimals")
