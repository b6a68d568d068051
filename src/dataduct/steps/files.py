"""Files in S3 that properties of steps name."""

from typing import Annotated

from pydantic import Field

from dataduct.definition.templates import has_template
from dataduct.model.s3_uri import parse_s3_uri
from dataduct.steps.context import LoweringContext

CONNECTION_TYPE = "s3"

OutputPath = Annotated[
    str | None,
    Field(
        description="Place to copy what the step writes to: a URI of S3 or a path, relative to the project. A "
        "directory gets the files as they are, and rows as TSV files `part-00000.tsv` without a header. A file with "
        "an ending (`.tsv`, `.csv`, `.jsonl`, `.parquet`, also with `.gz`, `.bz2` or `.zst` behind it) gets all rows "
        "in the format of its ending. Later steps read the step's dataset, not the copy.",
        examples=["s3://bucket/courses/{{ run_date }}/", "exports/courses.csv"],
    ),
]
"""The property `output_path`; the plan has a step `NAME-output` for it."""


def checked_uri(uri: str, context: LoweringContext, *, of: str, hint: str | None = None) -> str | None:
    """Return `uri`, or None after reporting that it is no URI of S3 (DD860). One with a template passes."""
    try:
        if not has_template(uri):
            parse_s3_uri(uri)
    except ValueError as error:
        context.report("DD860", str(error), of=of, expected="`s3://bucket/path`", hint=hint)
        return None
    return uri


def checked_connection(alias: str | None, context: LoweringContext, *, of: str) -> bool:
    """Return whether `alias` leads to a bucket, or is None; report DD601 or DD862 otherwise."""
    if alias is None:
        return True
    kind = context.connection(alias, of=of)
    if kind is not None and kind != CONNECTION_TYPE:
        context.report(
            "DD862",
            f"connection `{alias}` is of type {kind} and leads to no bucket",
            of=of,
            expected="a connection of type `s3`",
        )
    return kind == CONNECTION_TYPE
