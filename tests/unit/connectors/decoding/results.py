"""Results of random columns and rows, as hypothesis strategies and as mutations of bytes."""

import random
import struct
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
from hypothesis import strategies as st
from wires import (
    COPY_DONE,
    END_MARK,
    END_OF_ROWS,
    SIGNATURE,
    copy_row,
    counted,
    message,
    mysql_row,
    numeric,
    packets,
)

from dataduct.connectors.decoding import Target, WireColumn

Draw = Callable[[random.Random], bytes]


@dataclass(frozen=True)
class Kind:
    """A column that can be decoded, and random values for it as they come."""

    target: Target
    type: pa.DataType
    value: Draw
    wire: int = 0
    unsigned: bool = False
    decimals: int = 0

    def column(self, name: str) -> WireColumn:
        return WireColumn(name, self.target, self.type, self.wire, self.unsigned, self.decimals)


def _bytes(size: int) -> Draw:
    return lambda rng: rng.choice(
        [rng.randbytes(size), bytes(size), b"\xff" * size, b"\x7f" + b"\xff" * (size - 1)]
    )


def _text(rng: random.Random) -> bytes:
    alphabet = rng.choice(["abc", "a\tb\n\\'\"", "é中文😀", "\0\x7f߿ࠀ￿𐀀\U0010ffff"])
    return "".join(rng.choices(alphabet, k=rng.choice([0, 1, 7, 8, 9, 40, 300]))).encode()


def _decimal_text(rng: random.Random) -> bytes:
    whole = str(rng.randrange(10 ** rng.choice([1, 3, 8, 20, 38, 45]))).zfill(rng.choice([1, 1, 12]))
    fraction = str(rng.randrange(10 ** rng.choice([1, 2, 3]))).ljust(rng.choice([1, 3, 5]), "0")
    return f"{rng.choice(['', '-'])}{whole}{rng.choice(['', '.' + fraction])}".encode()


def _mysql_date(rng: random.Random) -> bytes:
    if rng.random() < 0.1:
        return b""
    return struct.pack(
        "<HBB", rng.choice([0, 1, 1900, 1970, 2000, 2024, 9999]), rng.randrange(14), rng.randrange(33)
    )


def _mysql_timestamp(rng: random.Random) -> bytes:
    clock = bytes([rng.randrange(24), rng.randrange(60), rng.randrange(60)])
    fraction = struct.pack("<I", rng.choice([0, 1, 120000, 999999]))
    return _mysql_date(rng).ljust(4, b"\0") + rng.choice([b"", clock, clock + fraction])


def _mysql_time(rng: random.Random) -> bytes:
    if rng.random() < 0.1:
        return b""
    days = rng.choice([0, 0, 3, 34, 9999])
    clock = struct.pack(
        "<BIBBB", rng.randrange(2), days, rng.randrange(24), rng.randrange(60), rng.randrange(60)
    )
    return clock + rng.choice([b"", struct.pack("<I", rng.choice([0, 1, 120000, 999999]))])


def _numeric(rng: random.Random) -> bytes:
    digits = [
        rng.choice([0, 1, 9999, 1000, 500, rng.randrange(10000)]) for _ in range(rng.choice([0, 1, 2, 3, 11]))
    ]
    sign = rng.choice([0, 0, 0, 0x4000, 0x4000, 0xC000, 0xD000, 0xF000])
    return numeric(
        digits, rng.choice([0, 0, 1, -1, -3, 9, 300, -32768]), rng.choice([0, 1, 2, 4, 7, 60]), sign
    )


def _exact_numeric(rng: random.Random) -> bytes:
    """A numeric whose digits are all printed, as the server sends them."""
    weight, places = rng.choice([-2, -1, 0, 1, 3]), rng.choice([0, 1, 2, 5])
    digits = [rng.randrange(1, 10000) for _ in range(max(1, weight + 1 + places))]
    return numeric(digits, weight, max(0, 4 * (len(digits) - weight - 1)), rng.choice([0, 0x4000, 0xD000]))


