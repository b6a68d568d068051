"""MySQL's binary rows, value by value, as both decoders read them."""

import struct
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from wires import END_OF_ROWS, Outcome, counted, decode_all, mysql_row, packets

from dataduct.connectors.decoding import (
    DecodingError,
    Fault,
    Refused,
    State,
    Target,
    WireColumn,
    compiled_is_built,
    mysql_decoder,
)

pytestmark = pytest.mark.parametrize(
    "compiled",
    [
        pytest.param(False, id="python"),
        pytest.param(
            True, id="compiled", marks=pytest.mark.skipif(not compiled_is_built(), reason="it is not built")
        ),
    ],
)
TINY, SHORT, LONG, FLOAT, DOUBLE, NULL, TIMESTAMP, LONGLONG, INT24 = 1, 2, 3, 4, 5, 6, 7, 8, 9
DATE, TIME, DATETIME, YEAR, BIT, NEWDECIMAL, BLOB, VAR_STRING = 10, 11, 12, 13, 16, 246, 252, 253
TEXT = WireColumn("t", Target.UTF8, pa.string(), VAR_STRING)


def decoded(column: WireColumn, *values: bytes | None, compiled: bool) -> Outcome:
    rows = [mysql_row(value) for value in values]
    return decode_all(mysql_decoder([column], compiled=compiled), [packets([*rows, END_OF_ROWS])])


def values_of(column: WireColumn, *values: bytes | None, compiled: bool) -> list[object]:
    outcome = decoded(column, *values, compiled=compiled)
    assert outcome.error is None
    assert outcome.refused == []
    return [row[column.name] for row in outcome.rows]


@pytest.mark.parametrize(
    ("wire", "unsigned", "target", "kind", "raw", "value"),
    [
        (TINY, False, Target.INT8, pa.int8(), b"\x80", -128),
        (TINY, True, Target.UINT8, pa.uint8(), b"\xff", 255),
        (SHORT, False, Target.INT16, pa.int16(), b"\x00\x80", -32768),
        (SHORT, True, Target.UINT16, pa.uint16(), b"\xff\xff", 65535),
        (YEAR, True, Target.INT16, pa.int16(), b"\x6b\x08", 2155),
        (INT24, False, Target.INT32, pa.int32(), b"\x00\x00\x80\xff", -8388608),
        (INT24, True, Target.UINT32, pa.uint32(), b"\xff\xff\xff\x00", 16777215),
        (LONG, False, Target.INT32, pa.int32(), b"\xfe\xff\xff\xff", -2),
        (LONG, True, Target.UINT32, pa.uint32(), b"\xff\xff\xff\xff", 4294967295),
        (LONG, False, Target.INT64, pa.int64(), b"\xfe\xff\xff\xff", -2),
        (LONG, True, Target.INT64, pa.int64(), b"\xfe\xff\xff\xff", 4294967294),
        (LONGLONG, False, Target.INT64, pa.int64(), b"\0\0\0\0\0\0\0\x80", -(2**63)),
        (LONGLONG, True, Target.UINT64, pa.uint64(), b"\xff" * 8, 2**64 - 1),
        (FLOAT, False, Target.FLOAT32, pa.float32(), struct.pack("<f", 3.14159274), 3.1415927410125732),
        (DOUBLE, False, Target.FLOAT64, pa.float64(), struct.pack("<d", -0.1), -0.1),
        (BIT, True, Target.BOOL, pa.bool_(), b"\x01\x01", True),
        (BIT, True, Target.BOOL, pa.bool_(), b"\x01\x00", False),
        (BIT, True, Target.UINT64, pa.uint64(), b"\x02\x01\x02", 258),
        (BIT, True, Target.UINT64, pa.uint64(), b"\x08" + b"\xff" * 8, 2**64 - 1),
    ],
)
def test_numbers(
    wire: int, unsigned: bool, target: Target, kind: pa.DataType, raw: bytes, value: object, compiled: bool
) -> None:
    column = WireColumn("n", target, kind, wire, unsigned)
    assert values_of(column, raw, None, raw, compiled=compiled) == [value, None, value]


