"""PostgreSQL's COPY BINARY, value by value, as both decoders read it."""

import struct
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pytest
from wires import (
    COPY_DONE,
    END_MARK,
    SIGNATURE,
    Outcome,
    copy_data,
    copy_row,
    decode_all,
    message,
    numeric,
)

from dataduct.connectors.decoding import (
    DecodingError,
    Fault,
    Refused,
    State,
    Target,
    WireColumn,
    compiled_is_built,
    postgres_decoder,
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
TEXT = WireColumn("t", Target.UTF8, pa.string())
NUMBER = WireColumn("n", Target.NUMERIC_TEXT, pa.string())
NAN, INFINITY, MINUS_INFINITY, NEGATIVE = 0xC000, 0xD000, 0xF000, 0x4000
ROW = copy_row(b"some text")


def decoded(column: WireColumn, *values: bytes | None, compiled: bool) -> Outcome:
    data = copy_data(*map(copy_row, values))
    return decode_all(postgres_decoder([column], framed=False, compiled=compiled), [data])


def values_of(column: WireColumn, *values: bytes | None, compiled: bool) -> list[object]:
    outcome = decoded(column, *values, compiled=compiled)
    assert (outcome.error, outcome.refused) == (None, [])
    return [row[column.name] for row in outcome.rows]


@pytest.mark.parametrize(
    ("target", "kind", "raw", "value"),
    [
        (Target.INT16, pa.int16(), b"\x80\x00", -32768),
        (Target.INT32, pa.int32(), b"\xff\xff\xff\xfe", -2),
        (Target.INT64, pa.int64(), b"\x80" + bytes(7), -(2**63)),
        (Target.OID, pa.int64(), b"\xff\xff\xff\xff", 4294967295),
        (Target.FLOAT32, pa.float32(), struct.pack(">f", 0.5), 0.5),
        (Target.FLOAT64, pa.float64(), struct.pack(">d", -0.1), -0.1),
        (Target.FLOAT64, pa.float64(), struct.pack(">d", float("-inf")), float("-inf")),
        (Target.BOOL, pa.bool_(), b"\x01", True),
        (Target.BOOL, pa.bool_(), b"\x00", False),
        (Target.UTF8, pa.string(), "é😀\t".encode(), "é😀\t"),
        (Target.UTF8, pa.string(), b"", ""),
        (Target.BINARY, pa.binary(), b"\0\xff", b"\0\xff"),
        (Target.JSONB_TEXT, pa.string(), b'\x01{"a": 1}', '{"a": 1}'),
        (
            Target.UUID_TEXT,
            pa.string(),
            bytes.fromhex("a0eebc999c0b4ef8bb6d6bb9bd380a11"),
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        ),
        (Target.DATE32, pa.date32(), struct.pack(">i", 8825), date(2024, 2, 29)),
        (Target.DATE32, pa.date32(), struct.pack(">i", -10957), date(1970, 1, 1)),
        (
            Target.TIMESTAMP,
            pa.timestamp("us"),
            struct.pack(">q", -1),
            datetime(1999, 12, 31, 23, 59, 59, 999999),
        ),
        (Target.TIMESTAMP, pa.timestamp("us", "UTC"), bytes(8), datetime(2000, 1, 1, tzinfo=UTC)),
        (Target.TIME64, pa.time64("us"), struct.pack(">q", 86_399_999_999), time(23, 59, 59, 999999)),
    ],
)
def test_values(target: Target, kind: pa.DataType, raw: bytes, value: object, compiled: bool) -> None:
    assert values_of(WireColumn("v", target, kind), raw, None, raw, compiled=compiled) == [value, None, value]


def test_timestamps_keep_years_beyond_python(compiled: bool) -> None:
    column = WireColumn("t", Target.TIMESTAMP, pa.timestamp("us"))
    outcome = decoded(column, struct.pack(">q", -211_813_488_000_000_000), compiled=compiled)
    assert outcome.batches[0].column(0).view(pa.int64()).to_pylist() == [-210_866_803_200_000_000]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (numeric([], 0, 0), "0"),
        (numeric([], 0, 3), "0.000"),
        (numeric([1], 0, 0), "1"),
        (numeric([12, 5000], 0, 2), "12.50"),
        (numeric([12, 5000], 0, 2, NEGATIVE), "-12.50"),
        (numeric([1], 1, 0), "10000"),
        (numeric([1, 0, 1], 2, 0), "100000001"),
        (numeric([1], 25, 0), "1" + "0" * 100),
        (numeric([1], -1, 4), "0.0001"),
        (numeric([1], -3, 12), "0.000000000001"),
        (numeric([1], -3, 15), "0.000000000001000"),
        (numeric([1234, 5678, 9000], 0, 5), "1234.56789"),
        (numeric([1], 32767, 0), "1" + "0" * 131068),
        (numeric([], 0, 0, NAN), "NaN"),
        (numeric([], 0, 0, INFINITY), "Infinity"),
        (numeric([], 0, 0, MINUS_INFINITY), "-Infinity"),
    ],
)
def test_numerics_are_printed_as_postgresql_prints_them(raw: bytes, text: str, compiled: bool) -> None:
    assert values_of(NUMBER, raw, compiled=compiled) == [text]