def _postgres_moment(rng: random.Random) -> bytes:
    edges = [
        -(2**63),
        2**63 - 1,
        2**63 - 946684800000000,
        2**63 - 946684800000001,
        0,
        rng.randrange(-(2**62), 2**62),
    ]
    return struct.pack(">q", rng.choice(edges))


def _postgres_day(rng: random.Random) -> bytes:
    return struct.pack(">i", rng.choice([-(2**31), 2**31 - 1, 2**31 - 10957, 2**31 - 10958, 0, -5000, 9000]))


def _postgres_clock(rng: random.Random) -> bytes:
    return struct.pack(">q", rng.choice([0, 1, 86_399_999_999, 86_400_000_000]))


_INTEGERS = [
    (Target.INT8, pa.int8(), 1, 1, False),
    (Target.UINT8, pa.uint8(), 1, 1, True),
    (Target.INT64, pa.int64(), 1, 1, False),
    (Target.INT16, pa.int16(), 2, 2, False),
    (Target.UINT16, pa.uint16(), 2, 2, True),
    (Target.INT16, pa.int16(), 13, 2, True),
    (Target.INT64, pa.int64(), 2, 2, True),
    (Target.INT32, pa.int32(), 3, 4, False),
    (Target.UINT32, pa.uint32(), 3, 4, True),
    (Target.UINT64, pa.uint64(), 3, 4, True),
    (Target.INT32, pa.int32(), 9, 4, False),
    (Target.UINT32, pa.uint32(), 9, 4, True),
    (Target.INT64, pa.int64(), 8, 8, False),
    (Target.UINT64, pa.uint64(), 8, 8, True),
    (Target.FLOAT32, pa.float32(), 4, 4, False),
    (Target.FLOAT64, pa.float64(), 5, 8, False),
    (Target.BOOL, pa.bool_(), 1, 1, False),
]
MYSQL_KINDS = [
    *(Kind(target, kind, _bytes(size), wire, unsigned) for target, kind, wire, size, unsigned in _INTEGERS),
    Kind(Target.BOOL, pa.bool_(), lambda rng: counted(rng.choice([b"\0", b"\1"])), 16),
    Kind(Target.UINT64, pa.uint64(), lambda rng: counted(rng.randbytes(rng.randrange(1, 9))), 16),
    Kind(Target.DECIMAL, pa.decimal128(15, 2), lambda rng: counted(_decimal_text(rng)), 246),
    Kind(Target.DECIMAL, pa.decimal128(38, 0), lambda rng: counted(_decimal_text(rng)), 0),
    Kind(Target.DECIMAL, pa.decimal128(38, 20), lambda rng: counted(_decimal_text(rng)), 246),
    Kind(Target.UTF8, pa.string(), lambda rng: counted(_text(rng)), 253),
    Kind(Target.UTF8, pa.string(), lambda rng: counted(_text(rng)), 245),
    Kind(
        Target.BINARY, pa.binary(), lambda rng: counted(rng.randbytes(rng.choice([0, 3, 250, 251, 300]))), 252
    ),
    Kind(Target.DATE32, pa.date32(), lambda rng: counted(_mysql_date(rng)), 10),
    Kind(Target.TIMESTAMP, pa.timestamp("us"), lambda rng: counted(_mysql_timestamp(rng)), 12, decimals=6),
    Kind(Target.TIMESTAMP, pa.timestamp("us", "UTC"), lambda rng: counted(_mysql_timestamp(rng)), 7),
    Kind(Target.TIME_TEXT, pa.string(), lambda rng: counted(_mysql_time(rng)), 11),
    Kind(Target.TIME_TEXT, pa.string(), lambda rng: counted(_mysql_time(rng)), 11, decimals=2),
    Kind(Target.TIME_TEXT, pa.string(), lambda rng: counted(_mysql_time(rng)), 11, decimals=31),
]
POSTGRES_KINDS = [
    Kind(Target.INT16, pa.int16(), _bytes(2)),
    Kind(Target.INT32, pa.int32(), _bytes(4)),
    Kind(Target.INT64, pa.int64(), _bytes(8)),
    Kind(Target.OID, pa.int64(), _bytes(4)),
    Kind(Target.FLOAT32, pa.float32(), _bytes(4)),
    Kind(Target.FLOAT64, pa.float64(), _bytes(8)),
    Kind(Target.BOOL, pa.bool_(), lambda rng: bytes([rng.randrange(2)])),
    Kind(Target.DECIMAL, pa.decimal128(15, 2), _numeric),
    Kind(Target.DECIMAL, pa.decimal128(38, 0), _numeric),
    Kind(Target.DECIMAL, pa.decimal128(38, 37), _numeric),
    Kind(Target.NUMERIC_TEXT, pa.string(), _exact_numeric),
    Kind(Target.UTF8, pa.string(), _text),
    Kind(Target.BINARY, pa.binary(), lambda rng: rng.randbytes(rng.choice([0, 3, 300]))),
    Kind(Target.DATE32, pa.date32(), _postgres_day),
    Kind(Target.TIMESTAMP, pa.timestamp("us"), _postgres_moment),
    Kind(Target.TIMESTAMP, pa.timestamp("us", "UTC"), _postgres_moment),
    Kind(Target.TIME64, pa.time64("us"), _postgres_clock),
    Kind(Target.UUID_TEXT, pa.string(), _bytes(16)),
    Kind(Target.JSONB_TEXT, pa.string(), lambda rng: b"\1" + _text(rng)),
]


