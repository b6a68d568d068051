"""Replacing a file of the user's: whole or not at all."""

import stat
from pathlib import Path

import pytest

from dataduct.definition.files import replace_file


def test_the_directory_is_made_and_nothing_is_left_beside(tmp_path: Path) -> None:
    file = tmp_path / "new" / "file.yaml"
    replace_file(file, b"name: a\n")
    replace_file(file, b"name: b\n")
    assert file.read_bytes() == b"name: b\n"
    assert list(file.parent.iterdir()) == [file]


def test_a_file_keeps_its_permissions_unless_it_is_private(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch(mode=0o640)
    file.chmod(0o640)
    replace_file(file, b"1")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    replace_file(file, b"2", private=True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    replace_file(tmp_path / "link", b"1")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"1"


def test_a_file_that_cannot_be_replaced_stays_alone(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(OSError):
        replace_file(tmp_path / "file", b"1")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