@pytest.mark.parametrize(
    ("precision", "scale", "raw", "value"),
    [
        (15, 2, numeric([12, 5000], 0, 2), "12.50"),
        (15, 2, numeric([12, 5000], 0, 2, NEGATIVE), "-12.50"),
        (15, 2, numeric([], 0, 2), "0.00"),
        (15, 2, numeric([7], 0, 0), "7"),
        (15, 2, numeric([12, 5000], 0, 9), "12.50"),
        (38, 38, numeric([1], -1, 4), "0.0001"),
        (38, 37, numeric([9, *[9999] * 9, 9000], 0, 37), "9." + "9" * 37),
        (38, 0, numeric([99, *[9999] * 9], 9, 0, NEGATIVE), "-" + "9" * 38),
        (38, 1, numeric([9, *[9999] * 9, 9000], 9, 1), "9" * 37 + ".9"),
        (38, 3, numeric([1], -1, 4), None),
        (4, 2, numeric([99, 9900], 0, 2), "99.99"),
        (4, 2, numeric([100], 0, 0), None),
        (38, 0, numeric([100, *[0] * 9], 9, 0), None),
        (38, 0, numeric([1], 11, 0), None),
        (38, 10, numeric([1], 7, 0), None),
        (38, 2, numeric([], 0, 0, NAN), None),
        (38, 2, numeric([], 0, 0, INFINITY), None),
    ],
)
def test_numerics_become_decimals_exactly_or_are_refused(
    precision: int, scale: int, raw: bytes, value: str | None, compiled: bool
) -> None:
    column = WireColumn("d", Target.DECIMAL, pa.decimal128(precision, scale))
    outcome = decoded(column, raw, compiled=compiled)
    assert outcome.rows == [{"d": None if value is None else Decimal(value)}]
    assert len(outcome.refused) == (value is None)


@pytest.mark.parametrize(
    ("target", "kind", "raw", "text"),
    [
        (Target.DECIMAL, pa.decimal128(4, 2), numeric([1, 2345], 0, 4), "1.2345"),
        (Target.DECIMAL, pa.decimal128(4, 2), numeric([], 0, 0, NAN), "NaN"),
        (Target.DECIMAL, pa.decimal128(4, 2), numeric([1], 50, 0), "1" + "0" * 59 + "..."),
        (Target.DATE32, pa.date32(), struct.pack(">i", 2**31 - 1), "infinity"),
        (Target.DATE32, pa.date32(), struct.pack(">i", -(2**31)), "-infinity"),
        (Target.TIMESTAMP, pa.timestamp("us"), struct.pack(">q", 2**63 - 1), "infinity"),
        (Target.TIMESTAMP, pa.timestamp("us", "UTC"), struct.pack(">q", -(2**63)), "-infinity"),
        (
            Target.TIMESTAMP,
            pa.timestamp("us"),
            struct.pack(">q", 9_223_371_331_199_999_999),
            "294276-12-31 23:59:59.999999",
        ),
        (
            Target.TIMESTAMP,
            pa.timestamp("us", "UTC"),
            struct.pack(">q", 9_223_371_331_199_000_000),
            "294276-12-31 23:59:59+00",
        ),
        (Target.TIME64, pa.time64("us"), struct.pack(">q", 86_400_000_000), "24:00:00"),
    ],
)
def test_refused_values_are_counted_and_shown(
    target: Target, kind: pa.DataType, raw: bytes, text: str, compiled: bool
) -> None:
    column = WireColumn("v", target, kind)
    outcome = decoded(column, None, raw, None, raw, compiled=compiled)
    assert outcome.refused == [Refused("v", 2, 2, text)]
    assert outcome.batches[0].column(0).null_count == 4


def test_refused_values_are_counted_by_column(compiled: bool) -> None:
    columns = [
        WireColumn("a", Target.DATE32, pa.date32()),
        TEXT,
        WireColumn("b", Target.TIME64, pa.time64("us")),
    ]
    late, never = struct.pack(">q", 86_400_000_000), struct.pack(">i", 2**31 - 1)
    rows = [copy_row(bytes(4), b"", late), copy_row(never, b"", late), copy_row(bytes(4), b"", bytes(8))]
    outcome = decode_all(
        postgres_decoder(columns, framed=False, compiled=compiled), [copy_data(*rows)], max_rows=1
    )
    assert outcome.refused == [Refused("a", 1, 2, "infinity"), Refused("b", 2, 1, "24:00:00")]


