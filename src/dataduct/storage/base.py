"""The Storage port: where datasets rest.

A dataset is a directory of part files and a manifest. Parts are written under names no other attempt uses; the
manifest is put in place last, atomically. What no manifest lists does not exist.
"""

from abc import ABC, abstractmethod
from pathlib import Path

from dataduct.model.dataset import Manifest


class Storage(ABC):
    """Files of runs, addressed by keys such as `flights/2026-01-01/RUN/extract-rds/extract-rds`.

    Key segments are already safe file names. Implementations register under the entry-point group
    `dataduct.storage` as `open_storage(settings, *, project_directory)` functions that return a Storage.

    Raises `StorageError` when files cannot be read or written (disk full, read-only directory), `TransientError`
    when trying again may help.
    """

    @abstractmethod
    def local_path(self, key: str, part: str) -> Path:
        """Return the local path where part file `part` of dataset `key` is to be written, its directory made.

        For a remote storage this is a temporary file that `publish` uploads.
        """

    @abstractmethod
    def publish(self, key: str, manifest: Manifest) -> None:
        """Make the dataset visible, all of it at once, in place of an earlier one; parts it does not list go.

        Raises `TransientError` if a part is gone because another attempt published the same dataset meanwhile.
        """

    @abstractmethod
    def manifest(self, key: str) -> Manifest | None:
        """Return the published manifest, or None if nothing is published under `key`."""

    @abstractmethod
    def paths(self, key: str, manifest: Manifest) -> tuple[str, ...]:
        """Return the paths or URIs of the parts, as pyarrow and DuckDB open them.

        Raises `StorageError` naming a part that is missing or has another size than the manifest says.
        """

    @abstractmethod
    def delete(self, prefix: str) -> None:
        """Delete every dataset whose key begins with `prefix`."""
