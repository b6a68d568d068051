"""Problems as drawn: the line, the caret under the right columns, what was expected, and the count."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataduct.cli.problems import problem_document, problem_lines
from dataduct.cli.text import display_width, plain_text
from dataduct.model.position import Position
from dataduct.model.problem import Problem

FLIGHTS = """\
name: flights
frequency: dayly
steps:
  - step_type: count-check
    source_host: nyc
    tolerence: 2
\ttabbed: "\u822a\u7a7a\u4f1a\u793e" # wide
    message: "e\u0301te\u0301 \u2014 caf\u00e9" oops
"""


@pytest.fixture
def flights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("pipelines").mkdir()
    Path("pipelines/flights.yaml").write_text(FLIGHTS, encoding="utf-8")
    return "pipelines/flights.yaml"


def problem(position: Position | None, message: str = "it is wrong", **more: str) -> Problem:
    return Problem(**{"code": "DD201", "message": message, "position": position, **more})


def drawn(*problems: Problem, width: int = 100) -> str:
    return plain_text(problem_lines(problems, width=width))


def caret(text: str) -> tuple[str, str]:
    """The source line and the caret line of the only problem drawn."""
    _, _, _, source, carets, *_ = text.splitlines()
    return source.partition("| ")[2], carets.partition("| ")[2]


def test_all_problems_of_a_file(flights, golden):
    golden(
        "cli/problems.txt",
        drawn(
            Problem(
                code="DD201",
                message="unknown property `tolerence` of count-check",
                position=Position(flights, 6, 5, 14),
                expected="one of: depends_on, description, destination_sql, destination_table_definition, "
                "destination_table_name, input_node, name, source_count_sql, source_host, source_sql, tolerance",
                hint="did you mean `tolerance`?",
            ),
            Problem(
                code="DD203",
                message="`dayly` is no frequency",
                position=Position(flights, 2, 12, 17),
                expected="one of: daily, hourly, weekly",
                hint="did you mean `daily`?",
            ),
            Problem(
                code="DD105",
                message="tab in the indentation",
                position=Position(flights, 7, 1, 2),
                severity="warning",
            ),
            Problem(
                code="DD515",
                message="two files name their pipeline `flights`",
                expected="one file for each name",
            ),
        ),
    )


WIDE = '    tabbed: "\u822a\u7a7a\u4f1a\u793e" # wide'
MARKS = '    message: "e\u0301te\u0301 \u2014 caf\u00e9" oops'


@pytest.mark.parametrize(
    ("line", "column", "end_column", "shown", "blanks", "carets"),
    [
        (7, 11, 15, WIDE, 13, 8),
        (7, 19, 23, WIDE, 25, 4),
        (8, 29, 33, MARKS, 26, 4),
        (8, 15, 20, MARKS, 14, 3),
    ],
)
def test_carets_stand_under_wide_characters_tabs_and_marks(
    flights, line, column, end_column, shown, blanks, carets
):
    source, under = caret(drawn(problem(Position(flights, line, column, end_column))))
    assert source == shown
    assert under == " " * blanks + "^" * carets


def test_a_position_without_an_end_marks_one_character(flights):
    assert caret(drawn(problem(Position(flights, 2, 12))))[1] == "           ^"


def test_a_position_behind_the_line_marks_its_end(flights):
    assert caret(drawn(problem(Position(flights, 1, 90, 95)))) == ("name: flights", "             ^")


def test_a_long_line_is_cut_around_the_caret(tmp_path):
    file = tmp_path / "long.yaml"
    file.write_text("a" * 500 + "WRONG" + "b" * 500)
    source, carets = caret(drawn(problem(Position(str(file), 1, 501, 506)), width=60))
    assert source.startswith("…") and source.endswith("…")
    assert len(source) <= 56
    assert source[carets.index("^") : carets.rindex("^") + 1] == "WRONG"


def test_a_long_span_is_cut_too(tmp_path):
    file = tmp_path / "long.yaml"
    file.write_text("x: " + "w" * 900)
    source, carets = caret(drawn(problem(Position(str(file), 1, 4, 904)), width=60))
    assert len(source) <= 56
    assert len(carets) <= 56


@given(
    text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=300),
    column=st.integers(1, 320),
    length=st.integers(1, 50),
    width=st.integers(40, 120),
)
def test_nothing_is_ever_wider_than_asked(text, column, length, width, tmp_path_factory):
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_text(text, encoding="utf-8", newline="")
    shown = drawn(problem(Position(str(file), 1, column, column + length)), width=width)
    _, _, _, source, carets, *_ = shown.splitlines()
    assert display_width(source) <= width
    assert display_width(carets) <= width + 1
    assert "^" in carets


@pytest.mark.parametrize("file", ["missing.yaml", "."])
def test_a_file_that_cannot_be_read_is_named_all_the_same(flights, file):
    assert drawn(problem(Position(file, 3, 1))).startswith(f"error[DD201]: it is wrong\n --> {file}:3:1\n\n")


def test_relative_names_are_looked_up_in_the_project_too(tmp_path, monkeypatch):
    (tmp_path / "p.yaml").write_text("name: x\n")
    monkeypatch.chdir("/")
    shown = plain_text(problem_lines([problem(Position("p.yaml", 1, 1))], base=tmp_path))
    assert "1 | name: x" in shown


def test_bytes_that_are_no_text_and_control_characters_are_replaced(tmp_path):
    file = tmp_path / "odd.yaml"
    file.write_bytes(b"a: \xff\x1b[31mred\n")
    source, carets = caret(drawn(problem(Position(str(file), 1, 6, 9))))
    assert source == "a: \ufffd\ufffd[31mred"
    assert carets == "     ^^^"


@pytest.mark.parametrize(
    ("severities", "told"),
    [
        (["error"], "1 error in 1 file; dataduct explain DD201 tells more"),
        (
            ["error", "error", "warning"],
            "2 errors and 1 warning in 1 file; dataduct explain DD201 tells more",
        ),
        (["warning", "warning"], "2 warnings in 1 file; dataduct explain DD201 tells more"),
    ],
)
def test_the_closing_line_counts(flights, severities, told):
    problems = [problem(Position(flights, 1, n + 1), severity=s) for n, s in enumerate(severities)]
    assert drawn(*problems).splitlines()[-1] == told


def test_no_problems_draw_nothing():
    assert drawn() == ""


def test_as_a_document(flights):
    document = problem_document([problem(Position(flights, 6, 5, 14), hint="did you mean `tolerance`?")])
    assert json.loads(json.dumps(document)) == {
        "problems": [
            {
                "file": flights,
                "line": 6,
                "column": 5,
                "end_column": 14,
                "code": "DD201",
                "severity": "error",
                "message": "it is wrong",
                "expected": None,
                "hint": "did you mean `tolerance`?",
            }
        ]
    }
