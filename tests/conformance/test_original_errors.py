"""Pipelines that the original Dataduct refused, or accepted and should not have: what `dataduct validate` says of each.

Every recorded file has a line in `OUTCOMES`. A reason stands where we accept what the original refused, or refuse what
it accepted, so that none of these decisions changes unnoticed. Buckets of one letter, which Amazon S3 does not have,
get a longer name, and a missing file that is not the point of the record is written.
"""

import json
from dataclasses import dataclass

import pytest
from original_project import write_project
from original_record import ORIGINAL, RecordedPipeline

_RECORDED = ORIGINAL / "expected" / "errors"
_HISTORY = "prod.courses_history"

pytestmark = pytest.mark.skipif(not _RECORDED.is_dir(), reason="the original's errors are not at hand")


@dataclass(frozen=True)
class Outcome:
    """What we say of a file.

    Attributes:
        error: Code of the only kind of error; empty if the file is accepted.
        reason: Why we accept what the original refused, or refuse what it accepted; empty where both do the same.
        warning: Code of the only kind of warning, or empty.
    """

    error: str = ""
    reason: str = ""
    warning: str = ""


OUTCOMES = {
    "additional_s3_files_yaml": Outcome(reason="URIs can be written in YAML, its own file objects could not"),
    "bootstrap_list": Outcome("DD248"),
    "column_check_no_pk": Outcome("DD220"),
    "count_check_none": Outcome("DD210"),
    "create_load_bad_table": Outcome("DD205"),
    "create_load_input_path": Outcome(reason="input_path is an input like any other"),
    "create_load_resource_type": Outcome("DD201"),
    "create_update_both": Outcome("DD210"),
    "depends_on_forward": Outcome("DD504"),
    "depends_on_unicode": Outcome(),
    "duplicate_default_name": Outcome(reason="a name that is made up gives way to a written one"),
    "ec2_config_unknown_key": Outcome(warning="DD249"),
    "emr_bootstrap_string": Outcome("DD280", "an emr-step needs a cluster, and there is none"),
    "emr_bootstrap_two_scripts": Outcome("DD280", "an emr-step needs a cluster, and there is none"),
    "emr_streaming_float_ami": Outcome(reason="3.7 is a version as it is written", warning="DD282"),
    "extract_local_daily": Outcome(reason="files of this machine can be read every day"),
    "extract_local_output_path": Outcome(),
    "extract_rds_no_database": Outcome(reason="the connection says which database"),
    "extract_rds_sql_no_from": Outcome(reason="a query needs no FROM"),
    "extract_rds_unknown_host": Outcome("DD601"),
    "extract_redshift_qualified": Outcome("DD213"),
    "extract_s3_both": Outcome("DD210"),
    "input_both": Outcome("DD507"),
    "input_node_dict_create_load_extract_s3_file": Outcome(),
    "input_node_list": Outcome("DD505"),
    "input_node_multi_output_implicit": Outcome(),
    "load_postgres_minimal": Outcome(),
    "load_reload_pk_no_name": Outcome(),
    "load_time_10_30_sexagesimal_ok": Outcome(),
    "load_time_float": Outcome("DD245", "1.5 is no time of day, and was taken for the default in silence"),
    "load_time_hms": Outcome(reason="10:30:00 is a time of day"),
    "load_time_hour_only_str": Outcome("DD245"),
    "load_time_octalish_08_09": Outcome(),
    "load_time_unicode": Outcome("DD245", "it is no time of day, and was taken for the default in silence"),
    "missing_name": Outcome("DD202"),
    "missing_steps": Outcome("DD202"),
    "name_with_dots_slash": Outcome(),
    "output_node_string": Outcome(),
    "primary_key_check_no_schema_log": Outcome(),
    "reload_delete_existing_false": Outcome(warning="DD209"),
    "resource_type_typo": Outcome(warning="DD265"),
    "script_arguments_int": Outcome("DD212"),
    "script_directory_missing_dir": Outcome("DD205"),
    "script_directory_without_name": Outcome("DD211"),
    "step_name_int": Outcome(reason="a number is a name as it is written"),
    "steps_null": Outcome("DD250"),
    "teardown_false": Outcome("DD244"),
    "time_delta_header_int": Outcome(),
    "transform_none": Outcome("DD210"),
    "transform_two_sources": Outcome("DD210"),
    "unknown_step_param": Outcome("DD201"),
    "upsert_delta_filter_clause": Outcome("DD201"),
    "upsert_no_pk": Outcome("DD422"),
    "upsert_resource_type": Outcome("DD201"),
    "upsert_two": Outcome("DD210"),
    "worker_group_param_null_resource": Outcome(),
    "yaml_invalid": Outcome("DD112"),
}


@pytest.fixture
def original(empty, monkeypatch):
    """The original's examples, with a table that has no primary key, a script and a file beside them."""
    write_project(empty)
    monkeypatch.setenv("OPERATIONAL_PASSWORD", "none")
    production = RecordedPipeline("blog_rds_upsert").definitions()["prod.courses"]
    history = production.replace("prod.courses", _HISTORY).replace(" PRIMARY KEY", "")
    empty.write({f"resources/tables/{_HISTORY}.sql": history, "resources/x": "1\n"})
    return empty


def test_every_record_has_an_outcome():
    assert {path.stem for path in _RECORDED.glob("*.json")} == set(OUTCOMES)


@pytest.mark.parametrize("name", OUTCOMES)
def test_what_validate_says(name, original):
    record = json.loads((_RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    outcome = OUTCOMES[name]
    text = record["yaml"].replace("s3://a/", "s3://bucket-a/").replace("s3://b/", "s3://bucket-b/")
    original.write({"p.yaml": text})

    ended = original("validate", "p.yaml", "--format", "json")

    problems = ended.document()["problems"]
    codes = {
        severity: {problem["code"] for problem in problems if problem["severity"] == severity}
        for severity in ("error", "warning")
    }
    assert codes == {"error": {outcome.error} - {""}, "warning": {outcome.warning} - {""}}, ended.text
    assert ended.exit_code == (2 if outcome.error else 0)
    assert all(problem["file"] and problem["line"] for problem in problems)
    differs = bool(outcome.error) != bool(record["error"])
    assert bool(outcome.reason) == differs
