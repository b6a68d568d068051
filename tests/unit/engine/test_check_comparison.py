import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataduct.engine.comparison import (
    MAX_EXAMPLES,
    as_text,
    column_verdict,
    compare_rows,
    count_verdict,
    primary_key_verdict,
    values_equal,
)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, Decimal("1.00")),
        (1, 1.0),
        (True, 1),
        (False, "false"),
        (True, "t"),
        (Decimal("1.50"), "1.5"),
        (0.1, Decimal("0.10")),
        (0.1 + 0.2, 0.3),
        (math.nan, math.nan),
        (10**30, Decimal(10) ** 30),
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02 03:04:05"),
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05.000"),
        (datetime(2026, 1, 2, 3, tzinfo=UTC), datetime(2026, 1, 2, 3)),
        (datetime(2026, 1, 2, 5, tzinfo=timezone(timedelta(hours=2))), "2026-01-02 03:00:00"),
        (date(2026, 1, 2), datetime(2026, 1, 2)),
        (date(2026, 1, 2), "2026-01-02"),
        (time(1, 2, 3), "01:02:03"),
        (time(1, 2, 3), timedelta(hours=1, minutes=2, seconds=3)),
        (b"abc", "abc"),
        (b"\xff\x00", b"\xff\x00"),
        (None, None),
        ("", ""),
    ],
)
def test_the_same_value_in_two_systems_is_equal(left: object, right: object) -> None:
    assert values_equal(left, right)
    assert values_equal(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, 2),
        (None, ""),
        (None, 0),
        ("1.0", "1.00"),
        ("a", "A"),
        ("a", "a "),
        (1.0, 1.0000001),
        (Decimal("0.1"), Decimal("0.1000000001")),
        (datetime(2026, 1, 2, 3), datetime(2026, 1, 2, 4)),
        (date(2026, 1, 2), datetime(2026, 1, 2, 0, 0, 1)),
        (math.nan, 0.0),
        (math.inf, -math.inf),
        ("abc", 1),
        ("abc", 1.5),
        (b"\xff", "ff"),
    ],
)
def test_different_values_are_not_equal(left: object, right: object) -> None:
    assert not values_equal(left, right)
    assert not values_equal(right, left)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_number_equals_its_text(number: Decimal) -> None:
    assert values_equal(number, str(number))


@given(st.datetimes())
def test_a_time_stamp_equals_its_iso_text(moment: datetime) -> None:
    assert values_equal(moment, moment.isoformat(" "))


@given(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(),
        st.binary(),
        st.dates(),
        st.datetimes(),
    )
)
def test_every_value_equals_itself(value: object) -> None:
    assert values_equal(value, value)


@given(
    st.one_of(st.integers(), st.text(), st.binary(), st.dates()),
    st.one_of(st.integers(), st.text(), st.none()),
)
def test_equality_does_not_depend_on_the_side(left: object, right: object) -> None:
    assert values_equal(left, right) == values_equal(right, left)


class TestCount:
    def test_equal_counts_pass(self) -> None:
        verdict = count_verdict(100, 100, 0.0)
        assert verdict.passed
        assert verdict.figures["difference_percent"] == 0.0

    def test_a_difference_within_the_tolerance_passes(self) -> None:
        assert count_verdict(100, 99, 1.0).passed
        assert count_verdict(100, 101, 1.0).passed

    def test_a_difference_beyond_the_tolerance_fails(self) -> None:
        verdict = count_verdict(1000, 980, 1.0)
        assert not verdict.passed
        assert verdict.summary == (
            "the source has 1,000 rows and the warehouse 980: 2 % apart, tolerance 1 %"
        )

    def test_two_empty_sides_pass(self) -> None:
        assert count_verdict(0, 0, 0.0).passed

    def test_an_empty_source_and_a_filled_warehouse_fail(self) -> None:
        verdict = count_verdict(0, 5, 100.0)
        assert not verdict.passed
        assert verdict.figures["difference_percent"] is None


