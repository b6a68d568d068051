"""Fitting: what is converted all at once is what each value says, and what would be changed is named."""

import datetime as dt
import math
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dataduct.warehouses import fitting_readings as readings
from dataduct.warehouses.fitting import FitTarget, fit
from dataduct.warehouses.fitting_numbers import as_decimal, as_type
from dataduct.warehouses.fitting_targets import each
from dataduct.warehouses.misfits import Reason


def target(kind, **more):
    return FitTarget(type=kind, shown="T", **more)


NUMBERS = st.one_of(
    st.from_regex(r"\A[+-]?[0-9]{0,20}(\.[0-9]{0,12})?([eE][+-]?[0-9]{1,3})?\Z"),
    st.sampled_from(
        ["", " 1", "1_0", "nan", "inf", "-Infinity", "0x1", "1e400", "1e-400", "٣", "1 2", "--1", "5e-324"]
    ),
)
DAYS = st.one_of(
    st.dates().map(str),
    st.datetimes().map(str),
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    st.datetimes(timezones=st.just(dt.UTC)).map(str),
    st.sampled_from(
        [
            "2026-02-30",
            "0000-01-01",
            "2026-1-2",
            "2026/01/02",
            "10000-01-01",
            "2026-01-01 24:00:00",
            "now",
            "",
        ]
    ),
    st.sampled_from(
        ["2026-01-01 10:00:00+02:00", "2026-01-01 10:00 Europe/Paris", "2026-01-01T00:00:00.1234567"]
    ),
)
TEXT_TARGETS = [
    (pa.int32(), NUMBERS, lambda text: readings.integer(text, pa.int32())),
    (pa.int64(), NUMBERS, lambda text: readings.integer(text, pa.int64())),
    (pa.decimal128(10, 2), NUMBERS, lambda text: readings.decimal(text, 10, 2)),
    (pa.decimal128(38, 10), NUMBERS, lambda text: readings.decimal(text, 38, 10)),
    (pa.decimal128(2, 2), NUMBERS, lambda text: readings.decimal(text, 2, 2)),
    (pa.float64(), NUMBERS, lambda text: readings.floating(text, pa.float64())),
    (pa.float32(), NUMBERS, lambda text: readings.floating(text, pa.float32())),
    (pa.date32(), DAYS, readings.date_of),
    (pa.timestamp("us"), DAYS, lambda text: readings.timestamp(text, False)),
    (pa.timestamp("us", "UTC"), DAYS, lambda text: readings.timestamp(text, True)),
    (pa.time64("us"), st.times().map(str) | DAYS, readings.time_of_day),
]


@pytest.mark.parametrize(("kind", "texts", "reading"), TEXT_TARGETS, ids=lambda value: str(value)[:20])
def test_texts_are_fitted_together_as_each_is_read_alone(kind, texts, reading):
    @given(st.lists(st.none() | texts, max_size=8))
    def check(values):
        fitted = fit(pa.array(values, pa.string()), target(kind))
        alone = each(values, reading, kind)
        assert fitted.values.type == kind
        assert fitted.misfits == alone.misfits
        assert str(fitted.values) == str(alone.values)

    check()


@given(
    st.lists(st.none() | st.floats(width=64), max_size=10),
    st.sampled_from([(10, 2), (38, 10), (15, 0), (3, 3)]),
)
@example([0.1 + 0.2, 1.005, 1234567.89, 1e22, -0.0, 2.0**51 + 0.5], (38, 10))
def test_floats_become_the_decimals_that_name_them(values, digits):
    fitted = fit(pa.array(values, pa.float64()), target(pa.decimal128(*digits)))
    alone = each(values, lambda value: as_decimal(value, *digits), pa.decimal128(*digits))

    assert (fitted.misfits, fitted.values.to_pylist()) == (alone.misfits, alone.values.to_pylist())


@pytest.mark.parametrize(
    "source", [pa.int8(), pa.uint64(), pa.int64(), pa.float32(), pa.float64(), pa.bool_()], ids=str
)
@pytest.mark.parametrize("kind", [pa.bool_(), pa.int16(), pa.int64(), pa.float32(), pa.float64()], ids=str)
def test_numbers_are_the_same_in_the_other_type_or_misfits(source, kind):
    if pa.types.is_integer(source):
        low = 0 if pa.types.is_unsigned_integer(source) else -(2 ** (source.bit_width - 1))
        numbers = st.integers(low, low + 2**source.bit_width - 1) | st.integers(0, 3)
    elif pa.types.is_boolean(source):
        numbers = st.booleans()
    else:
        numbers = st.floats(width=source.bit_width) | st.integers(-3, 70000).map(float)

    @given(st.lists(st.none() | numbers, max_size=8))
    def check(values):
        array = pa.array(values, source)
        fitted = fit(array, target(kind))
        for position, value in enumerate(array.to_pylist()):
            got = fitted.values[position].as_py()
            if position in fitted.misfits:
                assert isinstance(as_type(value, kind), Reason)
            else:
                assert got == value or (math.isnan(value) and math.isnan(got))

    check()


@given(st.lists(st.none() | st.decimals(-(10**18), 10**18, places=8, allow_nan=False), max_size=8))
def test_decimals_in_floats_and_other_decimals(values):
    array = pa.array(values, pa.decimal128(38, 8))
    for kind in (pa.float64(), pa.float32(), pa.decimal128(12, 2), pa.int32(), pa.decimal128(38, 10)):
        fitted = fit(array, target(kind))
        for position, value in enumerate(values):
            got = fitted.values[position].as_py()
            if value is not None and position not in fitted.misfits:
                text = fitted.values.cast(pa.string())[position].as_py()
                assert Decimal(text).quantize(Decimal("1e-8")) == value, kind
            elif value is not None:
                assert got is None


def test_nothing_is_done_where_the_types_are_the_same():
    values = pa.array(["a", None])

    assert fit(values, target(pa.string(), length=5)).values is values


def test_lengths_count_characters_or_bytes():
    values = pa.array(["日本語", "abc"])

    assert fit(values, target(pa.string(), length=3)).misfits == {}
    assert fit(values, target(pa.string(), length=3, counts_bytes=True)).misfits == {0: Reason.LENGTH}


def test_every_way_of_holding_texts_is_fitted():
    values = pa.array(["1", "x", None])
    for kind in (pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())):
        fitted = fit(pa.chunked_array([values.cast(kind)]), target(pa.int32(), nullable=False))
        assert (fitted.values.to_pylist(), fitted.misfits) == (
            [1, None, None],
            {1: Reason.TYPE, 2: Reason.NULL},
        )


def test_dates_before_what_a_column_holds_are_misfits():
    values = pa.array([0, -3_000_000], pa.int32()).cast(pa.date32())

    assert fit(values, target(pa.date32(), bounds=(-2_440_588, 10**9))).misfits == {1: Reason.TYPE}
