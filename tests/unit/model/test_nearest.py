"""The nearest of several names."""

import pytest

from dataduct.model.nearest import did_you_mean, nearest_name


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("prodction", "production"),
        ("prod", "production"),
        ("PROD", "production"),
        ("pr", None),
        ("tes", "test"),
        ("xyz", None),
    ],
)
def test_the_name_that_begins_so_is_near(name: str, nearest: str | None) -> None:
    assert nearest_name(name, ["production", "test", "test-2"]) == nearest


def test_of_several_that_begin_so_none_is_meant() -> None:
    assert did_you_mean("prod", ["production-europe", "production-america"]) is None
