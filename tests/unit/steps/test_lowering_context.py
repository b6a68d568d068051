"""How a step finds the files and connections that its properties name."""

from pathlib import Path

import pytest

from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.steps.base import LoweringContext


@pytest.fixture
def context(project: Path) -> LoweringContext:
    return LoweringContext(
        step="step",
        inputs=(),
        dialect="duckdb",
        connections={"school": "sqlite"},
        pipeline_directory=project / "pipelines",
        project_directory=project,
        resource_directories=(project / "resources",),
        positions={"path": Position("pipeline.yaml", 7, 11)},
        position=Position("pipeline.yaml", 5, 5),
        problems=[],
        pipeline="courses",
    )


def test_a_path_is_looked_up_beside_the_pipeline_then_in_the_project_then_in_the_resources(
    context: LoweringContext, project: Path
) -> None:
    for directory in ("resources", ".", "pipelines"):
        path = project / directory / "data" / "found.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1\n")
        assert context.file("data/found.tsv", of="path") == path.resolve()
    assert context.problems == []


def test_an_absolute_path_is_itself(context: LoweringContext, project: Path) -> None:
    path = project / "data" / "courses.tsv"
    assert context.file(str(path), of="path") == path


def test_a_missing_file_is_reported_with_the_places_and_the_nearest_name(
    context: LoweringContext, project: Path
) -> None:
    assert context.file("data/course.tsv", of="path") is None
    assert context.problems == [
        Problem(
            code="DD205",
            message="`data/course.tsv` does not exist",
            position=Position("pipeline.yaml", 7, 11),
            expected="a file in `pipelines/data` or `data` or `resources/data`",
            hint="did you mean `data/courses.tsv`?",
        )
    ]


def test_a_property_that_is_not_written_stands_where_the_step_does(context: LoweringContext) -> None:
    context.file("nothing", of="script")
    assert context.problems[0].position == Position("pipeline.yaml", 5, 5)


def test_a_uri_is_no_path(context: LoweringContext) -> None:
    assert context.file("s3://bucket/key", of="path") is None
    assert context.problems[0].code == "DD208"
    assert context.problems[0].message == "`path` takes a path on this machine, not `s3://bucket/key`"


def test_the_path_of_a_file_read_while_compiling_holds_no_template(context: LoweringContext) -> None:
    assert context.text("sql/{{ run_date }}.sql", of="path") is None
    assert context.problems[0].code == "DD207"


@pytest.mark.parametrize(
    "path", ["data/*.tsv", "data/{{ run_date }}.tsv", "data/#{@scheduledStartTime}/courses.tsv", "*.sql"]
)
def test_a_location_with_a_wildcard_or_template_needs_its_directory_only(
    path: str, context: LoweringContext, project: Path
) -> None:
    (project / "pipelines").mkdir()
    directory = project / "pipelines" if path == "*.sql" else project
    assert context.location(path, of="path") == f"{directory}/{path}"
    assert context.problems == []


def test_a_location_in_no_directory_is_reported(context: LoweringContext) -> None:
    assert context.location("nowhere/*.tsv", of="path") is None
    assert context.problems[0].message == "`nowhere/` does not exist"


def test_a_text_with_templates_is_remembered_with_its_file(context: LoweringContext, project: Path) -> None:
    text = context.text("sql/tidy_courses.sql", of="path")
    assert text == (project / "sql" / "tidy_courses.sql").read_text()
    assert [(source.text, source.position) for source in context.templates] == [
        (text, Position("sql/tidy_courses.sql"))
    ]


def test_a_text_without_templates_is_not(context: LoweringContext) -> None:
    assert context.text("sql/courses.sql", of="path")
    assert context.templates == []


def test_a_directory_and_bytes_that_are_not_utf8_are_no_text(context: LoweringContext, project: Path) -> None:
    (project / "sql" / "latin1.sql").write_bytes(b"SELECT '\xe9'")
    assert context.text("sql", of="path") is None
    assert context.text("sql/latin1.sql", of="path") is None
    directory, latin1 = context.problems
    assert directory.position == Position("pipeline.yaml", 7, 11)
    assert "is a directory" in directory.message
    assert "is not UTF-8" in latin1.message
    assert latin1.position is not None
    assert latin1.position.line == 1


def test_a_table_definition_s_problems_stand_in_its_file(context: LoweringContext, project: Path) -> None:
    (project / "tables" / "wrong.sql").write_text("CREATE TABLE t (\n    id INTEGR\n);\n")
    assert context.table_definition("tables/wrong.sql", of="path") is None
    position = context.problems[0].position
    assert position is not None
    assert (position.file, position.line) == ("tables/wrong.sql", 2)


def test_a_table_definition_knows_its_file_within_the_project(context: LoweringContext) -> None:
    definition = context.table_definition("tables/prod.courses.sql", of="path")
    assert definition is not None
    assert definition.source == "tables/prod.courses.sql"
    assert str(definition.name) == "prod.courses"


def test_an_unknown_connection_is_reported_with_the_nearest(context: LoweringContext) -> None:
    assert context.connection("school", of="path") == "sqlite"
    assert context.connection("schol", of="path") is None
    assert context.problems == [
        Problem(
            code="DD601",
            message="no connection is called `schol`",
            position=Position("pipeline.yaml", 7, 11),
            expected="one of `school`",
            hint="did you mean `school`?",
        )
    ]


def test_a_warning_is_a_problem_that_does_not_stop(context: LoweringContext) -> None:
    context.report("DD209", "no effect", severity="warning")
    assert context.problems[0].severity == "warning"
