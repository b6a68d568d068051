"""The step types that a Python file defines, read off its text: nothing of it runs."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from dataduct.errors import ProblemsError
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.steps.base import step_type_of_class
from dataduct.steps.custom_diagnosis import diagnose_text, read_source
from dataduct.steps.original_classes import ORIGINAL_CLASSES


@dataclass(frozen=True, slots=True)
class StepClass:
    """A class that is a step type, as far as the text tells.

    Attributes:
        names: The step type and its aliases.
        file: The file, absolute.
        position: Where the class is defined, as messages show it.
    """

    names: tuple[str, ...]
    class_name: str
    file: Path
    position: Position


@dataclass(frozen=True, slots=True)
class ScannedFile:
    """A Python file of a directory of step types.

    Attributes:
        problems: What keeps it from being read as Python; empty for a good one.
        mentions: Names of step types that the text of a bad one speaks of.
    """

    shown: str
    classes: tuple[StepClass, ...] = ()
    problems: tuple[Problem, ...] = ()
    mentions: frozenset[str] = frozenset()


def scan(file: Path, shown: str) -> ScannedFile:
    """Return the step types that `file` defines, without running it.

    A class is a step type if it has a `step_type` written as a text, or derives from `Step`, from a class of the
    original, or from another such class of the file, and its name does not begin with an underscore.
    """
    try:
        text = read_source(file, shown)
    except ProblemsError as error:
        return ScannedFile(shown, problems=error.problems, mentions=frozenset({_of_stem(file)}))
    try:
        tree = ast.parse(text, shown)
    except (SyntaxError, ValueError, RecursionError):
        return ScannedFile(shown, problems=tuple(diagnose_text(text, shown)), mentions=_mentioned(text, file))
    bases = {"Step", "ETLStep", *ORIGINAL_CLASSES}
    found = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            constants = _constants(node)
            derives = bool({_last_name(base) for base in node.bases} & bases)
            if derives:
                bases.add(node.name)
            name = constants.get("step_type", ())
            if name or (derives and not node.name.startswith("_") and not _unreadable(node)):
                names = (*(name or (step_type_of_class(node.name),)), *constants.get("aliases", ()))
                position = Position(shown, node.lineno, node.col_offset + 1, _end_of_name(node))
                found.append(StepClass(names, node.name, file, position))
    return ScannedFile(shown, classes=tuple(found))


def _constants(node: ast.ClassDef) -> dict[str, tuple[str, ...]]:
    """Return the texts that `step_type` and `aliases` are set to in the class's body."""
    found = {}
    for name, value in _assignments(node):
        values = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
        texts = tuple(
            each.value for each in values if isinstance(each, ast.Constant) and isinstance(each.value, str)
        )
        if name in ("step_type", "aliases") and texts:
            found[name] = texts
    return found


def _unreadable(node: ast.ClassDef) -> bool:
    """Whether `step_type` is set to something that only running the class tells."""
    return any(name == "step_type" for name, _ in _assignments(node))


def _assignments(node: ast.ClassDef) -> list[tuple[str, ast.expr]]:
    found = []
    for statement in node.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets = [statement.target]
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            found += [(each.id, statement.value) for each in targets if isinstance(each, ast.Name)]
    return found


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        return _last_name(node.value)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _end_of_name(node: ast.ClassDef) -> int:
    return node.col_offset + len("class ") + len(node.name) + 1


def _of_stem(file: Path) -> str:
    return file.stem.replace("_", "-")


def _mentioned(text: str, file: Path) -> frozenset[str]:
    written = re.findall(r"^\s+step_type\s*(?::[^=\n]*)?=\s*[\"']([^\"'\n]+)[\"']", text, re.MULTILINE)
    classes = re.findall(r"^class\s+(\w+)", text, re.MULTILINE)
    return frozenset({_of_stem(file), *written, *map(step_type_of_class, classes)})