def test_decimals_are_exact(compiled: bool) -> None:
    column = WireColumn("d", Target.DECIMAL, pa.decimal128(38, 12), NEWDECIMAL)
    texts = [
        "1.123456789012",
        "0.000000000001",
        "-0.5",
        "000012",
        "-" + "9" * 26 + "." + "9" * 12,
        "1.5000000000000",
    ]
    found = values_of(column, *(counted(text.encode()) for text in texts), compiled=compiled)
    assert found == [Decimal(text) for text in texts]


def test_decimals_that_need_more_digits_are_refused(compiled: bool) -> None:
    column = WireColumn("d", Target.DECIMAL, pa.decimal128(5, 2), NEWDECIMAL)
    outcome = decoded(
        column, *map(counted, [b"999.99", b"1000.00", b"-0.001", b"9" * 100]), compiled=compiled
    )
    assert [row["d"] for row in outcome.rows] == [Decimal("999.99"), None, None, None]
    assert outcome.refused == [Refused("d", 3, 2, "1000.00")]


def test_dates(compiled: bool) -> None:
    column = WireColumn("d", Target.DATE32, pa.date32(), DATE)
    raws = [b"\x04\xe8\x07\x02\x1d", b"\x04\x01\0\x01\x01", b"\x04\x0f\x27\x0c\x1f", b"\x04\xb2\x07\x01\x01"]
    found = values_of(column, *raws, None, compiled=compiled)
    assert found == [date(2024, 2, 29), date(1, 1, 1), date(9999, 12, 31), date(1970, 1, 1), None]


def test_zero_and_invalid_dates_are_refused(compiled: bool) -> None:
    column = WireColumn("d", Target.DATE32, pa.date32(), DATE)
    raws = [
        b"\x04\xe8\x07\x02\x1d",
        b"\0",
        b"\x04\xe8\x07\x02\0",
        b"\x04\xe8\x07\x02\x1f",
        b"\x04\0\0\x01\x01",
    ]
    outcome = decoded(column, *raws, compiled=compiled)
    assert [row["d"] for row in outcome.rows] == [date(2024, 2, 29), None, None, None, None]
    assert outcome.refused == [Refused("d", 4, 2, "0000-00-00")]
    assert decoded(column, raws[3], compiled=compiled).refused == [Refused("d", 1, 1, "2024-02-31")]


def test_timestamps(compiled: bool) -> None:
    column = WireColumn("t", Target.TIMESTAMP, pa.timestamp("us"), DATETIME, decimals=6)
    raws = [
        b"\x04\xe8\x07\x02\x1d",
        b"\x07\xe8\x07\x02\x1d\x17\x3b\x3b",
        b"\x0b\xe8\x07\x02\x1d\x17\x3b\x3b\x3f\x42\x0f\x00",
    ]
    assert values_of(column, *raws, compiled=compiled) == [
        datetime(2024, 2, 29),
        datetime(2024, 2, 29, 23, 59, 59),
        datetime(2024, 2, 29, 23, 59, 59, 999999),
    ]
    zero = decoded(column, b"\0", b"\x07\0\0\0\0\x01\x02\x03", compiled=compiled)
    assert zero.refused == [Refused("t", 2, 1, "0000-00-00 00:00:00.000000")]


