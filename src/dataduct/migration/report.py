"""What a project of the first Dataduct comes to here, file by file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dataduct.migration.difference import Difference
from dataduct.model.position import Position
from dataduct.model.problem import Problem

Kind = Literal["settings", "pipeline", "custom step", "hook", "script"]
Verdict = Literal["runs unchanged", "runs with a difference", "needs an edit"]
VERDICTS: tuple[Verdict, ...] = ("runs unchanged", "runs with a difference", "needs an edit")


@dataclass(frozen=True, slots=True)
class AppliedDifference:
    """A difference that changes a file, and where."""

    difference: Difference
    places: tuple[Position, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What one file comes to.

    Attributes:
        file: Its path, relative to the project where it lies in it.
        kind: What it is.
        differences: The deliberate differences that change it.
        notes: Other things worth knowing, each a warning.
        edits: What keeps it from running, each an error.
    """

    file: str
    kind: Kind
    differences: tuple[AppliedDifference, ...] = ()
    notes: tuple[Problem, ...] = ()
    edits: tuple[Problem, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """What becomes of the file."""
        if self.edits:
            return "needs an edit"
        return "runs with a difference" if self.differences or self.notes else "runs unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationReport:
    """What a project comes to.

    Attributes:
        directory: The project, as the user named it.
        config: The settings file that was read, as the user may name it; None if none was found.
        files: Every file that was looked at.
        unread: Pipelines that could not be compiled, because the settings need an edit that has no substitute.
    """

    directory: str
    config: str | None
    files: tuple[FileReport, ...]
    unread: tuple[str, ...] = ()

    def count(self, verdict: Verdict) -> int:
        """Return the number of files with that verdict."""
        return sum(file.verdict == verdict for file in self.files)

    def of_kind(self, kind: Kind) -> Sequence[FileReport]:
        """Return the files of one kind."""
        return [file for file in self.files if file.kind == kind]

    @property
    def needs_edits(self) -> bool:
        """Whether anything keeps the project from running."""
        return bool(self.unread) or self.count("needs an edit") > 0

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Every difference that changes a file, once."""
        return tuple(dict.fromkeys(each.difference for file in self.files for each in file.differences))
