"""Broken files and what is said about them: each input in tests/golden/definition has its problems beside it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import yaml

from dataduct.codes import catalogue
from dataduct.definition import tree_builder
from dataduct.definition.lines import Lines
from dataduct.definition.loader import parse_pipeline
from dataduct.definition.templates import check
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.model.template import TemplateSource

DIRECTORY = Path(__file__).parents[2] / "golden" / "definition"
INPUTS = sorted(path for path in DIRECTORY.iterdir() if path.suffix in (".yaml", ".template"))


def drawn(problems: Sequence[Problem], lines: Lines) -> str:
    entries = []
    for problem in problems:
        position = problem.position
        assert position is not None
        entry = [f"{problem.code} {problem.severity} {position}", f"    {problem.message}"]
        content = lines.content(position.line)
        if content.isprintable():
            entry += [f"    | {content}", f"    | {' ' * (position.column - 1)}{'^' * position.width}"]
        entry += [f"    expected: {problem.expected}"] if problem.expected else []
        entry += [f"    hint: {problem.hint}"] if problem.hint else []
        entries.append("\n".join(entry) + "\n")
    return "\n".join(entries)


def problems_of(path: Path) -> list[Problem]:
    text = path.read_bytes().decode()
    if path.suffix == ".yaml":
        return parse_pipeline(text, path.name)[1]
    return check(TemplateSource(text, Position(path.name)), {"region", "day"})


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.name)
def test_a_broken_file_gives_the_problems_written_beside_it(
    path: Path, golden: Callable[[str, str], None]
) -> None:
    problems = problems_of(path)
    assert problems
    text = path.read_bytes().decode()
    golden(f"definition/{path.stem}.txt", drawn(problems, Lines(text, path.name)))


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.name)
def test_every_problem_has_an_entry_in_the_catalogue(path: Path) -> None:
    known = catalogue()
    assert all(problem.code in known for problem in problems_of(path))


@pytest.mark.parametrize(
    "path", [path for path in INPUTS if path.suffix == ".yaml"], ids=lambda path: path.name
)
def test_the_problems_are_the_same_without_libyaml(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_libyaml = problems_of(path)
    monkeypatch.setattr(tree_builder, "_LOADER", yaml.SafeLoader)
    assert [(problem.code, problem.position) for problem in problems_of(path)] == [
        (problem.code, problem.position) for problem in with_libyaml
    ]
