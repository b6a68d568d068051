"""The step type `extract-s3`."""

from pathlib import PurePosixPath
from typing import ClassVar

from pydantic import Field, model_validator

from dataduct.definition.templates import has_template
from dataduct.model.dataset import COMPRESSED_ENDINGS, DatasetFormat, DatasetRef, format_of_name
from dataduct.model.operations import CopyDataset
from dataduct.model.s3_uri import parse_s3_uri
from dataduct.steps.amazon import AmazonProperties
from dataduct.steps.base import Step, Text
from dataduct.steps.choices import require_one
from dataduct.steps.commands import stem
from dataduct.steps.context import LoweringContext
from dataduct.steps.files import OutputPath, checked_connection, checked_uri


class ExtractS3Properties(AmazonProperties):
    """Which objects are brought into the run, and how a later load reads them."""

    file_uri: Text | None = Field(
        None,
        description="S3 URI of a file, or a pattern: `*` and `?` stay within one directory, `**` crosses directories.",
        examples=["s3://bucket/courses/2026-01-01.tsv", "s3://bucket/courses/*.tsv.gz"],
    )
    directory_uri: Text | None = Field(
        None,
        description="S3 URI of a directory: all files below it. It may be a pattern of directories.",
        examples=["s3://bucket/courses/", "s3://bucket/courses/2026-*/"],
    )
    connection: Text | None = Field(
        None,
        description="Alias of a connection of type `s3` in the settings. By default the credentials and the region are "
        "those that AWS tools find: environment, profile, instance role.",
        examples=["lake"],
    )
    format: DatasetFormat | None = Field(
        None,
        description="Format of the files. By default their ending says it (`.tsv`, `.csv`, `.parquet`, `.jsonl`, also "
        "with `.gz`, `.bz2` or `.zst` behind it); files of any other ending are handed on as they are.",
        examples=["tsv"],
    )

    output_path: OutputPath = None

    @model_validator(mode="after")
    def _one_place(self) -> "ExtractS3Properties":
        require_one(self, "file_uri", "directory_uri")
        return self

    @property
    def named(self) -> tuple[str, str]:
        """The URI as it is written, and the name of its property."""
        if self.file_uri is not None:
            return self.file_uri, "file_uri"
        return self.directory_uri or "", "directory_uri"


class ExtractS3(Step[ExtractS3Properties]):
    """Bring files of a bucket into the run."""

    step_type: ClassVar[str] = "extract-s3"
    summary: ClassVar[str] = "Bring files of an S3 bucket into the run, for later steps to load or transform."
    documentation: ClassVar[str] = """\
Copies a file, the files below a directory, or the files that a pattern matches from S3 into the run's storage. Later
steps read the copy, so a file that changes meanwhile changes nothing for a run that is under way or tried again.

The ending of the files says how a later load reads them: TSV, CSV, JSON lines or Parquet, plain or compressed with
gzip, bzip2 or zstd. The URI is looked up when the step runs; if there is no file, the step fails.

Another endpoint than Amazon's, or credentials of their own, come from a connection in `dataduct.yml`, which the step
names with `connection: lake`:

```
connections:
    lake:
        type: s3
        region: eu-west-1
        access_key_id: ${env:LAKE_KEY}
        secret_access_key: ${env:LAKE_SECRET}
```

```yaml
name: load_courses
frequency: daily
load_time: 01:00

steps:
-   step_type: extract-s3
    directory_uri: s3://bucket/courses/{{ run_date }}/
    format: tsv

-   step_type: create-load
    table_definition: tables/staging.courses.sql
```
"""
    properties: ClassVar[type[ExtractS3Properties]] = ExtractS3Properties

    @classmethod
    def subject(cls, properties: ExtractS3Properties) -> str | None:
        """Return the name of the file or directory without its endings."""
        path = PurePosixPath(properties.named[0])
        return stem(str(path.with_suffix("") if path.suffix.lower() in COMPRESSED_ENDINGS else path))

    @classmethod
    def output_nodes(cls, properties: ExtractS3Properties, step: str) -> tuple[str, ...]:
        """Return the step's own name."""
        return (step,)

    @classmethod
    def lower(cls, properties: ExtractS3Properties, context: LoweringContext) -> CopyDataset | None:
        """Return a copy of the files that the URI names."""
        written, of = properties.named
        uri = context.with_base_path(written, of=of)
        alias = properties.connection or properties.s3_connection
        checked = _is_uri(uri, of, context)
        name = "connection" if properties.connection else "s3_connection"
        if not (checked_connection(alias, context, of=name) and checked):
            return None
        if of == "directory_uri" and not uri.endswith("/"):
            uri += "/"
        format = properties.format or format_of_name(uri)
        return CopyDataset(
            source=uri,
            output=DatasetRef(context.step, context.step),
            format=format,
            connection=alias,
            detects_format=properties.format is None and format == "files",
        )


def _is_uri(uri: str, of: str, context: LoweringContext) -> bool:
    if checked_uri(uri, context, of=of, hint="files of this machine: `extract-local`") is None:
        return False
    if has_template(uri):
        return True
    key = parse_s3_uri(uri).key
    if of == "file_uri" and (not key or key.endswith("/")):
        context.report(
            "DD860",
            f"`{uri}` is a directory and no file",
            of=of,
            expected="the URI of a file, or a pattern of files",
            hint="name it with `directory_uri`",
        )
        return False
    return True