class TestPrimaryKey:
    def test_no_duplicates_and_no_nulls_pass(self) -> None:
        verdict = primary_key_verdict(table="t", key=("id",), duplicates=0, null_keys=0)
        assert verdict.passed

    def test_duplicates_fail_with_examples(self) -> None:
        verdict = primary_key_verdict(
            table="dev.t",
            key=("id",),
            duplicates=2,
            null_keys=1,
            duplicate_examples=[{"id": 7, "rows": 2}],
            null_examples=[{"id": None}],
        )
        assert not verdict.passed
        assert verdict.summary == (
            "primary key (id) of dev.t: 2 values stand more than once and 1 row has no key"
        )
        assert verdict.examples == ({"id": "7", "rows": "2"}, {"id": None})

    def test_at_most_ten_examples_are_kept(self) -> None:
        verdict = primary_key_verdict(
            table="t",
            key=("id",),
            duplicates=20,
            null_keys=0,
            duplicate_examples=[{"id": number} for number in range(20)],
        )
        assert len(verdict.examples) == MAX_EXAMPLES


class TestColumns:
    def test_equal_rows_match_whatever_their_order_and_types(self) -> None:
        compared = compare_rows(
            [(1, "a", Decimal("1.50")), (2, "b", None)],
            [("2", "b", None), ("1", "a", 1.5)],
            key_positions=(0,),
            columns=("id", "name", "price"),
        )
        assert (compared.sampled, compared.matched) == (2, 2)
        assert column_verdict(compared, key=("id",), tolerance=0.0).passed

    def test_a_different_column_is_named_with_both_values(self) -> None:
        compared = compare_rows(
            [(1, "a"), (2, "b")], [(1, "a"), (2, "c")], key_positions=(0,), columns=("id", "name")
        )
        verdict = column_verdict(compared, key=("id",), tolerance=49.9)
        assert not verdict.passed
        assert verdict.figures["different"] == 1
        assert verdict.examples == ({"id": "2", "column": "name", "source": "b", "warehouse": "c"},)

    def test_a_missing_row_counts(self) -> None:
        compared = compare_rows([(1, "a"), (2, "b")], [(1, "a")], key_positions=(0,), columns=("id", "name"))
        verdict = column_verdict(compared, key=("id",), tolerance=50.0)
        assert verdict.passed
        assert verdict.figures["missing"] == 1
        assert not column_verdict(compared, key=("id",), tolerance=49.0).passed

    def test_text_keys_stay_apart(self) -> None:
        compared = compare_rows([("007",)], [("7",)], key_positions=(0,), columns=("id",))
        assert compared.missing == 1

    def test_keys_of_several_columns(self) -> None:
        day = datetime(2026, 1, 2)
        compared = compare_rows(
            [(1, "2026-01-02", 5), (1, "2026-01-03", 6)],
            [(1, day, 5), (1, day + timedelta(days=1), 7)],
            key_positions=(0, 1),
            columns=("id", "day", "value"),
        )
        assert (compared.matched, compared.different) == (1, 1)

    def test_one_equal_row_of_a_key_that_stands_twice_is_enough(self) -> None:
        compared = compare_rows([(1, "a")], [(1, "x"), (1, "a")], key_positions=(0,), columns=("id", "name"))
        assert compared.matched == 1

    def test_an_empty_sample_passes_and_says_so(self) -> None:
        verdict = column_verdict(
            compare_rows([], [], key_positions=(0,), columns=("id",)), key=("id",), tolerance=0.0
        )
        assert verdict.passed
        assert "no rows" in verdict.summary

    @given(
        st.lists(
            st.tuples(st.integers(), st.text(), st.floats(allow_nan=False)), unique_by=lambda row: row[0]
        )
    )
    def test_rows_match_themselves(self, rows: list[tuple[int, str, float]]) -> None:
        compared = compare_rows(rows, list(reversed(rows)), key_positions=(0,), columns=("id", "a", "b"))
        assert compared.matched == len(rows)


def test_values_are_shown_as_a_person_writes_them() -> None:
    assert as_text(Decimal("1E+3")) == "1000"
    assert as_text(b"\xff") == "0xff"
    assert as_text(None) is None
