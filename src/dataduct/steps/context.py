"""What a step sees of its surroundings while it lowers: its inputs, the files it names, the connections."""

import glob
import os.path
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from dataduct.definition.files import read_text
from dataduct.definition.templates import has_template
from dataduct.errors import ProblemsError
from dataduct.model.dataset import DatasetRef
from dataduct.model.nearest import did_you_mean, nearest_name
from dataduct.model.paths import path_below
from dataduct.model.position import Position
from dataduct.model.problem import Problem, Severity, report
from dataduct.model.table import TableDefinition
from dataduct.model.template import TemplateSource

_NAMES_COMPARED = 2_000
_BASE_PATH = "{S3_BASE_PATH}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSettings:
    """What the project's settings say that steps need while they lower.

    Attributes:
        s3_base_path: What `{S3_BASE_PATH}` stands for.
        name_prefix: Put before the names of pipelines.
        dependency_override: Whether steps that wait for other pipelines do not wait.
        check_log_path: Path in the storage below which checks log their results.
    """

    s3_base_path: str = ""
    name_prefix: str = ""
    dependency_override: bool = False
    check_log_path: str = "qa"


@dataclass(frozen=True, slots=True)
class LoweringContext:
    """What a step sees of its surroundings while it lowers. Problems go into `problems`; None means there are some.

    Attributes:
        step: Final name of the step.
        inputs: Datasets given to the step, each with the subdirectory asked for.
        dialect: Key of `dataduct.sql.dialect.DIALECTS` of the configured warehouse.
        connections: Alias → type of every configured connection.
        pipeline_directory: Directory of the pipeline file; relative paths are looked up there, then in
            `project_directory`, then in `resource_directories`.
        positions: Where each property's value stands, by property name.
        position: Where the step stands.
        templates: Filled by `text`: every file read whose text holds templates, so that errors name its lines.
        pipeline: Name of the pipeline, or an empty text if it is not known.
        settings: What the project's settings say.
        definitions: Table definitions read so far, or what is wrong with them, by path: each is parsed once.
    """

    step: str
    inputs: tuple[tuple[DatasetRef, str | None], ...]
    dialect: str
    connections: Mapping[str, str]
    pipeline_directory: Path
    project_directory: Path
    resource_directories: tuple[Path, ...]
    positions: Mapping[str, Position]
    position: Position
    problems: list[Problem]
    templates: list[TemplateSource] = field(default_factory=list)
    pipeline: str = ""
    settings: StepSettings = field(default_factory=StepSettings)
    definitions: dict[str, TableDefinition | ProblemsError] = field(default_factory=dict)

    def position_of(self, name: str) -> Position:
        """Return where property `name` stands, or the step if it is not written."""
        return self.positions.get(name, self.position)

    def report(
        self,
        code: str,
        message: str,
        *,
        of: str | None = None,
        expected: str | None = None,
        hint: str | None = None,
        severity: Severity = "error",
    ) -> None:
        """Add a problem with property `of` (or with the step as a whole)."""
        position = self.position_of(of) if of else self.position
        report(self.problems, code, message, position, expected=expected, hint=hint, severity=severity)

    def relay(self, error: ProblemsError, *, of: str) -> None:
        """Add the problems of `error`; those that name no file stand at property `of`."""
        self.problems.extend(
            problem if problem.position else replace(problem, position=self.position_of(of))
            for problem in error.problems
        )

    @property
    def test_name(self) -> str:
        """The name that scripts of checks are given: `pipeline.step`."""
        return f"{self.pipeline}.{self.step}" if self.pipeline else self.step

    @property
    def directories(self) -> tuple[Path, ...]:
        """The directories in which a relative path is looked up, in order."""
        candidates = (self.pipeline_directory, self.project_directory, *self.resource_directories)
        return tuple(dict.fromkeys(candidates))

    def with_base_path(self, text: str, *, of: str) -> str:
        """Return `text` with the settings' base path for each `{S3_BASE_PATH}`; warn if they have none (DD260)."""
        if _BASE_PATH not in text:
            return text
        base = self.settings.s3_base_path
        if not base:
            self.report(
                "DD260",
                f"`{_BASE_PATH}` stands for nothing: the settings have no base path",
                of=of,
                hint="set `s3_base_path` under `aws:`, or `S3_BASE_PATH` under `etl:`",
                severity="warning",
            )
        return text.replace(_BASE_PATH, base)

    def location(self, path: str, *, of: str) -> str | None:
        """Return the absolute path that `path` names: a file, a directory, a glob, or a text with templates.

        A glob or a template need not match anything yet: the directories before its first wildcard or template
        must exist. DD205 reports a path that is in none of the places looked at.
        """
        fixed = _fixed_part(path)
        if fixed == path or "://" in path:
            found = self.file(path, of=of)
            return str(found) if found else None
        for candidate in self._candidates(fixed):
            if candidate.is_dir():
                return str(candidate / path[len(fixed) :].lstrip("/"))
        self._report_missing(fixed or path, of=of)
        return None

    def file(self, path: str, *, of: str) -> Path | None:
        """Return the existing file or directory that `path` names; report DD205 with the places looked at if none."""
        if "://" in path:
            self.report(
                "DD208",
                f"`{of}` takes a path on this machine, not `{path}`",
                of=of,
                expected="a path relative to the pipeline file or to the project",
            )
            return None
        if has_template(path):
            self.report(
                "DD207",
                f"`{of}` holds a template, and the file is read when the pipeline is compiled",
                of=of,
                expected="a path without templates",
            )
            return None
        for candidate in self._candidates(path):
            if candidate.exists():
                return candidate
        self._report_missing(path, of=of)
        return None

    def source(self, path: str, *, of: str) -> TemplateSource | None:
        """Return the text of the file `path` names, with its place; report one that is missing or unreadable."""
        found = self.file(path, of=of)
        text = self._read(found, of=of) if found else None
        if found is None or text is None:
            return None
        source = TemplateSource(text, Position(self.shown(found)))
        if has_template(text):
            self.templates.append(source)
        return source

    def text(self, path: str, *, of: str) -> str | None:
        """Return the text of the file `path` names; report a missing, unreadable or non-UTF-8 one."""
        source = self.source(path, of=of)
        return source.text if source else None

    def table_definition(self, path: str, *, of: str) -> TableDefinition | None:
        """Return the definition in the file that `path` names; report what is wrong, with positions in that file."""
        definition = self.definitions.get(path)
        if definition is None:
            found = self.file(path, of=of)
            text = self._read(found, of=of) if found else None
            if found is None or text is None:
                return None
            definition = self.definitions[path] = _parsed(text, self.shown(found))
        if isinstance(definition, ProblemsError):
            self.problems.extend(definition.problems)
            return None
        return definition

    def connection(self, alias: str, *, of: str) -> str | None:
        """Return the type of connection `alias`; report DD601 with the nearest alias if there is none."""
        if alias in self.connections:
            return self.connections[alias]
        known = sorted(self.connections)
        self.report(
            "DD601",
            f"no connection is called `{alias}`",
            of=of,
            expected=f"one of {', '.join(f'`{name}`' for name in known)}" if known else None,
            hint=did_you_mean(alias, known) or "connections are declared in the settings file",
        )
        return None

    def shown(self, path: Path) -> str:
        """Return `path` as messages and plans show it: relative to the project where it lies in it."""
        return path_below(path, self.project_directory)

    def _candidates(self, path: str) -> Iterator[Path]:
        for directory in self.directories:
            yield Path(os.path.normpath(directory.absolute() / Path(path).expanduser()))

    def _read(self, found: Path, *, of: str) -> str | None:
        try:
            return read_text(found)
        except ProblemsError as error:
            self.relay(error, of=of)
            return None

    def _report_missing(self, path: str, *, of: str) -> None:
        link = next((place for place in self._candidates(path) if place.is_symlink()), None)
        if link is not None:
            self.report(
                "DD205",
                f"`{path}` is a link that leads nowhere",
                of=of,
                expected="a link to something that exists",
                hint=f"it leads to `{link.readlink()}`",
            )
            return
        parents = dict.fromkeys(place.parent for place in self._candidates(path))
        places = [f"`{self.shown(directory)}`" for directory in parents]
        self.report(
            "DD205",
            f"`{path}` does not exist",
            of=of,
            expected=f"a {'directory' if path.endswith('/') else 'file'} in {' or '.join(places)}",
            hint=self._nearest_file(path),
        )

    def _nearest_file(self, path: str) -> str | None:
        wanted = Path(path)
        for candidate in self._candidates(path):
            try:
                names = [entry.name for entry in islice(candidate.parent.iterdir(), _NAMES_COMPARED)]
            except OSError:
                continue
            nearest = nearest_name(wanted.name, names)
            if nearest:
                return f"did you mean `{wanted.with_name(nearest)}`?"
        return None


def _parsed(text: str, shown: str) -> TableDefinition | ProblemsError:
    from dataduct.sql.table_definition import parse_table_definition

    try:
        return parse_table_definition(text, shown)
    except ProblemsError as error:
        return error


def _fixed_part(path: str) -> str:
    """Return the directories of `path` before its first wildcard or template; all of it if there is none."""
    fixed: list[str] = []
    for part in path.split("/"):
        if glob.has_magic(part) or "{" in part:
            return "/".join(fixed) + ("/" if fixed else "")
        fixed.append(part)
    return path
