"""`output_path`, `input_path`, `script_uri` and `additional_s3_files`: files in and out of a bucket and a directory."""

import gzip
import io
import json
from typing import Any

import pyarrow.parquet as pq
import pytest

from projects import Project

EXTRACT = (
    "step_type: extract-rds\nname: extract\nhost_name: school\nsql: SELECT id, slug, title FROM courses\n"
)
TSV = "1\talgebra\tAlgebra\n2\tbiology\tBiology\n3\tchemistry\t\\N\n"


@pytest.fixture
def bucket(s3_server: Any, school: Project, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A bucket, and a connection `lake` of the project that leads to it."""
    name = s3_server.fresh_bucket("exports")
    monkeypatch.setenv("LAKE_KEY", s3_server.access_key)
    monkeypatch.setenv("LAKE_SECRET", s3_server.secret_key)
    settings = (school.root / "dataduct.yml").read_text()
    lake = (
        "connections:\n  lake:\n    type: s3\n    region: us-east-1\n"
        f"    endpoint_url: {s3_server.endpoint}\n    access_key_id: ${{env:LAKE_KEY}}\n"
        "    secret_access_key: ${env:LAKE_SECRET}\n"
    )
    school.write({"dataduct.yml": settings.replace("connections:\n", lake) + "aws:\n  s3_base_path: dev\n"})
    return Bucket(s3_server, name)


class Bucket:
    def __init__(self, server: Any, name: str) -> None:
        self.name = name
        self._client = server.client()

    def put(self, key: str, data: bytes) -> None:
        self._client.put_object(Bucket=self.name, Key=key, Body=data)

    def files(self) -> dict[str, bytes]:
        listed = self._client.list_objects_v2(Bucket=self.name).get("Contents", [])
        return {each["Key"]: self.get(each["Key"]) for each in listed}

    def get(self, key: str) -> bytes:
        content: bytes = self._client.get_object(Bucket=self.name, Key=key)["Body"].read()
        return content


def run(project: Project, *steps: str, exit_code: int = 0, date: str = "2026-01-01") -> str:
    ended = project("run", project.pipeline("exports", *steps), "--run-date", date)
    assert ended.exit_code == exit_code, ended.text
    return ended.text


def test_rows_go_to_a_directory_as_tsv_and_to_a_file_in_its_format(school: Project, bucket: Bucket) -> None:
    places = {
        "dir": f"s3://{bucket.name}/{{S3_BASE_PATH}}/{{{{ run_date }}}}/",
        "csv": f"s3://{bucket.name}/courses.csv",
        "jsonl": f"s3://{bucket.name}/courses.jsonl.gz",
        "parquet": f"s3://{bucket.name}/courses.parquet",
    }
    steps = [
        EXTRACT.replace("name: extract", f"name: {name}") + f'output_path: "{place}"\ns3_connection: lake'
        for name, place in places.items()
    ]
    run(school, *steps)
    files = bucket.files()
    assert set(files) == {
        "dev/2026-01-01/part-00000.tsv",
        "courses.csv",
        "courses.jsonl.gz",
        "courses.parquet",
    }
    assert files["dev/2026-01-01/part-00000.tsv"].decode() == TSV
    assert files["courses.csv"].decode().splitlines()[:2] == ['"id","slug","title"', '1,"algebra","Algebra"']
    lines = gzip.decompress(files["courses.jsonl.gz"]).decode().splitlines()
    assert json.loads(lines[2]) == {"id": 3, "slug": "chemistry", "title": None}
    assert pq.read_table(io.BytesIO(files["courses.parquet"])).num_rows == 3


def test_a_second_run_replaces_its_files_and_leaves_others(school: Project) -> None:
    place = school.root / "exports"
    place.mkdir()
    (place / "notes.txt").write_text("mine")
    (place / "part-00007.tsv").write_text("of an earlier run with more parts")
    step = EXTRACT + "output_path: exports"
    run(school, step)
    school.change_source("DELETE FROM courses WHERE id > 1")
    run(school, step, date="2026-01-02")
    assert {path.name: path.read_text() for path in place.iterdir()} == {
        "notes.txt": "mine",
        "part-00000.tsv": "1\talgebra\tAlgebra\n",
    }


def test_files_of_a_command_are_copied_as_they_are_each_node_to_its_directory(
    school: Project, bucket: Bucket
) -> None:
    step = f"""
step_type: transform
name: split
command: cd $OUTPUT1_STAGING_DIR; mkdir b/sub; echo one > a/one.txt; echo two > b/sub/two.csv
output_node: [a, b]
output_path: s3://{bucket.name}/split
s3_connection: lake
"""
    run(school, step)
    assert bucket.files() == {"split/a/one.txt": b"one\n", "split/b/sub/two.csv": b"two\n"}


def test_a_step_that_waits_for_another_finds_its_copied_files(school: Project) -> None:
    read = (
        "step_type: transform\nname: read\ndepends_on: extract\n"
        "command: cat $DATADUCT_PROJECT_DIRECTORY/out/courses.tsv > $DATADUCT_PROJECT_DIRECTORY/seen"
    )
    run(school, EXTRACT + "output_path: out/courses.tsv", read)
    assert (school.root / "seen").read_text() == TSV


@pytest.mark.parametrize(("command", "number"), [("touch a b", "2"), ("true", "no")])
def test_one_file_cannot_hold_several_or_none(school: Project, command: str, number: str) -> None:
    step = (
        f"step_type: transform\nname: two\ncommand: cd $OUTPUT1_STAGING_DIR && {command}\n"
        "output_path: out/both.csv"
    )
    text = run(school, step, exit_code=1)
    assert "DD793" in text and f"has {number} files" in text.replace("\n", " ")
    assert not (school.root / "out/both.csv").exists()


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("ftp://b/x/", "DD261"),
        ("s3://b*/x/", "DD860"),
        ("s3://bucket/*.csv", "DD261"),
        ("out/*.csv", "DD261"),
    ],
)
def test_a_place_that_is_none_is_told_at_once(school: Project, path: str, code: str) -> None:
    ended = school("validate", school.pipeline("exports", EXTRACT + f'output_path: "{path}"'))
    assert ended.exit_code == 2
    assert code in ended.text


def test_the_plan_shows_the_copy(school: Project) -> None:
    shown = school("plan", school.pipeline("exports", EXTRACT + "output_path: s3://bucket/courses/"))
    assert "extract-output" in shown.text
    assert "copies extract to s3://bucket/courses/" in shown.text


def test_a_script_and_its_files_come_from_the_bucket(school: Project, bucket: Bucket) -> None:
    bucket.put(
        "dev/scripts/clean.py",
        b"import sys; print(open('rules.txt').read() + sys.argv[1], file=open(sys.argv[2], 'w'))",
    )
    bucket.put("dev/rules/rules.txt", b"rules and ")
    step = f"""
step_type: transform
name: clean
script_uri: s3://{bucket.name}/{{S3_BASE_PATH}}/scripts/clean.py
additional_s3_files: ["s3://{bucket.name}/{{S3_BASE_PATH}}/rules/"]
script_arguments: ["{{S3_BASE_PATH}}", {school.root}/seen]
s3_connection: lake
"""
    run(school, step)
    assert (school.root / "seen").read_text() == "rules and dev\n"
    assert (
        f"runs `s3://{bucket.name}/dev/scripts/clean.py dev" in school("plan", "pipelines/exports.yaml").text
    )


def test_a_script_that_is_not_in_the_bucket(school: Project, bucket: Bucket) -> None:
    bucket.put("scripts/clean.py", b"")
    text = run(
        school,
        f"step_type: qa-transform\nname: check\nscript_uri: s3://{bucket.name}/scripts/claen.py\ns3_connection: lake",
        exit_code=1,
    )
    assert f"there is no file s3://{bucket.name}/scripts/claen.py" in text
    assert f"did you mean `s3://{bucket.name}/scripts/clean.py`?" in text


def test_an_input_path_with_base_path_and_run_date(school: Project, bucket: Bucket) -> None:
    bucket.put("dev/2026-01-01/in.tsv", b"9\tzoology\tZoology\n")
    step = f"""
step_type: transform
name: read
input_path: s3://{bucket.name}/{{S3_BASE_PATH}}/{{{{ run_date }}}}/
s3_connection: lake
command: cp $INPUT1_STAGING_DIR/in.tsv $DATADUCT_PROJECT_DIRECTORY/seen
"""
    run(school, step)
    assert (school.root / "seen").read_text() == "9\tzoology\tZoology\n"


def test_one_file_of_a_bucket_in_a_subdirectory_is_that_file_alone(school: Project, bucket: Bucket) -> None:
    bucket.put("dir/one.tsv", b"1\n")
    bucket.put("dir/two.tsv", b"2\n")
    extract = f"step_type: extract-s3\nname: f1\nfile_uri: s3://{bucket.name}/dir/one.tsv\nconnection: lake"
    use = (
        "step_type: transform\nname: t\ninput_node: {f1: sub}\n"
        "command: cd $INPUT1_STAGING_DIR && find . -type f > $DATADUCT_PROJECT_DIRECTORY/seen"
    )
    run(school, extract, use)
    assert (school.root / "seen").read_text() == "./sub/one.tsv\n"


def test_a_check_logs_to_the_bucket_that_is_the_storage(
    school: Project, bucket: Bucket, s3_server: Any
) -> None:
    settings = (school.root / "dataduct.yml").read_text()
    storage = (
        f"storage:\n  type: s3\n  uri: s3://{bucket.name}/runs\n  endpoint_url: {s3_server.endpoint}\n"
        "  region: us-east-1\n  access_key_id: ${env:LAKE_KEY}\n  secret_access_key: ${env:LAKE_SECRET}\n"
    )
    school.write({"dataduct.yml": settings + storage})
    load = "step_type: create-load\nname: load\ntable_definition: tables/staging.courses.sql\nmatch_columns: position"
    check = """
step_type: count-check
name: check
source_host: school
source_table_name: courses
destination_table_definition: tables/staging.courses.sql
log_to_s3: true
script_arguments: ["--path_suffix={{ run_date }}"]
"""
    text = run(school, EXTRACT, load, check)
    (key,) = [key for key in bucket.files() if key.startswith("runs/qa/")]
    assert key.startswith("runs/qa/2026-01-01/exports/check/2026-01-01_")
    assert f"logged to s3://{bucket.name}/{key}" in text.replace("\n", "")
    assert json.loads(bucket.get(key))["test_name"] == "exports.check"