def test_numbers_of_many_digits_fill_a_batch(compiled: bool) -> None:
    data = copy_data(*[copy_row(numeric([1], 32767, 0))] * 100)
    decoder = postgres_decoder([NUMBER], framed=False, compiled=compiled)
    _, state = decoder.decode(data, 0, len(data), 1000)
    assert (state, decoder.rows, decoder.nbytes) == (State.FULL, 64, 64 * (16 + 131072))
    assert decoder.take().nbytes < 9 * 1024 * 1024


@pytest.mark.parametrize(
    ("target", "kind", "raw", "fault"),
    [
        (Target.INT32, pa.int32(), b"\0\0", Fault.VALUE_LENGTH),
        (Target.INT64, pa.int64(), bytes(4), Fault.VALUE_LENGTH),
        (Target.BOOL, pa.bool_(), b"\x02", Fault.NOT_BOOLEAN),
        (Target.BOOL, pa.bool_(), b"", Fault.VALUE_LENGTH),
        (Target.UTF8, pa.string(), b"\xff", Fault.NOT_UTF8),
        (Target.JSONB_TEXT, pa.string(), b"\x02{}", Fault.JSONB_VERSION),
        (Target.JSONB_TEXT, pa.string(), b"", Fault.VALUE_LENGTH),
        (Target.UUID_TEXT, pa.string(), bytes(15), Fault.VALUE_LENGTH),
        (Target.TIME64, pa.time64("us"), struct.pack(">q", -1), Fault.NOT_TIME),
        (Target.DATE32, pa.date32(), bytes(8), Fault.VALUE_LENGTH),
        (Target.NUMERIC_TEXT, pa.string(), bytes(7), Fault.VALUE_LENGTH),
        (Target.NUMERIC_TEXT, pa.string(), numeric([1], 0, 0) + b"\0", Fault.VALUE_LENGTH),
        (Target.NUMERIC_TEXT, pa.string(), numeric([10000], 0, 0), Fault.NOT_NUMERIC),
        (Target.NUMERIC_TEXT, pa.string(), numeric([1], 0, 0, 0x8000), Fault.NOT_NUMERIC),
        (Target.NUMERIC_TEXT, pa.string(), numeric([1], 0, 0x4000), Fault.NOT_NUMERIC),
        (Target.NUMERIC_TEXT, pa.string(), numeric([1, 5], 0, 0), Fault.NOT_NUMERIC),
        (Target.DECIMAL, pa.decimal128(9, 2), numeric([1, 0xFFFF], 0, 0), Fault.NOT_NUMERIC),
    ],
)
def test_malformed_values_are_errors(
    target: Target, kind: pa.DataType, raw: bytes, fault: Fault, compiled: bool
) -> None:
    decoder = postgres_decoder([WireColumn("v", target, kind)], framed=False, compiled=compiled)
    data = copy_data(copy_row(None), copy_row(raw))
    with pytest.raises(DecodingError) as caught:
        decoder.decode(data, 0, len(data), 10)
    assert (caught.value.fault, caught.value.row, caught.value.column) == (fault, 2, "v")
    with pytest.raises(DecodingError):
        decoder.take()


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (
            b"PGCOPY\n\xff\n",
            "SIGNATURE row 1: the data do not begin with the signature of PostgreSQL's COPY BINARY",
        ),
        (
            SIGNATURE[:11] + b"\0\1\0\0\0\0\0\0",
            "HEADER row 1: the header of COPY BINARY has unknown flags or a wrong length",
        ),
        (
            SIGNATURE[:15] + b"\xff\xff\xff\xff",
            "HEADER row 1: the header of COPY BINARY has unknown flags or a wrong length",
        ),
        (
            SIGNATURE + ROW + copy_row(b"", b""),
            "FIELD_COUNT row 2: the row has 2 fields where 1 were expected",
        ),
        (SIGNATURE + b"\xff\xfe", "FIELD_COUNT row 1: the row has -2 fields where 1 were expected"),
        (
            SIGNATURE + ROW + b"\0\1\xff\xff\xff\xfe",
            "VALUE_LENGTH row 2, column `t`: -2 bytes are no length of a value of this type",
        ),
        (
            SIGNATURE + ROW + b"\0\1\x40\0\0\1",
            "LONG_VALUE row 2, column `t`: a length of 1073741825 bytes is longer than any value",
        ),
    ],
)
def test_errors_name_row_and_column(data: bytes, error: str, compiled: bool) -> None:
    outcome = decode_all(postgres_decoder([TEXT], framed=False, compiled=compiled), [data])
    assert outcome.error == error
    framed = decode_all(postgres_decoder([TEXT], framed=True, compiled=compiled), [message(data)])
    assert framed.error == error


