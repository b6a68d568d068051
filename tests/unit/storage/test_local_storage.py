import errno
import json
import os
from pathlib import Path

import pyarrow as pa
import pytest

from dataduct.errors import StorageError, UserError
from dataduct.model.cancellation import Cancellation
from dataduct.storage.datasets import write_rows
from dataduct.storage.failures import storage_error
from dataduct.storage.local import LocalStorage, open_storage

TABLE = pa.table({"id": [1, 2, 3]})


def write(storage: LocalStorage, key: str = "a/b") -> None:
    write_rows(storage, key, TABLE.to_reader(), producer="s", cancellation=Cancellation())


def test_the_default_directory_is_below_the_project(tmp_path: Path) -> None:
    storage = open_storage({}, project_directory=tmp_path)
    assert not (tmp_path / ".dataduct").exists()
    assert storage.local_path("a/b", "c/d") == tmp_path / ".dataduct/data/a/b/c/d"


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        ({"pth": "x"}, "the local storage has no option `pth`", "did you mean `path`?"),
        (
            {"path": 3},
            "the option `path` of the local storage is wrong: input should be a valid string",
            "Directory for the datasets of runs; a relative path is below the project directory.",
        ),
        (
            {"type": "s3"},
            "the option `type` of the local storage is wrong: input should be 'local'",
            "Kind of storage.",
        ),
    ],
)
def test_wrong_settings_are_named(
    tmp_path: Path, settings: dict[str, object], message: str, hint: str | None
) -> None:
    with pytest.raises(UserError) as caught:
        open_storage(settings, project_directory=tmp_path)
    assert (caught.value.message, caught.value.hint, caught.value.code) == (message, hint, "DD740")


class FullDisk(LocalStorage):
    """A storage whose part files are on a device that is always full."""

    def local_path(self, key: str, part: str) -> Path:
        path = super().local_path(key, part)
        if not path.is_symlink():
            path.symlink_to("/dev/full")
        return path


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_and_publishes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = FullDisk(tmp_path / "data")
    open_path = Path.open
    monkeypatch.setattr(Path, "open", lambda path, mode: open_path(path, mode.replace("x", "w")))
    with pytest.raises(StorageError, match="the disk is full") as caught:
        write(storage)
    assert caught.value.code == "DD741"
    assert storage.manifest("a/b") is None
    assert [path for path in (tmp_path / "data").rglob("*") if not path.is_dir()] == []


def test_a_file_where_the_directory_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(StorageError, match=r"cannot make the directory .*data.*") as caught:
        write(LocalStorage(tmp_path / "data"))
    assert caught.value.code == "DD743"


@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        (errno.ENOSPC, "DD741", "the disk is full"),
        (errno.EDQUOT, "DD741", "the disk is full"),
        (errno.EROFS, "DD742", "the file system is read-only"),
        (errno.EACCES, "DD742", "permission is denied"),
        (errno.EIO, "DD743", "input/output error"),
    ],
)
def test_refusals_of_the_system_in_words(number: int, code: str, words: str) -> None:
    error = storage_error(OSError(number, os.strerror(number)), "write", "/data/x")
    assert error.code == code
    assert error.message.startswith("cannot write /data/x: ")
    assert words in error.message


def test_a_read_only_manifest_directory_publishes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = LocalStorage(tmp_path)
    write(storage)
    before = storage.manifest("a/b")

    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuse)
        with pytest.raises(StorageError, match="the file system is read-only"):
            write(storage)
    assert before is not None
    assert storage.manifest("a/b") == before
    files = {path.name for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lock"}
    assert files == {".manifest.json", "part-00000.parquet"}
    with storage.fetched("a/b", before) as paths:
        assert paths


def test_an_error_after_publishing_does_not_take_the_dataset_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = LocalStorage(tmp_path)
    publish = storage.publish

    def publish_and_fail(*arguments: object) -> None:
        publish(*arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(storage, "publish", publish_and_fail)
    with pytest.raises(KeyboardInterrupt):
        write(storage)
    manifest = storage.manifest("a/b")
    assert manifest is not None
    with storage.fetched("a/b", manifest) as paths:
        assert paths


def test_a_damaged_manifest_is_named(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    write(storage)
    path = tmp_path / "a/b/.manifest.json"
    path.write_text(path.read_text()[:-20])
    with pytest.raises(StorageError, match=r"a/b/\.manifest\.json is damaged: it is not JSON"):
        storage.manifest("a/b")
    path.write_text(json.dumps({"version": 99}))
    with pytest.raises(StorageError, match="version 99"):
        storage.manifest("a/b")


def test_what_a_crash_left_goes_with_the_next_publication(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.local_path("a/b", "dead/part-00000.parquet").write_bytes(b"half")
    (tmp_path / "a/b/.manifest.json.dead").write_text("{")
    (tmp_path / ".trash-dead").mkdir()
    write(storage)
    assert not (tmp_path / "a/b/dead").exists()
    assert not (tmp_path / "a/b/.manifest.json.dead").exists()
    storage.delete("a/")
    assert list(tmp_path.iterdir()) == []
