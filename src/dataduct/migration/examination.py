"""Looking through a project of the first Dataduct: every file is read as it would be used here."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from dataduct.config.project import Project, open_project
from dataduct.definition.loader import load_pipeline
from dataduct.definition.yaml import read_yaml
from dataduct.errors import DataductError, ProblemsError
from dataduct.migration.difference import Difference
from dataduct.migration.differences import DIFFERENCES
from dataduct.migration.facts import PipelineFacts, SettingsFacts
from dataduct.migration.original_project import OriginalProject, find_original_project
from dataduct.migration.report import AppliedDifference, FileReport, Kind, MigrationReport
from dataduct.migration.tidy_settings import isolated, tidy_settings
from dataduct.model.operations import RunCommand
from dataduct.model.paths import path_below
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.plan.plan import Plan

Compile = Callable[[Project, Path], tuple[str | None, Plan | None, list[Problem]]]
_SECRET_WRITTEN_OUT = "DD616"


def examine(directory: Path, config: Path | None, compile_pipeline: Compile) -> MigrationReport:
    """Return what the project in `directory` comes to; nothing is written.

    Args:
        directory: The project.
        config: Its settings file; by default the one found in it.
        compile_pipeline: Gives a pipeline's name, its plan and its problems.

    Raises:
        UserError: There is no such directory or settings file (DD980).
    """
    return _Examination(find_original_project(directory, config), compile_pipeline).report()


class _Examination:
    def __init__(self, original: OriginalProject, compile_pipeline: Compile) -> None:
        self._original = original
        self._compile = compile_pipeline
        self._settings = SettingsFacts()
        self._scripts: dict[Path, None] = {}

    def report(self) -> MigrationReport:
        original = self._original
        files: list[FileReport] = []
        project, settings_report = self._open()
        if settings_report is not None:
            files.append(settings_report)
        pipelines = [] if project is None else [self._pipeline(project, path) for path in original.pipelines]
        files += pipelines
        files += [self._python(path, "custom step") for path in original.custom_steps]
        files += [self._python(path, "hook") for path in original.hooks]
        files += [self._python(path, "script") for path in self._scripts]
        return MigrationReport(
            directory=str(original.root),
            config=str(original.config) if original.config is not None else None,
            files=tuple(files),
            unread=tuple(map(self._shown, original.pipelines)) if project is None else (),
        )

    def _open(self) -> tuple[Project | None, FileReport | None]:
        """Return the project with the original's settings, and what is to say of them."""
        config, root = self._original.config, self._original.root
        if config is None:
            return _opened(root, None)[0], None
        project, problems = _opened(root, config)
        try:
            self._settings = SettingsFacts(read_yaml(config)[0])
        except ProblemsError as error:
            return None, FileReport(file=self._shown(config), kind="settings", edits=error.problems)
        if project is None:
            project = self._with_substitutes(config)
        applied = tuple(_applied(lambda each: each.in_settings(self._settings)))
        report = self._file(config, "settings", applied, problems)
        return project, report

    def _with_substitutes(self, config: Path) -> Project | None:
        """Return the project with what its settings lack taken from the environment, so that the rest is compiled."""
        tidy = tidy_settings(config)
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory) / "dataduct.yml"
            file.write_text(tidy.text, encoding="utf-8")
            return _opened(self._original.root, file)[0]

    def _pipeline(self, project: Project, path: Path) -> FileReport:
        shown = Path(self._shown(path))
        definition, _ = load_pipeline(path)
        try:
            _, plan, problems = self._compile(project, path)
        except DataductError as error:
            plan, problems = None, [Problem(code=error.code, message=error.message, hint=error.hint)]
        problems = [_redacted(problem, project) for problem in problems]
        applied: tuple[AppliedDifference, ...] = ()
        if definition is not None:
            facts = PipelineFacts(definition, plan, self._settings)
            applied = tuple(_applied(lambda each: each.in_pipeline(facts)))
        if plan is not None:
            self._scripts |= dict.fromkeys(_python_scripts(plan))
        return self._file(path, "pipeline", applied, problems, file=str(shown))

    def _python(self, path: Path, kind: Kind) -> FileReport:
        from dataduct.steps.custom_diagnosis import diagnose

        shown = self._shown(path)
        try:
            problems: Sequence[Problem] = diagnose(path, shown=shown)
        except ProblemsError as error:
            problems = error.problems
        return self._file(path, kind, (), problems)

    def _file(
        self,
        path: Path,
        kind: Kind,
        applied: tuple[AppliedDifference, ...],
        problems: Iterable[Problem],
        *,
        file: str | None = None,
    ) -> FileReport:
        found = [self._relative(problem) for problem in dict.fromkeys(problems)]
        places = tuple(
            AppliedDifference(each.difference, tuple(map(self._relative_place, each.places)))
            for each in applied
        )
        told = {place.line for each in places for place in each.places}
        return FileReport(
            file=file or self._shown(path),
            kind=kind,
            differences=places,
            edits=tuple(problem for problem in found if problem.severity == "error"),
            notes=tuple(
                problem
                for problem in found
                if problem.severity == "warning"
                and problem.code != _SECRET_WRITTEN_OUT
                and not (problem.position and problem.position.line in told)
            ),
        )

    def _relative(self, problem: Problem) -> Problem:
        position = problem.position
        return replace(problem, position=self._relative_place(position)) if position else problem

    def _relative_place(self, place: Position) -> Position:
        return replace(place, file=self._shown(Path(place.file)))

    def _shown(self, path: Path) -> str:
        root = self._original.root
        return path_below(path, root if path.is_relative_to(root) else root.absolute())


def _opened(root: Path, config: Path | None) -> tuple[Project | None, tuple[Problem, ...]]:
    try:
        project = open_project(root, environment=isolated(config))
    except ProblemsError as error:
        return None, tuple(
            replace(problem, message=error.redact(problem.message)) for problem in error.problems
        )
    return project, project.warnings


def _applied(places: Callable[[Difference], Iterable[Position]]) -> Iterator[AppliedDifference]:
    """Yield the differences that `places` finds places of."""
    for difference in DIFFERENCES:
        found = tuple(dict.fromkeys(places(difference)))
        if found:
            yield AppliedDifference(difference, found)


def _redacted(problem: Problem, project: Project) -> Problem:
    redact = project.secrets.redact
    return replace(
        problem,
        message=redact(problem.message),
        expected=problem.expected and redact(problem.expected),
        hint=problem.hint and redact(problem.hint),
    )


def _python_scripts(plan: Plan) -> Iterator[Path]:
    for step in plan.steps:
        script = step.operation.script if isinstance(step.operation, RunCommand) else None
        if script is not None and script.endswith(".py") and Path(script).is_file():
            yield Path(script)
