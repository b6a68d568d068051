"""Datasets in a bucket of Amazon S3, or of a service that speaks its protocol."""

import secrets
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from dataduct.errors import RunError, StorageError, TransientError
from dataduct.model.dataset import Manifest
from dataduct.storage.base import Storage
from dataduct.storage.failures import storage_errors
from dataduct.storage.keys import check_key, check_part, check_prefix
from dataduct.storage.manifest import manifest_from_json, manifest_to_json
from dataduct.storage.s3_bucket import Bucket
from dataduct.storage.s3_settings import check_storage
from dataduct.storage.s3_transfer import Download, Uploads, download
from dataduct.storage.scratch import Scratch

_MANIFEST = ".manifest.json"


def open_storage(settings: Mapping[str, object], *, project_directory: Path) -> Storage:
    """Return the storage that `settings` describe. Nothing is sent before something is read or written.

    Raises:
        UserError: The settings are wrong.
    """
    checked, place = check_storage(settings)
    bucket = Bucket(checked, place.bucket)
    return S3Storage(bucket, place.prefix, project_directory / Path(checked.temporary_path).expanduser())


@dataclass(slots=True)
class _Attempt:
    """An attempt to write a dataset.

    Attributes:
        version: Version of the manifest that was published when the attempt began, None if there was none.
    """

    version: str | None
    uploads: Uploads


