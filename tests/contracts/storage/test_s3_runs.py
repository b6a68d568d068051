"""Whole runs whose datasets rest in S3, and whose files come from there."""

import gzip
import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import duckdb
import pytest
from kept_storages import KeptInS3

from dataduct import api
from dataduct.engine.engine import RunResult

PIPELINE = """\
name: load_courses
frequency: one-time
steps:
-   step_type: extract-s3
    name: extract
    {source}
-   step_type: create-load
    table_definition: courses.sql
-   step_type: transform
    input_node: extract
    command: cat $INPUT1_STAGING_DIR/* > $OUTPUT1_STAGING_DIR/copy
"""
TABLE = "CREATE TABLE courses (id INTEGER PRIMARY KEY, title VARCHAR(100), price DECIMAL(10, 2));\n"


@pytest.fixture
def project(s3_kept: KeptInS3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that keeps its datasets in the bucket; the AWS chain leads to the same server."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3_kept.settings["endpoint_url"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_kept.settings["access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_kept.settings["secret_access_key"])
    settings = {"storage": s3_kept.settings}
    (tmp_path / "dataduct.yml").write_text(json.dumps(settings))
    (tmp_path / "courses.sql").write_text(TABLE)
    return tmp_path


def run(project: Path, source: str, **options: Any) -> RunResult:
    pipeline = project / "pipeline.yaml"
    pipeline.write_text(dedent(PIPELINE).format(source=source))
    return api.run(api.open_project(project), pipeline, listener=lambda event: None, **options)


def courses(project: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(project / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute("SELECT id, title, price::VARCHAR FROM courses ORDER BY id").fetchall()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.tsv.gz", gzip.compress(b"1\tAlgebra\t1.50\n2\tB\\tc\t\\N\n")),
        ("a.csv", b'id,title,price\n1,Algebra,1.50\n2,"B\tc",NULL\n'),
        ("a.jsonl", b'{"id": 1, "title": "Algebra", "price": 1.50}\n{"title": "B\\tc", "id": 2}\n'),
    ],
    ids=["tsv.gz", "csv", "jsonl"],
)
def test_files_of_a_bucket_are_loaded(name: str, data: bytes, project: Path, s3_kept: KeptInS3) -> None:
    s3_kept.client.put_object(Bucket=s3_kept.bucket, Key=f"in/{name}", Body=data)
    result = run(project, f"directory_uri: s3://{s3_kept.bucket}/in/")
    assert result.error is None
    assert result.status == "succeeded"
    assert courses(project) == [(1, "Algebra", "1.50"), (2, "B\tc", None)]
    assert any(key.startswith("runs/data/load_courses/") for key in s3_kept.objects())
    assert [
        path for path in (project / ".dataduct/tmp").rglob("*") if path.is_file() and path.name != ".lock"
    ] == []


def test_a_missing_object_fails_the_step_with_the_nearest_name(project: Path, s3_kept: KeptInS3) -> None:
    s3_kept.client.put_object(Bucket=s3_kept.bucket, Key="in/courses.tsv", Body=b"1\ta\t1\n")
    result = run(project, f"file_uri: s3://{s3_kept.bucket}/in/course.tsv")
    assert result.failed_step == "extract"
    assert result.error is not None
    assert result.error.code == "DD861"
    assert result.error.hint == f"did you mean `s3://{s3_kept.bucket}/in/courses.tsv`?"
