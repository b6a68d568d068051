"""Datasets: rows at rest between two steps."""

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Literal

DatasetFormat = Literal["parquet", "tsv", "csv", "jsonl", "files"]
"""`files` are opaque: whatever a script or a user put there."""


COMPRESSED_ENDINGS = (".gz", ".bz2", ".zst")
_FORMATS: dict[str, DatasetFormat] = {
    ".tsv": "tsv",
    ".csv": "csv",
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}


def format_of_name(name: str) -> DatasetFormat:
    """Return the format that a file's ending stands for, also behind an ending of compression; else `files`."""
    path = PurePath(name)
    if path.suffix.lower() in COMPRESSED_ENDINGS:
        path = path.with_suffix("")
    return _FORMATS.get(path.suffix.lower(), "files")


@dataclass(frozen=True, slots=True, order=True)
class DatasetRef:
    """The name of a dataset inside one run: the step that produces it and the output node's name."""

    step: str
    node: str

    def __str__(self) -> str:
        return self.step if self.step == self.node else f"{self.step}:{self.node}"


@dataclass(frozen=True, slots=True)
class Field:
    """A dataset column: its name and its Arrow type as `str(pyarrow.DataType)` spells it."""

    name: str
    type: str
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a dataset. `path` is relative to the dataset's directory; rows is None if unknown."""

    path: str
    rows: int | None
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a published dataset consists of. A file that no manifest lists does not exist for a reader.

    Attributes:
        fields: The columns, in order; None if the format has no schema of its own (`tsv`, `files`).
        rows: Total rows; None if unknown.
        bytes: Total bytes of the parts as stored.
        watermark: The highest value of a step's watermark column, as text, or None.
        producer: Step that wrote it.
    """

    format: DatasetFormat
    parts: tuple[Part, ...]
    fields: tuple[Field, ...] | None = None
    rows: int | None = None
    bytes: int = 0
    watermark: str | None = None
    producer: str = ""
    version: int = 1
    options: dict[str, str] = field(default_factory=dict)
