"""Datasets in a local directory."""

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field

from dataduct.config.options import check_options
from dataduct.errors import LockTimeoutError, StorageError, TransientError
from dataduct.model.dataset import Manifest
from dataduct.storage.base import Storage
from dataduct.storage.failures import storage_error, storage_errors
from dataduct.storage.keys import check_key, check_part, check_prefix
from dataduct.storage.manifest import manifest_from_json, manifest_to_json

_MANIFEST = ".manifest.json"
_LOCK = ".lock"
_TRASH = ".trash-"
_LOCK_SECONDS = 60.0


class LocalStorageSettings(BaseModel):
    """The `storage` section of the settings when it is of type `local`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    type: Literal["local"] = Field("local", description="Kind of storage.")
    path: str = Field(
        ".dataduct/data",
        min_length=1,
        description="Directory for the datasets of runs; a relative path is below the project directory.",
        examples=["/var/lib/dataduct"],
    )


def open_storage(settings: Mapping[str, object], *, project_directory: Path) -> Storage:
    """Return the local storage that `settings` describe. The directory is made when something is written.

    Raises:
        UserError: The settings are wrong.
    """
    checked = check_options(LocalStorageSettings, settings, owner="the local storage", code="DD740")
    return LocalStorage(project_directory / Path(checked.path).expanduser())


class LocalStorage(Storage):
    """Datasets as directories below one root.

    `ROOT/KEY/` holds the parts of the published version, `.manifest.json` that names them, and the parts of
    attempts that have not published yet. Publishing holds the dataset's `.lock`.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def local_path(self, key: str, part: str) -> Path:
        """See the port."""
        path = self._part(key, part)
        with storage_errors("make the directory", path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def discard(self, key: str, parts: Sequence[str]) -> None:
        """See the port."""
        for part in parts:
            path = self._part(key, part)
            with storage_errors("delete", path):
                path.unlink(missing_ok=True)
            for directory in path.parents:
                if directory == self._directory(key):
                    break
                with suppress(OSError):
                    directory.rmdir()

    def publish(self, key: str, manifest: Manifest) -> None:
        """See the port.

        Raises:
            TransientError: A part is gone, because another attempt published the same dataset meanwhile.
        """
        directory = self._directory(key)
        with storage_errors("write", directory):
            directory.mkdir(parents=True, exist_ok=True)
            with _locked(directory):
                for part in manifest.parts:
                    self._make_durable(key, part.path, part.bytes)
                _replace_durably(directory / _MANIFEST, manifest_to_json(manifest).encode("utf-8"))
                _delete_unlisted(directory, {self._part(key, part.path) for part in manifest.parts})

    def manifest(self, key: str) -> Manifest | None:
        """See the port. Raises `StorageError` for a damaged manifest or one of a newer release."""
        path = self._directory(key) / _MANIFEST
        try:
            text = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise storage_error(error, "read", path) from error
        return manifest_from_json(text, source=str(path))

    @contextmanager
    def fetched(self, key: str, manifest: Manifest) -> Iterator[tuple[str, ...]]:
        """See the port. Raises `StorageError` naming a part that is not there or was cut short."""
        paths = [self._part(key, part.path) for part in manifest.parts]
        for path, part in zip(paths, manifest.parts, strict=True):
            with storage_errors("read", path):
                size = path.stat().st_size if path.is_file() else None
            if size != part.bytes:
                found = "is missing" if size is None else f"has {size} bytes and not {part.bytes}"
                raise StorageError(
                    f"part {path} of dataset {key} {found}",
                    code="DD744",
                    hint=f"run the step that writes it again: {manifest.producer}"
                    if manifest.producer
                    else None,
                )
        yield tuple(map(str, paths))

    def uris(self, key: str, manifest: Manifest) -> None:
        """See the port: a local file has no URI that a warehouse could read."""
        return

    def put_file(self, name: str, data: bytes) -> str:
        """See the port."""
        check_key(name)
        path = self._root / name
        with storage_errors("write", path):
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace_durably(path, data)
        return str(path)

    def delete(self, prefix: str) -> None:
        """See the port. A dataset is out of sight before the first of its files is deleted."""
        check_prefix(prefix)
        parent_key, _, beginning = prefix.rpartition("/")
        parent = self._root / parent_key
        with storage_errors("delete from", self._root):
            if parent.is_dir() and not (parent / _MANIFEST).exists():
                for child in sorted(parent.iterdir()):
                    if child.name.startswith(beginning) and not child.name.startswith("."):
                        child.replace(self._root / f"{_TRASH}{secrets.token_hex(8)}")
                self._remove_empty(parent)
            if self._root.is_dir():
                for trash in self._root.glob(f"{_TRASH}*"):
                    shutil.rmtree(trash)

    def _remove_empty(self, directory: Path) -> None:
        while directory != self._root and not any(directory.iterdir()):
            directory.rmdir()
            directory = directory.parent

    def _directory(self, key: str) -> Path:
        check_key(key)
        return self._root / key

    def _part(self, key: str, part: str) -> Path:
        check_part(part)
        return self._directory(key) / part

    def _make_durable(self, key: str, part: str, size: int) -> None:
        path = self._part(key, part)
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError as error:
            raise TransientError(
                f"part {path} was deleted before dataset {key} was published",
                code="DD747",
                hint="another attempt at the same step ran at the same time; this one can be tried again",
            ) from error
        try:
            found = os.fstat(descriptor).st_size
            if found != size:
                raise StorageError(f"part {path} has {found} bytes and not {size}", code="DD744")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        directory = path.parent
        while directory != self._root:
            _sync_directory(directory)
            directory = directory.parent


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    lock = FileLock(directory / _LOCK, timeout=_LOCK_SECONDS)
    try:
        lock.acquire()
    except Timeout as error:
        raise LockTimeoutError(
            f"another process has been publishing dataset {directory} for {_LOCK_SECONDS:.0f} seconds",
            code="DD747",
        ) from error
    try:
        yield
    finally:
        lock.release()


def _replace_durably(path: Path, data: bytes) -> None:
    beside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _delete_unlisted(directory: Path, listed: set[Path]) -> None:
    """Delete what no manifest lists. What cannot be deleted stays: no reader sees it."""
    kept = {directory / _MANIFEST, directory / _LOCK} | listed
    for parent, directories, files in os.walk(directory, topdown=False):
        here = Path(parent)
        for name in files:
            if here / name not in kept:
                with suppress(OSError):
                    (here / name).unlink()
        for name in directories:
            with suppress(OSError):
                (here / name).rmdir()