@pytest.mark.parametrize(
    ("decimals", "raw", "text"),
    [
        (0, b"\0", "00:00:00"),
        (2, b"\0", "00:00:00.00"),
        (0, b"\x08\x00\0\0\0\0\x01\x02\x03", "01:02:03"),
        (0, b"\x08\x01\x22\0\0\0\x16\x3b\x3b", "-838:59:59"),
        (3, b"\x0c\x00\x04\0\0\0\x05\x06\x07\x40\xe2\x01\0", "101:06:07.123456"),
        (6, b"\x0c\x00\0\0\0\0\x05\x06\x07\x01\0\0\0", "05:06:07.000001"),
        (1, b"\x0c\x00\0\0\0\0\x05\x06\x07\x20\xa1\x07\0", "05:06:07.5"),
        (31, b"\x08\x00\0\0\0\0\x05\x06\x07", "05:06:07"),
        (31, b"\x0c\x00\0\0\0\0\x05\x06\x07\x20\xa1\x07\0", "05:06:07.500000"),
    ],
)
def test_times_are_printed_as_mysql_prints_them(decimals: int, raw: bytes, text: str, compiled: bool) -> None:
    column = WireColumn("t", Target.TIME_TEXT, pa.string(), TIME, decimals=decimals)
    assert values_of(column, raw, compiled=compiled) == [text]


@pytest.mark.parametrize("size", [0, 250, 251, 252, 65_535, 65_536, 1 << 24, (1 << 24) + 7])
def test_texts_of_every_length_prefix(size: int, compiled: bool) -> None:
    text = "ab\n" * (size // 3) + "x" * (size % 3)
    found = values_of(TEXT, counted(text.encode()), counted("é😀".encode()), compiled=compiled)
    assert found == [text, "é😀"]


def test_a_row_that_fills_its_packet_ends_with_an_empty_one(compiled: bool) -> None:
    text = b"y" * (0xFFFFFF - 6)
    row = mysql_row(counted(text))
    assert len(row) == 0xFFFFFF
    data = packets([row, mysql_row(counted(b"z")), END_OF_ROWS])
    half = len(data) // 2
    for pieces in ([data], [data[:half], data[half:]], [data[: 0xFFFFFF + 4], data[0xFFFFFF + 4 :]]):
        outcome = decode_all(mysql_decoder([TEXT], compiled=compiled), pieces)
        assert [len(str(row["t"])) for row in outcome.rows] == [len(text), 1]
        assert outcome.state is State.END


@pytest.mark.parametrize("count", [1, 5, 6, 7, 13, 14, 15, 100])
def test_nulls_stand_in_a_bitmap_that_begins_at_its_third_bit(count: int, compiled: bool) -> None:
    columns = [WireColumn(f"c{i}", Target.UINT8, pa.uint8(), TINY, unsigned=True) for i in range(count)]
    rows = [[None if (i * 7 + r) % 3 == 0 else bytes([i]) for i in range(count)] for r in range(9)]
    outcome = decode_all(
        mysql_decoder(columns, compiled=compiled),
        [packets([*(mysql_row(*row) for row in rows), END_OF_ROWS])],
    )
    assert [list(row.values()) for row in outcome.rows] == [[v and v[0] for v in row] for row in rows]


def test_a_column_of_type_null_has_no_values(compiled: bool) -> None:
    column = WireColumn("n", Target.UTF8, pa.string(), NULL)
    assert values_of(column, None, None, compiled=compiled) == [None, None]
    assert decoded(column, b"\x01x", compiled=compiled).error == (
        "NULL_TYPE row 1, column `n`: there is a value, though the column's type is NULL"
    )


def test_a_batch_is_full_at_its_rows_or_at_8_mib(compiled: bool) -> None:
    data = packets([mysql_row(counted(b"a" * 3_000_000)) for _ in range(4)] + [END_OF_ROWS])
    decoder = mysql_decoder([TEXT], compiled=compiled)
    used, state = decoder.decode(data, 0, len(data), 100)
    assert (state, decoder.rows) == (State.FULL, 3)
    assert decoder.nbytes == 3 * (2 + 4 + 3_000_000)
    assert decoder.take().num_rows == 3
    assert (decoder.rows, decoder.nbytes) == (0, 0)
    used, state = decoder.decode(data, used, len(data), 1)
    assert (state, decoder.rows) == (State.FULL, 1)
    assert decoder.decode(data, used, len(data), 1) == (used, State.FULL)
    decoder.take()
    assert decoder.decode(data, used, len(data), 1) == (len(data) - 9, State.END)
    assert decoder.take().num_rows == 0


@pytest.mark.parametrize(
    ("ending", "state"),
    [
        (b"\xfe\0\0\x02\0", State.END),
        (b"\xfe\0\0\x02\0\0\0some words of an OK packet", State.END),
        (b"\xff\x15\x04#28000denied", State.OTHER),
    ],
)
def test_what_ends_the_rows_is_left_to_the_caller(ending: bytes, state: State, compiled: bool) -> None:
    row = mysql_row(counted(b"a"))
    data = packets([row, row, ending])
    decoder = mysql_decoder([TEXT], compiled=compiled)
    start = 2 * (4 + len(row))
    assert decoder.decode(data, 0, len(data) - 1, 100) == (start, State.MORE)
    assert decoder.decode(data, start, len(data), 100) == (start, state)
    assert decoder.take().num_rows == 2


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "EMPTY_PACKET row 2: a packet has no content"),
        (
            b"\x01abc",
            "NO_ROW row 2: a packet begins with byte 0x01, which begins neither a row nor the end of the rows",
        ),
        (b"\0", "SHORT_ROW row 2: the row ends too early, after 1 bytes"),
        (b"\0\0", "SHORT_ROW row 2: the row ends too early, after 2 bytes"),
        (b"\0\0\x05abc", "SHORT_ROW row 2: the row ends too early, after 6 bytes"),
        (b"\0\0\xfc\x05", "SHORT_ROW row 2: the row ends too early, after 4 bytes"),
        (b"\0\0\x01abc", "LONG_ROW row 2: 2 bytes follow the last column"),
        (b"\0\0\xfbabc", "LENGTH_PREFIX row 2, column `t`: byte 0xfb does not begin a length"),
        (
            b"\0\0\xfe\0\0\0\x80\0\0\0\0",
            "LONG_VALUE row 2, column `t`: a length of 2147483648 bytes is longer than any value",
        ),
        (b"\0\0\x03ab\xc3", "NOT_UTF8 row 2, column `t`: the text is not UTF-8 at byte 2"),
        (b"\0\0\x0912345678\xff", "NOT_UTF8 row 2, column `t`: the text is not UTF-8 at byte 8"),
    ],
)
def test_errors_name_row_and_column(content: bytes, error: str, compiled: bool) -> None:
    data = packets([mysql_row(counted(b"good")), content, END_OF_ROWS])
    assert decode_all(mysql_decoder([TEXT], compiled=compiled), [data]).error == error


