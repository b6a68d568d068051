"""The commands that read and show: init, validate, plan, visualize, steps, schema, explain."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import Field

from dataduct import api
from dataduct.cli.plan import plan_lines
from dataduct.cli.steps import type_text
from dataduct.cli.text import plain_text
from dataduct.errors import ProblemsError, UserError
from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import (
    Check,
    ColumnComparison,
    CopyDataset,
    CountComparison,
    Extract,
    LoadTable,
    Measure,
    PrimaryKeyComparison,
    RunCommand,
    RunSql,
    SqlStatement,
    StagedInput,
    Unload,
)
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.model.schedule import Schedule
from dataduct.model.table import Column, ColumnType, TableDefinition, TableName
from dataduct.plan.plan import BoundPlan, Dependency, Plan, PlanStep
from dataduct.steps.base import Step, StepProperties

STAGING, PROD = TableName("flights", "staging"), TableName("flights", "prod")
DEFINITION = TableDefinition(name=STAGING, columns=(Column(name="id", type=ColumnType("INTEGER")),))
ROWS = DatasetRef("extract", "extract")


def count(source: str) -> Measure:
    return Measure(query=source, connection="nyc")


PLAN = Plan(
    pipeline="flights",
    file="pipelines/flights.yaml",
    schedule=Schedule("daily"),
    dialect="duckdb",
    description="Flights, to production.",
    variables={"region": "eu", "token": "s3cret"},
    steps=(
        PlanStep(
            name="extract", step_type="extract-rds", max_retries=1, timeout_seconds=90,
            operation=Extract(connection="nyc", database="air", query="SELECT *\nFROM flights", output=ROWS, splits=4),
        ),
        PlanStep(
            name="copy", step_type="extract-local", phase="bootstrap",
            operation=CopyDataset(source="/data/*.tsv", output=DatasetRef("copy", "copy"), format="tsv"),
        ),
        PlanStep(
            name="load", step_type="create-load", description="Into staging.", parent="all",
            operation=LoadTable(inputs=(ROWS,), table=STAGING, definition=DEFINITION),
            depends_on=(Dependency("extract", "input", "extract"), Dependency("copy", "depends_on")),
        ),
        PlanStep(
            name="upsert", step_type="upsert",
            operation=RunSql(
                statements=(SqlStatement(text="DELETE FROM prod.flights", purpose="delete replaced rows"),),
                after_commit=(SqlStatement(text="ANALYZE prod.flights;", purpose="statistics"),),
                table=PROD, reads=(STAGING,), writes=(PROD,),
            ),
            depends_on=(Dependency("load", "table", "staging.flights"),),
        ),
        PlanStep(
            name="unload", step_type="unload",
            operation=Unload(query="SELECT 1", output=DatasetRef("unload", "n")),
        ),
        PlanStep(
            name="script", step_type="transform",
            operation=RunCommand(
                script="/p/s.py", arguments=("--a",), is_check=True, inputs=(StagedInput(dataset=ROWS, variable="I"),)
            ),
        ),
        PlanStep(
            name="key", step_type="primary-key-check",
            operation=Check(comparison=PrimaryKeyComparison(table=PROD, key=("id",))),
        ),
        PlanStep(
            name="count", step_type="count-check",
            operation=Check(
                comparison=CountComparison(
                    source=count("SELECT COUNT(*) FROM s"),
                    destination=Measure(query="SELECT COUNT(*) FROM d"), tolerance=0.5
                ),
                reads=(PROD,),
            ),
        ),
        PlanStep(
            name="columns", step_type="column-check",
            operation=Check(
                comparison=ColumnComparison(
                    source=count("SELECT id FROM s"), destination=Measure(query="SELECT id FROM d"), key_positions=(0,),
                    key=("id",), sample_size=20, tolerance=0,
                )
            ),
        ),
    ),
)  # fmt: skip
BOUND = BoundPlan(
    plan=PLAN,
    run_date="2026-01-01",
    scheduled_start=datetime(2026, 1, 1, 1, tzinfo=UTC),
    scheduled_end=datetime(2026, 1, 2, 1, tzinfo=UTC),
    steps=PLAN.steps[:1],
    variables={"region": "us"},
)


@pytest.fixture
def pipeline(project, monkeypatch):
    """A project with one pipeline that compiles to PLAN."""
    (project.root / "pipelines").mkdir()
    (project.root / "pipelines" / "flights.yaml").write_text("name: flights\nsteps: []\n")
    asked = []
    monkeypatch.setattr(api, "compile_pipeline", lambda *given: asked.append(given) or PLAN)
    monkeypatch.setattr(api, "bind", lambda *given, **more: asked.append(more) or BOUND)
    return asked


def test_the_plan_in_words(dataduct, pipeline, golden):
    outcome = dataduct("plan", "flights")
    assert outcome.exit_code == 0
    golden("cli/plan.txt", outcome.stdout)


def test_every_operation_is_shown_without_its_sql_too():
    told = plain_text(plan_lines(PLAN, sql=False))
    assert "SELECT" not in told
    assert all(f". {step.name}  (" in told for step in PLAN.steps)


def test_one_step_of_the_plan(dataduct, pipeline):
    told = dataduct("plan", "flights", "--step", "upsert").stdout
    assert told.startswith("4. upsert  (upsert)\n")
    assert "5. " not in told
    wrong = dataduct("plan", "flights", "--step", "upsrt")
    assert wrong.exit_code == 2
    assert wrong.stderr == (
        "error[DD952]: pipeline `flights` has no step `upsrt`\n  hint: did you mean `upsert`?\n"
    )


def test_the_plan_of_one_run_date(dataduct, pipeline):
    told = dataduct("plan", "flights", "--run-date", "2026-01-01", "--var", "region=us").stdout
    assert pipeline[-1] == {"run_date": "2026-01-01", "variables": {"region": "us"}}
    assert (
        "run date: 2026-01-01, from 2026-01-01 01:00 to 2026-01-02 01:00 UTC\nvariables: region=us\n" in told
    )


def test_the_plan_document(dataduct, pipeline, monkeypatch, tmp_path):
    monkeypatch.setattr(api, "plan_json", lambda plan: json.dumps({"pipeline": plan.pipeline}))
    assert json.loads(dataduct("plan", "flights", "--json").stdout) == {"pipeline": "flights"}
    written = dataduct("plan", "flights", "-o", "plan.json")
    assert (written.stdout, written.stderr) == ("", "written: plan.json\n")
    assert json.loads((tmp_path / "plan.json").read_text()) == {"pipeline": "flights"}
    assert dataduct("plan", "flights", "--json", "--step", "load").exit_code == 2
    refused = dataduct("plan", "flights", "-o", "no/such/directory/plan.json")
    assert refused.exit_code == 2
    assert (
        refused.stderr
        == "error[DD956]: no/such/directory/plan.json cannot be written: No such file or directory\n"
    )


@pytest.mark.parametrize(
    ("ending", "format"), [("svg", "svg"), ("PNG", "png"), ("mmd", "mermaid"), ("txt", "text")]
)
def test_pictures(dataduct, pipeline, monkeypatch, tmp_path, ending, format):
    monkeypatch.setattr(api, "draw", lambda plan, picture: f"{plan.pipeline} as {picture}".encode())
    assert dataduct("visualize", "flights", "-o", f"f.{ending}").exit_code == 0
    assert (tmp_path / f"f.{ending}").read_text() == f"flights as {format}"


def test_the_tree_goes_to_standard_output(dataduct, pipeline):
    told = dataduct("visualize", "flights").stdout
    assert told.startswith("flights\n")
    assert "upsert" in told


def test_a_picture_of_no_known_format(dataduct, pipeline):
    outcome = dataduct("visualize", "flights", "-o", "flights.jpg")
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("error[DD957]: a picture cannot be written as `flights.jpg`\n  hint: ")


def wrong(severity: str) -> list[Problem]:
    position = Position("pipelines/flights.yaml", 2, 1, 6)
    return [Problem(code="DD104", message="no steps", position=position, severity=severity)]


@pytest.mark.parametrize(
    ("problems", "code", "last"),
    [
        ([], 0, "valid: 1 pipeline file"),
        (wrong("warning"), 0, "1 warning in 1 file; dataduct explain DD104 tells more"),
        (wrong("error"), 2, "1 error in 1 file; dataduct explain DD104 tells more"),
    ],
)
def test_validate(dataduct, pipeline, monkeypatch, problems, code, last):
    seen = []
    monkeypatch.setattr(api, "validate", lambda _, paths: seen.extend(paths) or problems)
    outcome = dataduct("validate", "flights")
    assert (outcome.exit_code, outcome.stderr, outcome.stdout.splitlines()[-1]) == (code, "", last)
    assert seen == [Path("pipelines/flights.yaml")]


def test_validate_a_directory(dataduct, pipeline, monkeypatch, project):
    (project.root / "pipelines" / "airports.yml").touch()
    (project.root / "pipelines" / "notes.txt").touch()
    seen = []
    monkeypatch.setattr(api, "validate", lambda _, paths: seen.extend(paths) or [])
    assert dataduct("validate", "pipelines").stdout == "valid: 2 pipeline files\n"
    assert seen == [Path("pipelines/airports.yml"), Path("pipelines/flights.yaml")]


def test_validate_as_a_document_holds_the_settings_problems_too(dataduct, pipeline, monkeypatch, project):
    project.warnings = tuple(wrong("warning"))
    monkeypatch.setattr(api, "validate", lambda *_: wrong("error"))
    document = json.loads(dataduct("validate", "flights", "--format", "json").stdout)
    assert [problem["severity"] for problem in document["problems"]] == ["warning", "error"]

    def fail(*_, **__):
        raise ProblemsError(wrong("error"))

    monkeypatch.setattr(api, "open_project", fail)
    outcome = dataduct("validate", "flights", "--format", "json")
    assert outcome.exit_code == 2
    assert len(json.loads(outcome.stdout)["problems"]) == 1


class SampleProperties(StepProperties):
    """What it takes."""

    table: str = Field(description="Table to read.")
    mode: str = Field("fast", description="How.")


class Sample(Step[SampleProperties]):
    """A step type of the tests."""

    step_type: ClassVar[str] = "sample"
    aliases: ClassVar[tuple[str, ...]] = ("example",)
    summary: ClassVar[str] = "Read a sample."
    documentation: ClassVar[str] = "Reads.\n\n```yaml\nsteps: []\n```"
    properties = SampleProperties

    @classmethod
    def lower(cls, properties, context):
        raise NotImplementedError


@pytest.fixture
def sample_type(monkeypatch):
    def step_type(name, project=None):
        if name != "sample":
            raise UserError(f"unknown step type `{name}`", code="DD602", hint="did you mean `sample`?")
        return Sample

    monkeypatch.setattr(api, "step_types", lambda: [Sample])
    monkeypatch.setattr(api, "step_type", step_type)


def test_step_types(dataduct, sample_type):
    assert (
        dataduct("steps").stdout
        == "STEP TYPE  ALSO CALLED  WHAT IT DOES\nsample     example      Read a sample.\n"
    )
    assert dataduct("steps", "smaple").stderr.endswith("hint: did you mean `sample`?\n")


def test_one_step_type(dataduct, sample_type):
    told = dataduct("steps", "sample").stdout
    assert told.startswith(
        "sample  (also example)\nRead a sample.\n\nReads.\n\n```yaml\nsteps: []\n```\n\nproperties\n"
    )
    assert (
        '  table  text  required\n      Table to read.\n  mode  text  default: "fast"\n      How.\n' in told
    )
    assert told.index("properties of every step") < told.index("  depends_on  ")


def test_step_types_as_documents(dataduct, sample_type):
    (listed,) = json.loads(dataduct("steps", "--json").stdout)
    assert listed == json.loads(dataduct("steps", "sample", "--json").stdout)
    assert listed["properties"]["properties"]["table"]["description"] == "Table to read."


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "string"}, "text"),
        ({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}, "text, or list of text"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "whole number"),
        ({"enum": ["a", "b"]}, "one of a, b"),
        ({"type": "boolean"}, "true or false"),
        ({"type": "object"}, "mapping"),
        ({"type": "array"}, "list"),
        ({}, "anything"),
    ],
)  # fmt: skip
def test_types_in_words(schema, told):
    assert type_text(schema) == told


def test_schemas(dataduct, monkeypatch, tmp_path):
    monkeypatch.setattr(api, "pipeline_schema", lambda project: {"title": "Pipeline"})
    monkeypatch.setattr(api, "settings_schema", lambda: {"title": "Settings"})
    assert json.loads(dataduct("schema").stdout) == {"title": "Pipeline"}
    assert json.loads(dataduct("schema", "--settings").stdout) == {"title": "Settings"}
    assert dataduct("schema", "-o", "s.json").stdout == ""
    assert json.loads((tmp_path / "s.json").read_text()) == {"title": "Pipeline"}


@pytest.mark.parametrize("code", ["DD953", "dd953", "[DD953]"])
def test_explain(dataduct, code, golden):
    golden("cli/explain.txt", dataduct("explain", code).stdout)


def test_explain_lists_every_code(dataduct):
    from dataduct.codes import catalogue

    listed = [text.split()[0] for text in dataduct("explain").stdout.splitlines()]
    assert listed == ["CODE", *catalogue()]


def test_explain_an_unknown_code(dataduct):
    outcome = dataduct("explain", "DD9530")
    assert outcome.exit_code == 2
    assert outcome.stderr == "error[DD954]: there is no error code `DD9530`\n  hint: did you mean `DD953`?\n"


FILES = [
    ".gitignore", "README.md", "data/school.sqlite", "dataduct.yml", "pipelines/courses.yaml",
    "tables/prod.courses.sql", "tables/staging.courses.sql",
]  # fmt: skip


def files_in(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


def test_init_writes_a_project(dataduct, tmp_path):
    outcome = dataduct("init", "school")
    assert outcome.exit_code == 0
    assert files_in(tmp_path / "school") == FILES
    assert sorted(text.removeprefix("written: school/") for text in outcome.stdout.splitlines()[:7]) == FILES
    assert outcome.stdout.endswith("next:\n  cd school\n  dataduct plan courses\n  dataduct run courses\n")
    with closing(sqlite3.connect(tmp_path / "school" / "data" / "school.sqlite")) as connection:
        assert connection.execute("SELECT COUNT(*), COUNT(DISTINCT slug) FROM courses").fetchone() == (40, 40)


def test_init_writes_into_the_working_directory_by_default(dataduct, tmp_path):
    assert "cd " not in dataduct("init").stdout
    assert files_in(tmp_path) == FILES


def test_init_never_writes_over_a_file(dataduct, tmp_path):
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "prod.courses.sql").symlink_to("nowhere")
    outcome = dataduct("init")
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert outcome.stderr == (
        "error[DD953]: 2 of the files to write exist; nothing was written\n"
        "  README.md\n  tables/prod.courses.sql\n"
        "  hint: give another directory: dataduct init DIRECTORY\n"
    )
    assert files_in(tmp_path) == ["README.md"]
    assert (tmp_path / "README.md").read_text() == "mine"


def test_init_where_nothing_can_be_written(dataduct, tmp_path):
    (tmp_path / "school").write_text("a file")
    outcome = dataduct("init", "school/below")
    assert outcome.exit_code == 1
    assert outcome.stderr.startswith("error[DD956]: ")
    assert "Traceback" not in outcome.stderr
