"""The Storage port: where datasets rest.

A dataset is a directory of part files and a manifest. Parts are written under names no other attempt uses; the
manifest is put in place last, atomically. What no manifest lists does not exist.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar

from dataduct.model.dataset import Manifest


class Storage(ABC):
    """Files of runs, addressed by keys such as `flights/2026-01-01/RUN/extract-rds/extract-rds`.

    Key segments are already safe file names. Implementations register under the entry-point group
    `dataduct.storage` as `open_storage(settings, *, project_directory)` functions that return a Storage.

    Raises `StorageError` when files cannot be read or written (disk full, read-only directory), `TransientError`
    when trying again may help.

    Attributes:
        part_bytes: Size at which a part file is closed and the next begun.
    """

    part_bytes: ClassVar[int] = 256 * 1024 * 1024

    @abstractmethod
    def local_path(self, key: str, part: str) -> Path:
        """Return the local path where part file `part` of dataset `key` is to be written, its directory made.

        The first segment of `part` names the attempt that writes it. For a remote storage this is a temporary file.
        """

    def written(self, key: str, part: str) -> None:  # noqa: B027 - a storage that keeps files needs nothing
        """Take note that the file of `part` is whole: a remote storage uploads it and deletes it here.

        It may go on in the background, and wait while too many uploads are under way; `publish` raises what went wrong.
        """

    @abstractmethod
    def discard(self, key: str, parts: Sequence[str]) -> None:
        """Delete the parts of an attempt that has failed, wherever they are."""

    @abstractmethod
    def publish(self, key: str, manifest: Manifest) -> None:
        """Make the dataset visible, all of it at once, in place of an earlier one; parts it does not list go.

        Every part has been given to `written`.

        Raises `TransientError` if a part is gone because another attempt published the same dataset meanwhile.
        """

    @abstractmethod
    def manifest(self, key: str) -> Manifest | None:
        """Return the published manifest, or None if nothing is published under `key`."""

    @abstractmethod
    def fetched(self, key: str, manifest: Manifest) -> AbstractContextManager[tuple[str, ...]]:
        """Give the local paths of the parts for the block, in their order.

        A remote storage fetches them, and deletes its copies at the end of the block. Raises `StorageError` naming a
        part that is missing or has another size than the manifest says.
        """

    @abstractmethod
    def uris(self, key: str, manifest: Manifest) -> tuple[str, ...] | None:
        """Return the URIs (`s3://...`) of the parts, by which a warehouse reads them itself; None if they have none."""

    @abstractmethod
    def put_file(self, name: str, data: bytes) -> str:
        """Write a small file beside the datasets, whole or not at all, in place of an earlier one of that name.

        `name` is a relative path of safe file names. Returns where the file is: its path or its URI.
        """

    @abstractmethod
    def delete(self, prefix: str) -> None:
        """Delete every dataset whose key begins with `prefix`."""
