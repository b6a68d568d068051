"""The step types of a project: built in, of installed packages, and the project's own, in one namespace."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from dataduct.config.settings import CustomStep, Settings
from dataduct.errors import ProblemsError, UserError
from dataduct.model.nearest import did_you_mean
from dataduct.model.paths import path_below
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.project_code.modules import import_file, missing_module_hint, place_of, told
from dataduct.project_code.python2 import is_python
from dataduct.registry import STEPS
from dataduct.steps.base import Step
from dataduct.steps.custom_diagnosis import diagnose_text, is_of_original, read_source
from dataduct.steps.custom_guard import StepCode, check_step_type, guarded
from dataduct.steps.custom_scan import ScannedFile, StepClass, scan

_NOT_STEPS = ("_", "test_", "conftest")
StepType = type[Step[Any]]


@dataclass(frozen=True, slots=True)
class _Claim:
    """A step type of the project: its class, or the entry of `custom_steps` that names it."""

    place: str
    class_name: str
    entry: CustomStep | None = None
    defined: StepClass | None = None


class StepCatalog:
    """Finds step types by name. Nothing of the project runs until one of its own step types is asked for.

    Args:
        directories: Directories whose Python files define step types; one that does not exist defines none. Files
            whose names begin with `_`, `test_` or `conftest` are left alone.
        custom_steps: Step types by name, class and file.
        project_directory: Directory that files are shown relative to, and the last one that `file_path` is looked up
            in.
    """

    def __init__(
        self,
        directories: Sequence[Path] = (),
        custom_steps: Sequence[CustomStep] = (),
        project_directory: Path | None = None,
    ) -> None:
        self._root = (project_directory or Path.cwd()).absolute()
        self._directories = tuple(directory.absolute() for directory in directories)
        self._custom_steps = tuple(custom_steps)
        self._found: dict[str, StepType] = {}

    def names(self) -> tuple[str, ...]:
        """Return every name, sorted; nothing of the project runs."""
        return tuple(sorted({*STEPS.names(), *self._claims}))

    def find(self, name: str) -> StepType:
        """Return the step type called `name`.

        Raises:
            UserError: There is none (DD602), or a package that has it is broken (DD603, DD604).
            ProblemsError: The project's file that defines it cannot be used (DD560 to DD571), or two places define it
                (DD566).
        """
        if name not in self._found:
            self._found[name] = self._load(name)
        return self._found[name]

    def origin(self, name: str) -> str:
        """Return where step type `name` comes from: `built in`, a distribution's name, or a place of the project."""
        claims = self._claims.get(name, ())
        if claims:
            return claims[0].place
        distribution = STEPS.distribution(name)
        return "built in" if distribution == "dataduct" else distribution

    def origins(self) -> dict[str, str]:
        """Return where each step type comes from, by its name."""
        return {name: self.origin(name) for name in self.names()}

    def own_names(self) -> tuple[str, ...]:
        """Return the names of the project's own step types, sorted; nothing of them runs."""
        return tuple(sorted(self._claims))

    @property
    def broken_files(self) -> tuple[ScannedFile, ...]:
        """The files of the directories that are no Python."""
        return tuple(scanned for scanned in self._scanned if scanned.problems)

    @cached_property
    def _scanned(self) -> tuple[ScannedFile, ...]:
        files = [
            file
            for directory in dict.fromkeys(self._directories)
            for file in sorted(directory.glob("*.py"))
            if not file.name.startswith(_NOT_STEPS) and (file.is_file() or file.is_symlink())
        ]
        return tuple(scan(file, self._shown(file)) for file in files)

    @cached_property
    def _claims(self) -> dict[str, list[_Claim]]:
        claims: dict[str, list[_Claim]] = {}
        entered: set[tuple[Path | None, str]] = set()
        for entry in self._custom_steps:
            claim = _Claim(f"`custom_steps` ({entry.file_path})", entry.class_name, entry=entry)
            claims.setdefault(entry.step_type, []).append(claim)
            file = self._file_of(entry)
            entered |= {(file and file.resolve(), name) for name in (entry.class_name, entry.step_type)}
        for scanned in self._scanned:
            for defined in scanned.classes:
                place = f"{defined.position.file}:{defined.position.line}"
                claim = _Claim(place, defined.class_name, defined=defined)
                file = defined.file.resolve()
                if (file, defined.class_name) not in entered:
                    for name in defined.names:
                        if (file, name) not in entered:
                            claims.setdefault(name, []).append(claim)
        return claims

    def _load(self, name: str) -> StepType:
        claims = self._claims.get(name, [])
        installed = name in STEPS
        if len(claims) + installed > 1:
            raise self._ambiguous(name, claims)
        if installed:
            return _of_package(name)
        if not claims:
            raise self._unknown(name)
        claim = claims[0]
        if claim.entry is not None:
            return self._of_entry(claim.entry)
        assert claim.defined is not None
        defined = claim.defined
        return self._of_file(defined.file, claim.class_name, defined.names[0], defined.position)

    def _ambiguous(self, name: str, claims: Sequence[_Claim]) -> ProblemsError:
        places = [claim.place for claim in claims]
        if name in STEPS:
            distribution = STEPS.distribution(name)
            places.append("Dataduct itself" if distribution == "dataduct" else f"the package {distribution}")
        defined = next((claim.defined for claim in claims if claim.defined is not None), None)
        return ProblemsError(
            [
                Problem(
                    code="DD566",
                    message=f"step type `{name}` is defined in {' and in '.join(places)}",
                    position=defined.position if defined else None,
                    hint="give one of them another `step_type`",
                )
            ]
        )

    def _unknown(self, name: str) -> UserError:
        broken = [problem for file in self._scanned if name in file.mentions for problem in file.problems]
        if broken:
            return ProblemsError(broken)
        known = self.names()
        return UserError(
            f"unknown step type `{name}`",
            code="DD602",
            hint=self._file_called(name) or did_you_mean(name, known),
            details=(
                f"known: {', '.join(known)}",
                *(f"{file.shown} could not be read" for file in self.broken_files),
            ),
        )

    def _file_called(self, name: str) -> str | None:
        """Return what a file of the project that is called like step type `name` defines in its place."""
        stem = name.replace("-", "_")
        scanned = next(
            (each for each in self._scanned if Path(each.shown).stem.replace("-", "_") == stem), None
        )
        if scanned is None or scanned.problems:
            return None
        defined = ", ".join(f"`{each}`" for found in scanned.classes for each in found.names)
        if defined:
            return f'{scanned.shown} defines {defined}; use that name, or set `step_type = "{name}"` in the class'
        return f"{scanned.shown} defines no step type: derive a class from `dataduct.steps.Step` there"

    def _of_entry(self, entry: CustomStep) -> StepType:
        file = self._file_of(entry)
        if file is None:
            looked_in = ", ".join(self._shown(each) or "." for each in (*self._directories, self._root))
            raise _error(
                "DD560",
                f"there is no file `{entry.file_path}`, which `custom_steps` names for step type "
                f"`{entry.step_type}`",
                hint=f"looked in {looked_in}",
            )
        return self._of_file(file, entry.class_name, entry.step_type, Position(self._shown(file)))

    def _file_of(self, entry: CustomStep) -> Path | None:
        path = Path(entry.file_path).expanduser()
        candidates = [directory / path for directory in (*self._directories, self._root)]
        return next((candidate for candidate in candidates if candidate.is_file()), None)

    def _of_file(self, file: Path, class_name: str, step_type: str, position: Position) -> StepType:
        """Return the class of a file of the project as a step type; it runs here for the first time."""
        from dataduct.steps.original_api import OriginalStep, adapted

        shown = self._shown(file)
        _check_source(file, shown)
        module = _imported(file, shown)
        found = getattr(module, class_name, None)
        if found is None:
            classes = [name for name, value in vars(module).items() if isinstance(value, type)]
            raise _error(
                "DD564",
                f"{shown} has no class `{class_name}`",
                position,
                did_you_mean(class_name, classes)
                or (f"it has {', '.join(f'`{name}`' for name in classes)}" if classes else None),
            )
        code = StepCode(_position_of_class(file, shown, class_name) or position, file.parent, self._root)
        if isinstance(found, type) and issubclass(found, OriginalStep):
            return guarded(adapted(found, step_type), step_type, code)
        if not isinstance(found, type) or not issubclass(found, Step):
            raise _error(
                "DD565",
                f"`{class_name}` is no step type",
                code.position,
                "derive it from `dataduct.steps.Step`",
            )
        return guarded(found, step_type, code)

    def _shown(self, path: Path) -> str:
        return path_below(path, self._root)


