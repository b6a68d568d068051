"""The step type `extract-s3`."""

from collections.abc import Callable
from typing import Any

import pytest

from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import CopyDataset
from dataduct.model.s3_uri import matcher

Lower = Callable[..., Any]
OUTPUT = DatasetRef("step", "step")


@pytest.mark.parametrize(
    ("yaml", "source", "format", "detects"),
    [
        ("file_uri: s3://bucket/a/b.tsv", "s3://bucket/a/b.tsv", "tsv", False),
        ("file_uri: s3://bucket/a/*.csv.bz2", "s3://bucket/a/*.csv.bz2", "csv", False),
        ("file_uri: s3://bucket/a/b.ndjson.zst", "s3://bucket/a/b.ndjson.zst", "jsonl", False),
        ("file_uri: s3://bucket/a/b.lzo", "s3://bucket/a/b.lzo", "files", True),
        ("directory_uri: s3://bucket/a", "s3://bucket/a/", "files", True),
        ("directory_uri: s3://bucket/a/", "s3://bucket/a/", "files", True),
        ("directory_uri: s3://bucket", "s3://bucket/", "files", True),
        ("directory_uri: s3://bucket/{{ run_date }}/", "s3://bucket/{{ run_date }}/", "files", True),
        ("directory_uri: s3://bucket/a/\nformat: tsv", "s3://bucket/a/", "tsv", False),
    ],
)
def test_objects_are_copied_and_their_endings_say_the_format(
    yaml: str, source: str, format: Any, detects: bool, lower: Lower
) -> None:
    assert lower("extract-s3", yaml).operation == CopyDataset(
        source=source, output=OUTPUT, format=format, detects_format=detects
    )


@pytest.mark.parametrize(
    ("yaml", "code"),
    [
        ("file_uri: s3://bucket/a/", "DD860"),
        ("file_uri: s3://bucket", "DD860"),
        ("file_uri: /a/b.tsv", "DD860"),
        ("directory_uri: s3:///a/", "DD860"),
        ("directory_uri: https://bucket.s3.amazonaws.com/a/", "DD860"),
        ("format: tsv", "DD210"),
        ("file_uri: s3://bucket/a\ndirectory_uri: s3://bucket/b/", "DD210"),
        ("file_uri: s3://bucket/a\nconnection: nowhere", "DD601"),
        ("file_uri: s3://bucket/a\nconnection: legacy", "DD862"),
    ],
)
def test_what_is_wrong_is_reported(yaml: str, code: str, lower: Lower) -> None:
    lowered = lower("extract-s3", yaml)
    assert lowered.operation is None
    assert lowered.codes == [code]


@pytest.mark.parametrize(
    ("pattern", "key", "matches"),
    [
        ("a/*.tsv", "a/b.tsv", True),
        ("a/*.tsv", "a/b/c.tsv", False),
        ("a/**/c.tsv", "a/c.tsv", True),
        ("a/**/c.tsv", "a/x/y/c.tsv", True),
        ("a/**", "a/x/y", True),
        ("a/?.tsv", "a/é.tsv", True),
        ("a/?.tsv", "a//.tsv", False),
        ("a/[0-9].tsv", "a/5.tsv", True),
        ("a/[!0-9].tsv", "a/5.tsv", False),
        ("a/[!0-9].tsv", "a//.tsv", False),
        ("a/[.tsv", "a/[.tsv", True),
        ("a/[]].tsv", "a/].tsv", True),
        ("a.b+(c)", "a.b+(c)", True),
    ],
)
def test_patterns_of_keys(pattern: str, key: str, matches: bool) -> None:
    assert (matcher(pattern).fullmatch(key) is not None) == matches
