"""Reading YAML into a tree that keeps the position of every value."""

from pathlib import Path

from dataduct.definition.files import read_text
from dataduct.definition.lines import Lines
from dataduct.definition.syntax import colon_problem, missing_space
from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode
from dataduct.definition.tree_builder import TreeBuilder
from dataduct.errors import ProblemsError
from dataduct.model.position import Position
from dataduct.model.problem import Problem


def read_yaml(path: str | Path) -> tuple[MappingNode, str]:
    """Return the tree and the text of the YAML file at `path`.

    Raises:
        ProblemsError: The file cannot be read (DD101 to DD104) or is no YAML mapping.
    """
    text = read_text(path)
    return parse_yaml(text, str(path)), text


def parse_yaml(text: str, file: str) -> MappingNode:
    """Return the tree of a YAML text, whose top level is a mapping. `file` names it in positions.

    Raises:
        ProblemsError: Everything wrong up to the first syntax error (DD104 to DD122).
    """
    lines = Lines(text.removeprefix("\ufeff"), file)
    builder = TreeBuilder(lines)
    builder.build()
    if builder.problems:
        raise ProblemsError(sorted(dict.fromkeys(builder.problems), key=_place))
    root = builder.root
    if not isinstance(root, MappingNode):
        raise ProblemsError([_not_a_mapping(root, lines)])
    return root


def _place(problem: Problem) -> Position:
    return problem.position or Position("")


def _not_a_mapping(root: Node | None, lines: Lines) -> Problem:
    if root is None or (isinstance(root, ScalarNode) and root.value is None and not root.quoted):
        return Problem(
            code="DD105",
            message="the file is empty",
            position=Position(lines.file, 1, 1, 2),
            expected="`key: value` lines",
            hint="write at least one key and its value",
        )
    if isinstance(root, ScalarNode):
        content = lines.content(root.position.line)
        colon = missing_space(content)
        if colon is not None:
            return colon_problem(Position(lines.file, root.position.line, colon + 1, colon + 2))
    kind = "a list" if isinstance(root, SequenceNode) else "a single value"
    return Problem(
        code="DD106",
        message=f"the file holds {kind}, not a mapping",
        position=root.position,
        expected="`key: value` lines at the top level",
        hint="put a key such as `steps:` above the list" if isinstance(root, SequenceNode) else None,
    )
