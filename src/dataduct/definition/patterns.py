"""Patterns: sequences of steps in YAML files of their own, which pipelines use as step types."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from dataduct.definition.files import read_text
from dataduct.definition.parameters import Declaration, Parameter, parse_parameters
from dataduct.definition.properties import validate
from dataduct.definition.tree import MappingNode, SequenceNode, is_null
from dataduct.definition.yaml import parse_yaml
from dataduct.errors import ProblemsError
from dataduct.model.paths import path_below
from dataduct.model.position import Position
from dataduct.model.problem import Problem

_EXTENSIONS: Final = (".yaml", ".yml")


class PatternHeader(BaseModel):
    """The keys of a pattern file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    description: str | None = Field(None, description="What the pattern does, in your words.")
    parameters: dict[str, Declaration] | None = Field(
        None, description="What a use of the pattern says, by name. Steps read them as `{{ param.name }}`."
    )
    steps: list[Any] = Field(description="The steps, as in a pipeline. Their names are the pattern's own.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A pattern as its file says it.

    Attributes:
        name: The file's name without its ending: what pipelines write as `step_type`.
        file: Path of the file as messages name it.
        steps: The entries of its `steps`, placeholders unfilled; empty if the file cannot be read.
        problems: Everything wrong with the file itself.
    """

    name: str
    file: str
    description: str | None = None
    parameters: dict[str, Parameter] = field(default_factory=dict)
    steps: SequenceNode = field(default_factory=lambda: SequenceNode((), Position("")))
    problems: tuple[Problem, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether the file has no errors."""
        return not any(problem.severity == "error" for problem in self.problems)


class PatternCatalog:
    """The patterns of a project: every `*.yaml` and `*.yml` file in its directories, read when it is asked for.

    Args:
        directories: Where patterns are; those that do not exist hold none.
        root: Directory that file names in messages are relative to.
    """

    def __init__(self, directories: Sequence[Path] = (), root: Path | None = None) -> None:
        self._directories = tuple(directories)
        self._root = root
        self._files: dict[str, list[Path]] | None = None
        self._read: dict[str, Pattern] = {}

    def names(self) -> tuple[str, ...]:
        """Return the names of the patterns, sorted."""
        return tuple(sorted(self._by_name()))

    def find(self, name: str) -> Pattern | None:
        """Return the pattern called `name`, or None. What is wrong with its file stands in `Pattern.problems`."""
        files = self._by_name().get(name)
        if files is None:
            return None
        if name not in self._read:
            self._read[name] = self._pattern(name, files)
        return self._read[name]

    def __iter__(self) -> Iterator[Pattern]:
        return (found for found in map(self.find, self.names()) if found is not None)

    def _by_name(self) -> dict[str, list[Path]]:
        if self._files is None:
            self._files = {}
            for directory in self._directories:
                for path in _files_in(directory):
                    self._files.setdefault(path.stem, []).append(path)
        return self._files

    def _pattern(self, name: str, files: Sequence[Path]) -> Pattern:
        pattern = load_pattern(files[0], self._shown(files[0]))
        if len(files) == 1:
            return pattern
        both = " and ".join(f"`{self._shown(path)}`" for path in files)
        problem = Problem(
            code="DD533",
            message=f"the pattern `{name}` stands in {both}",
            position=Position(self._shown(files[1])),
            expected="one file for each pattern",
            hint="rename one of the files",
        )
        return Pattern(name=name, file=pattern.file, problems=(problem,))

    def _shown(self, path: Path) -> str:
        return path_below(path, self._root)


def _files_in(directory: Path) -> list[Path]:
    try:
        entries = sorted(directory.iterdir())
    except OSError:
        return []
    return [path for path in entries if path.suffix.lower() in _EXTENSIONS and path.is_file()]


def load_pattern(path: Path, shown: str) -> Pattern:
    """Return the pattern in the file at `path`, which messages call `shown`, with every problem of the file."""
    try:
        text = read_text(path)
    except ProblemsError as error:
        return Pattern(name=path.stem, file=shown, problems=error.problems)
    return parse_pattern(text, path.stem, shown)


def parse_pattern(text: str, name: str, file: str) -> Pattern:
    """Return the pattern that the text of a pattern file says, with every problem of it."""
    try:
        tree = parse_yaml(text, file)
    except ProblemsError as error:
        return Pattern(name=name, file=file, problems=error.problems)
    problems: list[Problem] = []
    parameters = parse_parameters(tree.entries.get("parameters"), problems)
    entries = {key: value for key, value in tree.entries.items() if key not in ("parameters", "steps")}
    entries["steps"] = SequenceNode((), tree.position)
    header, found = validate(
        PatternHeader, MappingNode(entries, tree.position, tree.keys), owner=f"pattern `{name}`"
    )
    problems += found
    steps = _steps(tree, name, problems)
    ordered = sorted(problems, key=lambda problem: problem.position or tree.position)
    return Pattern(
        name=name,
        file=file,
        description=header.description if isinstance(header, PatternHeader) else None,
        parameters=parameters,
        steps=steps,
        problems=tuple(ordered),
    )


def _steps(tree: MappingNode, name: str, problems: list[Problem]) -> SequenceNode:
    node = tree.entries.get("steps")
    if isinstance(node, SequenceNode) and node.items:
        return node
    empty = node is None or is_null(node)
    without = f"pattern `{name}` has no steps"
    problems.append(
        Problem(
            code="DD520",
            message=without if empty or isinstance(node, SequenceNode) else "`steps` must be a list of steps",
            position=tree.position if node is None else node.position,
            expected="`steps:`, and below it a list of steps",
            hint="begin each step with `- step_type: ...`",
        )
    )
    return SequenceNode((), tree.position)