def test_the_extension_of_the_header_is_passed_over(compiled: bool) -> None:
    data = SIGNATURE[:15] + struct.pack(">i", 3) + b"xyz" + ROW + END_MARK
    outcome = decode_all(postgres_decoder([TEXT], framed=False, compiled=compiled), [data[:20], data[20:]])
    assert outcome.rows == [{"t": "some text"}]


def test_unframed_data_end_at_their_mark(compiled: bool) -> None:
    data = copy_data(ROW, ROW)
    decoder = postgres_decoder([TEXT], framed=False, compiled=compiled)
    assert decoder.decode(data, 0, len(data), 2) == (len(data) - 2, State.FULL)
    decoder.take()
    assert decoder.decode(data, len(data) - 2, len(data), 2) == (len(data) - 2, State.END)
    assert decoder.take().num_rows == 0


def test_messages_may_cut_rows_anywhere(compiled: bool) -> None:
    data = copy_data(ROW, copy_row(None), ROW)
    for size in range(1, len(data)):
        messages = [message(data[i : i + size]) for i in range(0, len(data), size)]
        outcome = decode_all(postgres_decoder([TEXT], framed=True, compiled=compiled), [*messages, COPY_DONE])
        assert [row["t"] for row in outcome.rows] == ["some text", None, "some text"]
        assert outcome.state is State.END
        assert outcome.stopped_at == len(b"".join(messages))


def test_other_messages_are_left_to_the_caller(compiled: bool) -> None:
    notice = message(b"SNOTICE\0\0", b"N")
    first, second = message(SIGNATURE + ROW + ROW[:5]), message(ROW[5:] + END_MARK)
    data = first + notice + second + COPY_DONE
    decoder = postgres_decoder([TEXT], framed=True, compiled=compiled)
    assert decoder.decode(data, 0, len(first) + len(notice) - 1, 10) == (len(first), State.MORE)
    assert decoder.decode(data, len(first), len(data), 10) == (len(first), State.OTHER)
    behind = len(first) + len(notice)
    assert decoder.decode(data, behind, len(data) - 1, 10) == (len(data) - 5, State.MORE)
    assert decoder.decode(data, len(data) - 5, len(data), 10) == (len(data) - 5, State.END)
    assert decoder.take().num_rows == 2


def test_rows_of_one_message_may_fill_several_batches(compiled: bool) -> None:
    messages = message(SIGNATURE + ROW * 5) + message(ROW * 2 + END_MARK) + COPY_DONE
    outcome = decode_all(postgres_decoder([TEXT], framed=True, compiled=compiled), [messages], max_rows=3)
    assert [batch.num_rows for batch in outcome.batches] == [3, 3, 1]
    assert outcome.state is State.END


@pytest.mark.parametrize(
    ("messages", "error"),
    [
        (message(SIGNATURE + ROW) + COPY_DONE, "NO_END row 2: the data end before the end mark of the rows"),
        (
            message(SIGNATURE + ROW[:4]) + COPY_DONE,
            "NO_END row 1: the data end before the end mark of the rows",
        ),
        (
            message(SIGNATURE + ROW + END_MARK) + message(ROW) + COPY_DONE,
            "AFTER_END row 2: data follow the end of the rows",
        ),
        (message(SIGNATURE + ROW) + b"\0\0\0\0\4", "MESSAGE row 2: a message has type 0x00 and length 4"),
        (message(SIGNATURE + ROW) + b"d\0\0\0\3", "MESSAGE row 2: a message has type 0x64 and length 3"),
        (message(SIGNATURE + ROW) + b"c\0\0\0\5", "MESSAGE row 2: a message has type 0x63 and length 5"),
    ],
)
def test_broken_messages_are_errors(messages: bytes, error: str, compiled: bool) -> None:
    assert decode_all(postgres_decoder([TEXT], framed=True, compiled=compiled), [messages]).error == error


@pytest.mark.parametrize("target", [Target.INT8, Target.UINT64, Target.TIME_TEXT])
def test_targets_that_postgresql_does_not_send_are_refused_at_once(target: Target, compiled: bool) -> None:
    kind = {Target.INT8: pa.int8(), Target.UINT64: pa.uint64(), Target.TIME_TEXT: pa.string()}[target]
    with pytest.raises(ValueError, match=f"column `c`: PostgreSQL sends nothing that becomes {target.name}"):
        postgres_decoder([WireColumn("c", target, kind)], framed=False, compiled=compiled)


def test_a_result_without_columns_is_refused(compiled: bool) -> None:
    with pytest.raises(ValueError, match="without columns"):
        postgres_decoder([], framed=True, compiled=compiled)
