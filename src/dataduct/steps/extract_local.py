"""The step type `extract-local`."""

import glob
from pathlib import Path, PurePosixPath
from typing import ClassVar

from pydantic import Field

from dataduct.model.dataset import COMPRESSED_ENDINGS, DatasetFormat, DatasetRef, format_of_name
from dataduct.model.operations import CopyDataset
from dataduct.steps.amazon import AmazonProperties
from dataduct.steps.base import Step, Text
from dataduct.steps.commands import stem
from dataduct.steps.context import LoweringContext
from dataduct.steps.files import OutputPath

_FILES_LOOKED_AT = 1_000


class ExtractLocalProperties(AmazonProperties):
    """What is copied, and how a later load reads it."""

    path: Text = Field(
        description="File, directory or glob, relative to the pipeline file or to the project.",
        examples=["data/courses.tsv", "data/courses/", "data/*.csv"],
    )
    format: DatasetFormat | None = Field(
        None,
        description="Format of the files. By default their ending says it (`.tsv`, `.csv`, `.parquet`, `.jsonl`, also "
        "with `.gz` behind it); files of any other ending are handed on as they are.",
        examples=["tsv"],
    )
    output_path: OutputPath = None


class ExtractLocal(Step[ExtractLocalProperties]):
    """Bring local files into the run."""

    step_type: ClassVar[str] = "extract-local"
    summary: ClassVar[str] = "Bring files of this machine into the run, for later steps to load or transform."
    documentation: ClassVar[str] = """\
Copies a file, the files of a directory, or the files that a glob matches into the run's storage. Later steps read the
copy, so a file that changes meanwhile changes nothing for a run that is under way or tried again.

The ending of the files says how a later load reads them. With `output_path` they are copied to another place too.

```yaml
name: load_courses
frequency: daily
load_time: 01:00

steps:
-   step_type: extract-local
    path: data/courses.tsv

-   step_type: create-load
    table_definition: tables/staging.courses.sql
```
"""
    properties: ClassVar[type[ExtractLocalProperties]] = ExtractLocalProperties

    @classmethod
    def subject(cls, properties: ExtractLocalProperties) -> str | None:
        """Return the file's name without its endings."""
        path = PurePosixPath(properties.path)
        return stem(str(path.with_suffix("") if path.suffix.lower() in COMPRESSED_ENDINGS else path))

    @classmethod
    def output_nodes(cls, properties: ExtractLocalProperties, step: str) -> tuple[str, ...]:
        """Return the step's own name."""
        return (step,)

    @classmethod
    def lower(cls, properties: ExtractLocalProperties, context: LoweringContext) -> CopyDataset | None:
        """Return a copy of the files that `path` names."""
        source = context.location(properties.path, of="path")
        if source is None:
            return None
        return CopyDataset(
            source=source,
            output=DatasetRef(context.step, context.step),
            format=properties.format or _format_of(source),
        )


def _format_of(source: str) -> DatasetFormat:
    """Return the format that the ending of `source`, or of every file in it, stands for."""
    path = Path(source)
    if not glob.has_magic(source) and path.is_dir():
        names = [
            entry.name for entry, _ in zip(sorted(path.iterdir()), range(_FILES_LOOKED_AT), strict=False)
        ]
        formats = {format_of_name(name) for name in names if not name.startswith((".", "_"))}
        return formats.pop() if len(formats) == 1 else "files"
    return format_of_name(path.name)
