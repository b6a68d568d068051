"""The list of differences, and that each applies where it should and nowhere else."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from dataduct.migration.difference import _nowhere
from dataduct.migration.differences import DIFFERENCES
from dataduct.migration.report import FileReport

Pipeline = Callable[..., FileReport]

EXTRACT = "{step_type: extract-rds, host_name: shop, database: shop, table: courses, name: extract}"
LOAD = "{step_type: create-load-redshift, table_definition: tables/staging.courses.sql, name: load}"
UPSERT = "{step_type: upsert, source: tables/staging.courses.sql, destination: tables/prod.courses.sql, name: upsert}"
CHECK = "{step_type: primary-key-check, table_definition: tables/prod.courses.sql, name: check%s}"
COMMAND = "{step_type: transform, input_node: [], name: work, command: 'true'%s}"
RELOAD = (
    "{step_type: load-reload-pk, staging_table_definition: tables/staging.courses.sql, "
    "production_table_definition: tables/prod.courses.sql, name: reload}"
)
SQL = "step_type: sql-command\nname: sql\ncommand: %s"

PIPELINES: dict[str, tuple[tuple[str, ...], str]] = {
    "sns-topics": ((COMMAND % "",), "topic_arn: arn:aws:sns:us-east-1:1:fail\n"),
    "activation-here": ((COMMAND % "",), "time_delta: 2\n"),
    "order-by-table": ((EXTRACT, LOAD, UPSERT, CHECK % ""), ""),
    "order-in-file": ((SQL % "DELETE FROM prod.courses", COMMAND.replace("input_node: [], ", "") % ""), ""),
    "variables-are-used": ((COMMAND % "",), "variables: {a: 1}\n"),
    "no-output-no-input": ((COMMAND % ", no_output: true",), ""),
    "values-as-written": ((COMMAND % ", script_arguments: [010]",), ""),
    "aliases-copy": (
        ("step_type: transform\nname: a\ninput_node: []\ncommand: 'true'\nscript_arguments: &arguments [x]",
         "step_type: transform\nname: b\ninput_node: []\ncommand: 'true'\nscript_arguments: *arguments"),
        "",
    ),
    "resources-aws-only": ((COMMAND % "",), "ec2_resource_config: {instance_type: m1.large}\n"),
    "retries": ((COMMAND % ", max_retries: 2",), ""),
    "runs-here": ((COMMAND % ", resource_type: emr",), ""),
    "commands-as-written": ((r"{step_type: transform, input_node: [], name: work, command: 'echo \\\\n'}",), ""),
    "one-output-name": ((COMMAND % ", output_node: out",), ""),
    "named-inputs": (
        (
            "{step_type: extract-s3, file_uri: 's3://bucket/one.tsv', name: one}",
            "{step_type: transform, name: work, input_node: {one: x}, command: 'true'}",
        ),
        "",
    ),
    "exactly-once": ((EXTRACT, LOAD), ""),
    "output-path-copies": ((EXTRACT.replace("}", ", output_path: 's3://bucket/courses/'}"),), ""),
    "streaming-here": (
        (EXTRACT, "{step_type: emr-streaming, name: count, mapper: cat, reducer: cat}"),
        "",
    ),
    "waiting-ends": (("{step_type: pipeline-dependencies, dependent_pipelines: [q], name: wait}",), ""),
    "force-drop-table": (
        (EXTRACT, LOAD.replace("}", ", script_arguments: ['--force_drop_table']}")),
        "",
    ),
    "sql-is-parsed": ((SQL % "INSERT INTO prod.courses VALUES (1, 'a;b -- c')",), ""),
    "transaction-words": ((SQL % 'INSERT INTO prod.courses SELECT id, "begin" FROM t',), ""),
    "failed-check-fails": ((CHECK % ", sns_topic_arn: 'arn:aws:sns:us-east-1:1:warn'",), ""),
    "check-logs": ((CHECK % ", log_to_s3: true",), ""),
}  # fmt: skip

TABLES = {
    "definitions-are-read-whole": "CREATE TABLE staging.courses (id INTEGER DEFAULT 0 PRIMARY KEY)",
    "unique-is-no-key": "CREATE TABLE staging.courses (id INTEGER PRIMARY KEY, slug VARCHAR(20) UNIQUE)",
    "table-without-schema": "CREATE TABLE courses (id INTEGER PRIMARY KEY)",
}

SETTINGS = {
    "modes-merge": "mysql:\n  shop: {HOST: h, USERNAME: u, PASSWORD: p}\ntest:\n  mysql:\n    shop: {HOST: z}\n",
    "base-path-dots": "etl:\n  S3_BASE_PATH: v1.0\n",
    "home-directory": "etl:\n  RESOURCE_BASE_PATH: ~/resources\n",
    "worker-group": "ec2:\n  WORKER_GROUP: group\n",
    "sns-topics": "etl:\n  SNS_TOPIC_ARN_FAILURE: arn\n",
    "region-as-written": "etl:\n  REGION: moon\n",
    "passwords-hidden": "mysql:\n  shop: {HOST: h, USERNAME: u, PASSWORD: password}\n",
    "rds-instance": "postgres: {REGION: us-east-1, RDS_INSTANCE_ID: db, USERNAME: u, PASSWORD: '${env:P}'}\n",
    "datasets-in-the-bucket": "etl:\n  S3_ETL_BUCKET: bucket\n",
    "hooks-return": "etl:\n  HOOKS_BASE_PATH: hooks\n",
}

ELSEWHERE = {"load-time-as-written", "custom-step-type"}
"""Differences that other tests show."""


def test_every_difference_has_a_name_of_its_own_that_is_an_anchor() -> None:
    assert len({each.id for each in DIFFERENCES}) == len(DIFFERENCES)
    for difference in DIFFERENCES:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", difference.id)
        assert difference.link == f"docs/migration.md#{difference.id}"
        assert not difference.title.endswith(".")
        assert difference.before.endswith(".")


def test_every_difference_that_can_be_seen_in_a_file_is_shown_by_a_test() -> None:
    in_pipeline = {each.id for each in DIFFERENCES if each.in_pipeline is not _nowhere}
    in_settings = {each.id for each in DIFFERENCES if each.in_settings is not _nowhere}
    assert in_pipeline - ELSEWHERE == {*PIPELINES, *TABLES}
    assert in_settings == set(SETTINGS)


def ids(report: FileReport) -> set[str]:
    assert report.edits == (), report.edits
    return {each.difference.id for each in report.differences}


def test_a_plain_pipeline_runs_unchanged(pipeline: Pipeline) -> None:
    report = pipeline(COMMAND % "", COMMAND.replace("work", "next") % "")
    assert report.verdict == "runs unchanged"


@pytest.mark.parametrize("name", PIPELINES)
def test_a_difference_in_a_pipeline(pipeline: Pipeline, name: str) -> None:
    steps, header = PIPELINES[name]
    assert name in ids(pipeline(*steps, header=header))


@pytest.mark.parametrize("name", TABLES)
def test_a_difference_in_a_table_definition(original: Any, pipeline: Pipeline, name: str) -> None:
    assert name not in ids(pipeline(EXTRACT, LOAD))
    original.write({"tables/staging.courses.sql": TABLES[name]})
    assert name in ids(pipeline(EXTRACT, LOAD))


@pytest.mark.parametrize("name", SETTINGS)
def test_a_difference_in_the_settings(original: Any, name: str) -> None:
    original.write({"dataduct.cfg": SETTINGS[name]})
    assert name in ids(original.file("dataduct.cfg"))


def test_steps_that_waited_for_each_other_before_are_no_difference(pipeline: Pipeline) -> None:
    assert "order-by-table" not in ids(pipeline(EXTRACT, LOAD, UPSERT))
    assert "order-by-table" not in ids(pipeline(EXTRACT, LOAD, UPSERT, CHECK % ", depends_on: upsert"))


def test_a_step_behind_one_that_broke_no_chain_is_no_difference(pipeline: Pipeline) -> None:
    assert "order-in-file" not in ids(pipeline(EXTRACT, LOAD, UPSERT, CHECK % ""))
    behind = COMMAND.replace("input_node: [], ", "") % ""
    assert "order-in-file" not in ids(pipeline(CHECK % "", behind))
    assert "order-in-file" in ids(pipeline(EXTRACT, RELOAD, behind))
    assert "order-in-file" not in ids(pipeline(EXTRACT, RELOAD, COMMAND % ""))


def test_a_load_time_that_was_read_otherwise_needs_an_edit(original: Any) -> None:
    original.write({"p.yaml": "name: p\nload_time: 5\nsteps:\n- " + COMMAND % "" + "\n"})
    report = original.file("p.yaml")
    assert report.verdict == "needs an edit"
    assert [problem.hint for problem in report.edits] == ["write 05:00"]
    assert [each.difference.id for each in report.differences] == ["load-time-as-written"]


def test_a_topic_for_warnings_in_the_settings_changes_every_check(original: Any, pipeline: Pipeline) -> None:
    original.write({"dataduct.cfg": "etl:\n  SNS_TOPIC_ARN_WARNING: arn\n"})
    assert "failed-check-fails" in ids(pipeline(CHECK % ""))