class S3Storage(Storage):
    """Datasets as objects below one prefix.

    `PREFIX/KEY/` holds the parts of the published version, `.manifest.json` that names them, and the parts of
    attempts that have not published yet. A manifest is written on the condition that the one which was there when the
    attempt began is there still. So of attempts that overlap one publishes and the others fail, and what lay in the
    dataset before the manifest was written belongs to it, to its forerunner or to an attempt that can only fail:
    it can be deleted.

    Args:
        bucket: Where the objects are.
        prefix: What their keys begin with; empty or with a slash at its end.
        scratch: Local directory for files on their way.
    """

    part_bytes: ClassVar[int] = 96 * 1024 * 1024

    def __init__(self, bucket: Bucket, prefix: str, scratch: Path) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._scratch = Scratch(scratch, "s3-")
        self._lock = threading.Lock()
        self._attempts: dict[tuple[str, str], _Attempt] = {}

    def local_path(self, key: str, part: str) -> Path:
        """See the port."""
        check_key(key)
        check_part(part)
        self._attempt(key, part)
        path = self._scratch.directory / key / part
        with storage_errors("make the directory", path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def written(self, key: str, part: str) -> None:
        """See the port."""
        path = self.local_path(key, part)
        self._attempt(key, part).uploads.add(path, self._object(key, part))

    def discard(self, key: str, parts: Sequence[str]) -> None:
        """See the port."""
        for name in {_attempt_name(part) for part in parts}:
            self._end_attempt(key, name)
        self._bucket.delete(self._object(key, part) for part in parts)

    def publish(self, key: str, manifest: Manifest) -> None:
        """See the port."""
        check_key(key)
        names = dict.fromkeys(_attempt_name(part.path) for part in manifest.parts)
        attempts = [attempt for name in names if (attempt := self._attempts.get((key, name)))]
        for attempt in attempts:
            attempt.uploads.finish()
        version = attempts[0].version if attempts else self._version(key)
        unfinished = self._unfinished(self._object(key, ""))
        present = {found.key: found.size for found in self._bucket.objects(self._object(key, ""))}
        self._check_parts(key, manifest, present)
        text = manifest_to_json(manifest).encode("utf-8")
        if not self._bucket.replace(self._object(key, _MANIFEST), text, version):
            raise TransientError(
                f"dataset {key} was published by another attempt meanwhile",
                code="DD747",
                hint="another attempt at the same step ran at the same time; this one can be tried again",
            )
        for name in names:
            self._end_attempt(key, name)
        kept = {self._object(key, part.path) for part in manifest.parts} | {self._object(key, _MANIFEST)}
        with suppress(RunError):  # no reader sees what stays
            self._bucket.delete(name for name in present if name not in kept)
            self._bucket.abort(unfinished)

    def manifest(self, key: str) -> Manifest | None:
        """See the port. Raises `StorageError` for a damaged manifest or one of a newer release."""
        check_key(key)
        name = self._object(key, _MANIFEST)
        found = self._bucket.get(name)
        return None if found is None else manifest_from_json(found[0], source=self._bucket.uri(name))

    @contextmanager
    def fetched(self, key: str, manifest: Manifest) -> Iterator[tuple[str, ...]]:
        """See the port. The copies are deleted at the end of the block, however it ends."""
        present = {found.key: found.size for found in self._bucket.objects(self._object(key, ""))}
        directory = self._scratch.directory / f"fetched-{secrets.token_hex(8)}"
        wanted: list[Download] = []
        for part in manifest.parts:
            check_part(part.path)
            name = self._object(key, part.path)
            self._check_size(name, part.bytes, present.get(name), key, manifest)
            wanted.append(Download(name, part.bytes, directory / part.path))
        try:
            download(self._bucket, wanted)
            yield tuple(str(each.path) for each in wanted)
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def uris(self, key: str, manifest: Manifest) -> tuple[str, ...]:
        """See the port."""
        return tuple(self._bucket.uri(self._object(key, part.path)) for part in manifest.parts)

    def put_file(self, name: str, data: bytes) -> str:
        """See the port."""
        check_key(name)
        self._bucket.put(self._prefix + name, data)
        return self._bucket.uri(self._prefix + name)

    def delete(self, prefix: str) -> None:
        """See the port. Manifests go first, so that a dataset is out of sight before its parts go."""
        check_prefix(prefix)
        beginning = self._prefix + prefix
        self._bucket.abort(self._unfinished(beginning))
        found = [each.key for each in self._bucket.objects(beginning)]
        self._bucket.delete(sorted(found, key=lambda name: not name.endswith(f"/{_MANIFEST}")))

    def _object(self, key: str, part: str) -> str:
        return f"{self._prefix}{key}/{part}"

    def _attempt(self, key: str, part: str) -> _Attempt:
        """Return the attempt that writes `part`; it begins with its first part."""
        name = _attempt_name(part)
        with self._lock:
            attempt = self._attempts.get((key, name))
        if attempt is None:
            begun = _Attempt(self._version(key), Uploads(self._bucket))
            with self._lock:
                attempt = self._attempts.setdefault((key, name), begun)
        return attempt

    def _end_attempt(self, key: str, name: str) -> None:
        with self._lock:
            attempt = self._attempts.pop((key, name), None)
        if attempt is not None:
            attempt.uploads.stop()
            shutil.rmtree(self._scratch.directory / key / name, ignore_errors=True)

    def _version(self, key: str) -> str | None:
        found = self._bucket.get(self._object(key, _MANIFEST))
        return None if found is None else found[1]

    def _unfinished(self, prefix: str) -> list[tuple[str, str]]:
        """Return the uploads under way below `prefix`, none if the user may not list them."""
        try:
            return self._bucket.uploads(prefix)
        except StorageError:
            return []

    def _check_parts(self, key: str, manifest: Manifest, present: Mapping[str, int]) -> None:
        for part in manifest.parts:
            check_part(part.path)
            name = self._object(key, part.path)
            if name not in present:
                raise TransientError(
                    f"part {self._bucket.uri(name)} was deleted before dataset {key} was published",
                    code="DD747",
                    hint="another attempt at the same step ran at the same time; this one can be tried again",
                )
            self._check_size(name, part.bytes, present[name], key, manifest)

    def _check_size(self, name: str, expected: int, found: int | None, key: str, manifest: Manifest) -> None:
        if found == expected:
            return
        what = "is missing" if found is None else f"has {found} bytes and not {expected}"
        raise StorageError(
            f"part {self._bucket.uri(name)} of dataset {key} {what}",
            code="DD744",
            hint=f"run the step that writes it again: {manifest.producer}" if manifest.producer else None,
        )


def _attempt_name(part: str) -> str:
    return part.partition("/")[0]
