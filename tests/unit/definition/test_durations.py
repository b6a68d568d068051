"""Durations as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataduct.definition.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90 seconds", 90), ("15 minutes", 900), ("2 hours", 7200), ("1 day", 86400), ("90s", 90), ("1h30m", 5400),
        ("6 Hours", 21600), ("90", 90), ("1.5 h", 5400), ("1 week", 604800), ("250 ms", 0.25), (" 10 Minutes ", 600),
        ("1 hour, 30 min", 5400), ("0h", 0),
    ],
)  # fmt: skip
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"), ("soon", "is no duration"), ("5 parsecs", "`parsecs`"), ("-5 s", "is no duration"),
        ("1h 2h", "same unit twice"), ("９ s", "is no duration"), ("9999999 weeks", "hundred years"),
        ("1h30", "is no duration"),
    ],
)  # fmt: skip
def test_anything_else_is_explained(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_duration(text)


@given(st.text())
def test_any_text_is_a_duration_or_a_value_error(text: str) -> None:
    try:
        assert parse_duration(text) >= 0
    except ValueError as error:
        assert str(error)
