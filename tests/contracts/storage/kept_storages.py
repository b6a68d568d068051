"""Storages, each with a way to look at and to damage what it keeps."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from dataduct.registry import STORAGE
from dataduct.storage.base import Storage


class Kept(ABC):
    """What a storage keeps, past the storage itself."""

    storage: Storage

    @abstractmethod
    def parts(self, key: str) -> set[str]:
        """Return the names of the parts that lie in a dataset's place, published or not."""

    @abstractmethod
    def remove(self, key: str, part: str) -> None:
        """Delete a part."""

    @abstractmethod
    def cut(self, key: str, part: str) -> None:
        """Leave nothing in a part."""

    @abstractmethod
    def leftovers(self) -> list[str]:
        """Return what is left of work that did not end well: unfinished uploads, temporary files."""


class KeptLocally(Kept):
    def __init__(self, directory: Path) -> None:
        self.root = directory / "data"
        open_storage: Any = STORAGE.load("local")
        self.storage = open_storage({"type": "local", "path": str(self.root)}, project_directory=directory)

    def parts(self, key: str) -> set[str]:
        found = [path for path in (self.root / key).rglob("*") if path.is_file()]
        return {
            path.relative_to(self.root / key).as_posix() for path in found if not path.name.startswith(".")
        }

    def remove(self, key: str, part: str) -> None:
        (self.root / key / part).unlink()

    def cut(self, key: str, part: str) -> None:
        (self.root / key / part).write_bytes(b"")

    def leftovers(self) -> list[str]:
        return [path.name for path in self.root.rglob(".manifest.json.*")]


class KeptInS3(Kept):
    def __init__(self, server: Any, directory: Path, *, endpoint: str | None = None) -> None:
        import boto3

        self.bucket = server.fresh_bucket()
        self.directory = directory
        self.settings = {
            "type": "s3",
            "uri": f"s3://{self.bucket}/runs/data/",
            "region": server.region,
            "endpoint_url": endpoint or server.endpoint,
            "access_key_id": server.access_key,
            "secret_access_key": server.secret_key,
        }
        self.client = boto3.client(
            "s3",
            endpoint_url=server.endpoint,
            region_name=server.region,
            aws_access_key_id=server.access_key,
            aws_secret_access_key=server.secret_key,
        )
        self.storage = self.opened()

    def opened(self, **settings: Any) -> Storage:
        """Open the same bucket again, with other settings."""
        from dataduct.storage.s3 import open_storage

        return open_storage({**self.settings, **settings}, project_directory=self.directory)

    def objects(self, prefix: str = "") -> dict[str, int]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return {entry["Key"]: entry["Size"] for page in pages for entry in page.get("Contents", ())}

    def parts(self, key: str) -> set[str]:
        root = f"runs/data/{key}/"
        return {name.removeprefix(root) for name in self.objects(root) if not name.endswith(".manifest.json")}

    def remove(self, key: str, part: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=f"runs/data/{key}/{part}")

    def cut(self, key: str, part: str) -> None:
        self.client.put_object(Bucket=self.bucket, Key=f"runs/data/{key}/{part}", Body=b"")

    def leftovers(self) -> list[str]:
        uploads = self.client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", ())
        files = [path for path in self.directory.rglob("*") if path.is_file() and path.name != ".lock"]
        return [upload["Key"] for upload in uploads] + [path.name for path in files]