@dataclass(frozen=True)
class Result:
    """The columns of a result, its bytes, and where the bytes are cut."""

    columns: list[WireColumn]
    data: bytes
    cuts: list[int]
    max_rows: int


def random_result(rng: random.Random, protocol: str) -> Result:
    """Return a well-formed result of `mysql`, `copy` or `messages`."""
    available = MYSQL_KINDS if protocol == "mysql" else POSTGRES_KINDS
    kinds = rng.choices(available, k=rng.choice([1, 2, 6, 7, 20]))
    rows = [
        [None if rng.random() < 0.15 else kind.value(rng) for kind in kinds]
        for _ in range(rng.choice([0, 1, 5, 20]))
    ]
    if protocol == "mysql":
        data = packets([*(mysql_row(*row) for row in rows), END_OF_ROWS], first=rng.randrange(256))
    else:
        data = SIGNATURE + b"".join(copy_row(*row) for row in rows) + END_MARK
    if protocol == "messages":
        data = _in_messages(rng, data)
    cuts = [rng.randrange(1 << 30) for _ in range(rng.choice([0, 1, 3, 30]))]
    return Result(
        [kind.column(f"c{i}") for i, kind in enumerate(kinds)], data, cuts, rng.choice([1, 3, 1000])
    )


def _in_messages(rng: random.Random, data: bytes) -> bytes:
    parts, position = [], 0
    while position < len(data):
        size = rng.choice([0, 1, 30, 200, 10_000])
        parts.append(message(data[position : position + size]))
        position += size
    return b"".join(parts) + COPY_DONE


def mutated(rng: random.Random, data: bytes) -> bytes:
    """Return `data` with a few bytes changed, lost, doubled or added, or cut short."""
    changed = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 5])):
        if not changed:
            break
        at = rng.randrange(len(changed))
        match rng.randrange(6):
            case 0:
                changed[at] ^= 1 << rng.randrange(8)
            case 1:
                changed[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFB, 0xFC, 0xFD, 0xFE, 0xFF])
            case 2:
                del changed[at : at + rng.choice([1, 2, 4, 50])]
            case 3:
                changed[at:at] = rng.randbytes(rng.choice([1, 2, 4]))
            case 4:
                changed[at : at + 4] = rng.choice(
                    [b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x40\0\0\1", bytes(4)]
                )
            case _:
                del changed[at:]
    return bytes(changed)


def results(protocol: str) -> st.SearchStrategy[Result]:
    """Return a strategy of well-formed results."""
    return st.randoms(use_true_random=True).map(lambda rng: random_result(rng, protocol))
