"""`dataduct migrate` on a small project of the first Dataduct, and then on what it wrote."""

from typing import Any

import pytest

CONFIG = """\
etl:
  S3_ETL_BUCKET: bucket
  S3_BASE_PATH: v1.0
  RESOURCE_BASE_PATH: resources
  SNS_TOPIC_ARN_WARNING: arn:aws:sns:us-east-1:1:warn
mysql:
  school:
    HOST: school.example.com
    USERNAME: reader
    PASSWORD: hunter2-and-more
redshift:
  HOST: warehouse.example.com
  DATABASE_NAME: warehouse
  USERNAME: etl
  PASSWORD: hunter3-and-more
custom_steps:
- {step_type: greet, class_name: Greet, file_path: greet.py}
"""
COURSES = """\
name: courses
frequency: daily
load_time: 01:00
steps:
- step_type: extract-rds
  host_name: school
  database: school
  table: courses
- step_type: create-load-redshift
  table_definition: tables/staging.courses.sql
- step_type: upsert
  source: tables/staging.courses.sql
  destination: tables/prod.courses.sql
- step_type: primary-key-check
  table_definition: tables/prod.courses.sql
"""
TABLE = "CREATE TABLE {} (id INTEGER NOT NULL, title VARCHAR(20), PRIMARY KEY (id));\n"
BROKEN = """\
name: broken
steps:
- step_type: extract-rds
  host_name: scool
  database: school
  table: courses
- step_type: upsrt
  source: tables/staging.courses.sql
  destination: tables/prod.courses.sql
"""


@pytest.fixture
def original(empty: Any) -> Any:
    empty.write(
        {
            "dataduct.cfg": CONFIG,
            "resources/tables/staging.courses.sql": TABLE.format("staging.courses"),
            "resources/tables/prod.courses.sql": TABLE.format("prod.courses"),
            "pipelines/courses.yaml": COURSES,
            "pipelines/hello.yaml": "name: hello\nsteps:\n- {step_type: sql-command, name: one, command: SELECT 1}\n",
        }
    )
    return empty


def test_the_report(original: Any, golden: Any) -> None:
    original.write(
        {
            "pipelines/broken.yaml": BROKEN,
            "steps/greet.py": "from dataduct.steps import TransformStep\nclass Greet(TransformStep):\n"
            "    def __init__(self, **kwargs):\n        print 'hello'\n",
            "hooks/connect_to_mysql.py": "def before_hook(*args, **kwargs):\n    return args, kwargs\n",
        }
    )
    ended = original("migrate", ".")
    assert ended.exit_code == 1
    golden("endtoend/migrate.txt", original.transcript(ended))
    document = original("migrate", ".", "--json").document()
    assert document["counts"] == {"runs unchanged": 2, "runs with a difference": 2, "needs an edit": 2}
    broken = next(file for file in document["files"] if file["file"] == "pipelines/broken.yaml")
    assert [(edit["line"], edit["code"]) for edit in broken["edits"]] == [(4, "DD601"), (7, "DD501")]
    assert "hunter" not in ended.text


def test_a_project_that_needs_no_edit_can_be_used_with_what_was_written(original: Any) -> None:
    original.write({"steps/greet.py": GREET, "dataduct.cfg": CONFIG})
    ended = original("migrate", ".", "--write")
    assert ended.exit_code == 0, ended.text
    assert "SCHOOL_PASSWORD" in ended.stderr
    settings = (original.root / "dataduct.yml").read_text()
    assert "hunter" not in settings
    assert original("validate", "pipelines").exit_code == 0
    assert original("migrate", ".", "--write").exit_code == 2
    assert (original.root / "dataduct.yml").read_text() == settings


GREET = """\
from dataduct.steps import TransformStep


class Greet(TransformStep):
    def __init__(self, **kwargs):
        super().__init__(command="echo hello", **kwargs)
"""


def test_without_settings_there_is_nothing_to_write(original: Any) -> None:
    (original.root / "dataduct.cfg").unlink()
    ended = original("migrate", ".", "--write")
    assert ended.exit_code == 2
    assert "error[DD983]" in ended.stderr
    assert not (original.root / "dataduct.yml").exists()
    assert original("migrate", "nowhere").exit_code == 2