@pytest.mark.parametrize(
    "text", [b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe0\x80\xaf", b"\x80", b"\xe4\xb8"]
)
def test_text_that_only_looks_like_utf8_is_an_error(text: bytes, compiled: bool) -> None:
    for before in (b"", b"abcdefg", b"abcdefghijklmnop"):
        outcome = decoded(TEXT, counted(before + text), compiled=compiled)
        assert outcome.error == f"NOT_UTF8 row 1, column `t`: the text is not UTF-8 at byte {len(before)}"


@pytest.mark.parametrize(
    ("target", "kind", "wire", "raw", "fault"),
    [
        (Target.DATE32, pa.date32(), DATE, b"\x03\xe8\x07\x02", Fault.VALUE_LENGTH),
        (Target.DATE32, pa.date32(), DATE, b"\x04\xff\xff\x02\x02", Fault.NOT_DATE),
        (Target.TIMESTAMP, pa.timestamp("us"), DATETIME, b"\x07\xe8\x07\x02\x02\x18\0\0", Fault.NOT_DATE),
        (Target.TIMESTAMP, pa.timestamp("us"), TIMESTAMP, b"\x05\xe8\x07\x02\x02\x18", Fault.VALUE_LENGTH),
        (Target.TIME_TEXT, pa.string(), TIME, b"\x08\x02\0\0\0\0\0\0\0", Fault.NOT_TIME),
        (Target.TIME_TEXT, pa.string(), TIME, b"\x07\x02\0\0\0\0\0\0", Fault.VALUE_LENGTH),
        (Target.DECIMAL, pa.decimal128(5, 2), NEWDECIMAL, b"\x031e5", Fault.NOT_DECIMAL),
        (Target.DECIMAL, pa.decimal128(5, 2), NEWDECIMAL, b"\x021.", Fault.NOT_DECIMAL),
        (Target.DECIMAL, pa.decimal128(5, 2), NEWDECIMAL, b"\x00", Fault.NOT_DECIMAL),
        (Target.UINT64, pa.uint64(), BIT, b"\x09123456789", Fault.VALUE_LENGTH),
        (Target.BOOL, pa.bool_(), BIT, b"\x00", Fault.VALUE_LENGTH),
    ],
)
def test_malformed_values_are_errors(
    target: Target, kind: pa.DataType, wire: int, raw: bytes, fault: Fault, compiled: bool
) -> None:
    decoder = mysql_decoder([WireColumn("v", target, kind, wire)], compiled=compiled)
    data = packets([mysql_row(raw)])
    with pytest.raises(DecodingError) as caught:
        decoder.decode(data, 0, len(data), 10)
    assert (caught.value.fault, caught.value.row, caught.value.column) == (fault, 1, "v")
    with pytest.raises(DecodingError):
        decoder.take()


def test_packets_out_of_order_are_an_error(compiled: bool) -> None:
    row = mysql_row(counted(b"a"))
    data = packets([row], first=255) + packets([row], first=0) + packets([row], first=2)
    outcome = decode_all(mysql_decoder([TEXT], compiled=compiled), [data])
    assert outcome.error == "SEQUENCE row 3: packet number 2 came where number 1 was due"


def test_rows_are_counted_over_all_batches(compiled: bool) -> None:
    rows = [mysql_row(counted(b"a")) for _ in range(25)]
    outcome = decode_all(
        mysql_decoder([TEXT], compiled=compiled), [packets([*rows, b"\0\0\x01\xff"])], max_rows=10
    )
    assert [batch.num_rows for batch in outcome.batches] == [10, 10]
    assert outcome.error is not None
    assert "row 26, column `t`" in outcome.error


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (WireColumn("c", Target.INT16, pa.int16(), LONG), "MySQL's type 3 does not become INT16"),
        (WireColumn("c", Target.UINT32, pa.uint32(), LONG), "does not become UINT32"),
        (WireColumn("c", Target.INT64, pa.int64(), LONGLONG, unsigned=True), "does not become INT64"),
        (WireColumn("c", Target.DATE32, pa.date32(), VAR_STRING), "does not become DATE32"),
        (WireColumn("c", Target.UUID_TEXT, pa.string(), VAR_STRING), "does not become UUID_TEXT"),
        (WireColumn("c", Target.INT32, pa.int64(), LONG), "INT32 does not become int64"),
        (
            WireColumn("c", Target.DECIMAL, pa.decimal256(50, 2), NEWDECIMAL),
            "DECIMAL does not become decimal256",
        ),
        (WireColumn("c", Target.TIMESTAMP, pa.timestamp("ms"), DATETIME), "does not become timestamp"),
    ],
)
def test_columns_that_cannot_be_decoded_are_refused_at_once(
    column: WireColumn, words: str, compiled: bool
) -> None:
    with pytest.raises(ValueError, match=f"column `c`: .*{words}"):
        mysql_decoder([column], compiled=compiled)


def test_offsets_must_lie_within_the_buffer(compiled: bool) -> None:
    decoder = mysql_decoder([TEXT], compiled=compiled)
    for start, end in ((0, 5), (3, 2), (-1, 2)):
        with pytest.raises(ValueError, match="not within a buffer of 4 bytes"):
            decoder.decode(b"abcd", start, end, 10)
    with pytest.raises(ValueError, match="max_rows"):
        decoder.decode(b"abcd", 0, 4, 0)
