from hypothesis import given
from hypothesis import strategies as st

from dataduct.storage.keys import dataset_key, run_prefix, safe_segment

names = st.text(max_size=200)


def test_a_key_reads_like_the_run_it_belongs_to() -> None:
    key = dataset_key("flights", "2026-01-01", "20260101T013000-k3f9", "extract-rds", "extract-rds")
    assert key == "flights/2026-01-01/20260101T013000-k3f9/extract-rds/extract-rds"


def test_characters_that_are_not_safe_are_percent_encoded() -> None:
    assert safe_segment("a b/ü:*%") == "a%20b%2F%C3%BC%3A%2A%25"
    assert safe_segment("..") == "%2E."
    assert safe_segment("") == "%"


def test_a_long_name_is_cut_and_told_apart_by_a_digest() -> None:
    one, other = safe_segment("x" * 300 + "1"), safe_segment("x" * 300 + "2")
    assert len(one) == len(other) == 120
    assert one != other


@given(names, names)
def test_different_names_give_different_safe_segments(one: str, other: str) -> None:
    segment = safe_segment(one)
    assert (segment == safe_segment(other)) == (one == other)
    assert segment.isascii()
    assert 0 < len(segment) <= 120
    assert not segment.startswith(".")
    assert not set(segment) & set("/\\*?[] ")


@given(names, names)
def test_a_run_prefix_begins_the_keys_of_that_run_only(run: str, other: str) -> None:
    key = dataset_key("p", "2026-01-01", run, "s", "n")
    assert key.startswith(run_prefix("p", "2026-01-01", run))
    assert key.startswith(run_prefix("p", "2026-01-01", other)) == (run == other)
