"""Bytes as the servers send them, and what a decoder makes of them."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pyarrow as pa

from dataduct.connectors.decoding import DecodingError, Refused, RowDecoder, State

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END_MARK = b"\xff\xff"
COPY_DONE = b"c\0\0\0\4"
END_OF_ROWS = b"\xfe\0\0\2\0"


def packets(contents: Iterable[bytes], first: int = 1) -> bytes:
    """Number and join packets, cutting contents of 16 MiB - 1 and more."""
    joined, number = bytearray(), first
    for content in contents:
        parts = [content[i : i + 0xFFFFFF] for i in range(0, len(content), 0xFFFFFF)] or [b""]
        if content and len(parts[-1]) == 0xFFFFFF:
            parts.append(b"")
        for part in parts:
            joined += len(part).to_bytes(3, "little") + bytes([number & 0xFF]) + part
            number += 1
    return bytes(joined)


def counted(value: bytes) -> bytes:
    """Put the length before a value, as MySQL does."""
    size = len(value)
    if size < 0xFB:
        return bytes([size]) + value
    if size < 1 << 16:
        return b"\xfc" + size.to_bytes(2, "little") + value
    if size < 1 << 24:
        return b"\xfd" + size.to_bytes(3, "little") + value
    return b"\xfe" + size.to_bytes(8, "little") + value


def mysql_row(*values: bytes | None) -> bytes:
    """Return a row of values that have their lengths before them where they need them."""
    nulls = sum(1 << (index + 2) for index, value in enumerate(values) if value is None)
    return (
        b"\0"
        + nulls.to_bytes((len(values) + 9) // 8, "little")
        + b"".join(v for v in values if v is not None)
    )


def copy_row(*values: bytes | None) -> bytes:
    """Return a row of COPY BINARY."""
    fields = [struct.pack(">i", -1) if v is None else struct.pack(">i", len(v)) + v for v in values]
    return struct.pack(">h", len(values)) + b"".join(fields)


def copy_data(*rows: bytes) -> bytes:
    """Return the whole data of COPY BINARY."""
    return SIGNATURE + b"".join(rows) + END_MARK


def message(content: bytes, kind: bytes = b"d") -> bytes:
    """Return a message of the protocol."""
    return kind + struct.pack(">i", len(content) + 4) + content


def numeric(digits: Sequence[int], weight: int, printed: int, sign: int = 0) -> bytes:
    """Return a numeric of base-10000 digits."""
    return struct.pack(f">HhHH{len(digits)}H", len(digits), weight, sign, printed, *digits)


@dataclass
class Outcome:
    """What a decoder made of a result, for comparing."""

    batches: list[pa.RecordBatch] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    state: State | None = None
    stopped_at: int | None = None
    error: str | None = None

    @property
    def rows(self) -> list[dict[str, object]]:
        return [row for batch in self.batches for row in batch.to_pylist()]

    def stored(self) -> list[object]:
        """The batches' bits: NaN differs from NaN of another sign."""
        return [
            (batch.schema, batch.num_rows, [_bits(array) for array in batch.columns])
            for batch in self.batches
        ]


def _bits(array: pa.Array) -> object:
    array.validate(full=True)
    if pa.types.is_floating(array.type) or pa.types.is_temporal(array.type):
        array = array.view(pa.int32() if array.type.bit_width == 32 else pa.int64())
    return array.to_pylist()


def decode_all(decoder: RowDecoder, pieces: Iterable[bytes], max_rows: int = 1000) -> Outcome:
    """Give `pieces` to a decoder one by one, as a connection would receive them."""
    outcome, buffer, dropped = Outcome(), bytearray(), 0
    waiting = iter(pieces)
    while True:
        try:
            used, state = decoder.decode(buffer, 0, len(buffer), max_rows)
        except DecodingError as error:
            outcome.error = f"{error.fault.name} {error}"
            return outcome
        del buffer[:used]
        dropped += used
        assert decoder.rows <= max_rows
        if state is State.FULL:
            outcome.batches.append(decoder.take())
            continue
        if state is State.MORE:
            piece = next(waiting, None)
            if piece is not None:
                buffer += piece
                continue
        outcome.batches.append(decoder.take())
        outcome.refused, outcome.state, outcome.stopped_at = decoder.refused, state, dropped
        return outcome


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    """Cut `data` at offsets."""
    marks = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in pairwise(marks)]