def catalog_of(root: Path, settings: Settings) -> StepCatalog:
    """Return the catalogue of the project in `root`; the same one as long as no file of its steps changes."""
    directories = tuple((root / each).absolute() for each in map(Path, settings.steps))
    directories = tuple(Path(os.path.normpath(each.expanduser())) for each in directories)
    files = [file for directory in directories for file in sorted(directory.glob("*.py")) if file.is_file()]
    state = tuple((str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files)
    return _kept_catalog(directories, tuple(settings.custom_steps), root, state)


@lru_cache(maxsize=16)
def _kept_catalog(
    directories: tuple[Path, ...],
    custom_steps: tuple[CustomStep, ...],
    root: Path,
    state: tuple[tuple[str, int, int], ...],
) -> StepCatalog:
    return StepCatalog(directories, custom_steps, root)


def _of_package(name: str) -> StepType:
    found = STEPS.load(name)
    if not isinstance(found, type) or not issubclass(found, Step):
        raise UserError(
            f"step type `{name}` of {STEPS.distribution(name)} is no class that derives from "
            "`dataduct.steps.Step`",
            code="DD565",
        )
    if found.__module__.startswith("dataduct."):
        return found
    spec = find_spec(found.__module__)
    directory = Path(spec.origin).parent if spec is not None and spec.origin else Path()
    code = StepCode(None, directory)
    check_step_type(found, code)
    return guarded(found, name if name not in found.aliases else found.step_type, code)


def _check_source(file: Path, shown: str) -> None:
    """Raise ProblemsError if the text tells that running the file is no use."""
    text = read_source(file, shown)
    problems = diagnose_text(text, shown)
    if problems and (is_of_original(problems) or not is_python(text)):
        raise ProblemsError(problems)


def _imported(file: Path, shown: str) -> ModuleType:
    """Return the module in `file`. Raises ProblemsError (DD563) at the place that raised."""
    file = file.resolve()
    root = None if Path(shown).is_absolute() else file.parents[len(Path(shown).parts) - 1]
    try:
        return import_file(file)
    except (Exception, SystemExit) as error:
        if isinstance(error, SyntaxError) and error.filename:
            where = path_below(Path(error.filename), root)
            place = Position(where, error.lineno or 1, max(1, error.offset or 1))
        else:
            place = place_of(error, file.parent, root) or Position(shown)
        message, hint = f"importing {shown} raised {told(error)}", missing_module_hint(error, file.parent)
        raise _error("DD563", message, place, hint) from error


def _position_of_class(file: Path, shown: str, class_name: str) -> Position | None:
    scanned = scan(file, shown)
    return next((each.position for each in scanned.classes if each.class_name == class_name), None)


def _error(
    code: str, message: str, position: Position | None = None, hint: str | None = None
) -> ProblemsError:
    return ProblemsError([Problem(code=code, message=message, position=position, hint=hint)])
