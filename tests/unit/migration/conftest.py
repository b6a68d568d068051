"""A project of the first Dataduct that a test writes."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from dataduct import api
from dataduct.migration.report import FileReport, MigrationReport

STAGING = "CREATE TABLE staging.courses (id INTEGER, slug VARCHAR(20), PRIMARY KEY (id));\n"
PRODUCTION = "CREATE TABLE prod.courses (id INTEGER, slug VARCHAR(20), PRIMARY KEY (id));\n"
CONFIG = """\
etl:
  S3_ETL_BUCKET: bucket
mysql:
  shop:
    HOST: shop.example.com
    USERNAME: reader
    PASSWORD: a-secret-password
redshift:
  HOST: warehouse.example.com
  DATABASE_NAME: warehouse
  USERNAME: etl
  PASSWORD: another-secret
"""


class Original:
    """The project.

    Attributes:
        root: Its directory.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def report(self) -> MigrationReport:
        return api.migrate(self.root)

    def file(self, name: str) -> FileReport:
        [found] = [file for file in self.report().files if file.file == name]
        return found


@pytest.fixture
def original(tmp_path: Path) -> Original:
    project = Original(tmp_path / "project")
    project.write(
        {
            "dataduct.cfg": CONFIG,
            "tables/staging.courses.sql": STAGING,
            "tables/prod.courses.sql": PRODUCTION,
        }
    )
    return project


@pytest.fixture
def pipeline(original: Original) -> Callable[..., FileReport]:
    """Write a pipeline of these steps and return what becomes of it."""

    def written(*steps: str, header: str = "") -> FileReport:
        listed = "".join("- " + step.strip().replace("\n", "\n  ") + "\n" for step in steps)
        original.write({"p.yaml": f"name: p\nfrequency: daily\nload_time: 01:00\n{header}steps:\n{listed}"})
        return original.file("p.yaml")

    return written
