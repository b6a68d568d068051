"""A run store that cannot be used says what to do."""

import pytest

from dataduct.errors import StorageError
from dataduct.runs.database import remedy
from dataduct.runs.store import open_store


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("file is not a database", "move the file away"),
        ("database disk image is malformed", "move the file away"),
        ("database or disk is full", "see whether its disk is full"),
        ("disk I/O error", "see whether its disk is full"),
        ("unable to open database file", "its directory can be written"),
        ("attempt to write a readonly database", "its directory can be written"),
    ],
)
def test_what_to_do_follows_from_the_reason(reason, advice):
    assert advice in (remedy(reason) or "")


def test_a_reason_nobody_knows_has_no_remedy():
    assert remedy("no such column: mood") is None


@pytest.mark.parametrize("name", ["file/runs.sqlite", "file/deeper/runs.sqlite"])
def test_a_file_in_the_place_of_the_directory(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError) as refused:
        open_store(tmp_path / name)
    assert refused.value.message.endswith("cannot be made: a file is in its place")
    assert refused.value.hint == "name another place in `runs.path` of dataduct.yml"


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "runs.sqlite").write_text("not a database\n" * 100)
    with pytest.raises(StorageError) as refused:
        open_store(tmp_path / "runs.sqlite")
    assert (refused.value.code, refused.value.hint) == ("DD641", remedy("file is not a database"))
