"""What is wrong with something the user wrote, said once and drawn by whoever shows it."""

from dataclasses import dataclass
from typing import Literal

from dataduct.model.position import Position

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Given:
    """A value that was filled into a pattern's step.

    Attributes:
        name: What the placeholder reads: `host` for a parameter, `item.name` for an item.
        position: Where the value stands.
    """

    name: str
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong, with enough to mend it.

    Attributes:
        code: A code of the catalogue in `dataduct.codes`, such as `DD101`.
        message: What is wrong, one sentence without a final period.
        position: Where, or None if it is about no place in a file.
        expected: What was expected there, or None.
        hint: The nearest fix ("did you mean `tolerance`?"), or None.
        severity: An error stops; a warning is told.
        used_at: Where the pattern that `position` lies in is used, from the inside out; empty outside of patterns.
        given: The values that were filled in at `position`.
    """

    code: str
    message: str
    position: Position | None = None
    expected: str | None = None
    hint: str | None = None
    severity: Severity = "error"
    used_at: tuple[Position, ...] = ()
    given: tuple[Given, ...] = ()


def report(
    problems: list[Problem],
    code: str,
    message: str,
    position: Position | None,
    *,
    expected: str | None = None,
    hint: str | None = None,
    severity: Severity = "error",
    used_at: tuple[Position, ...] = (),
) -> None:
    """Add a problem to `problems`; see `Problem` for the others."""
    problems.append(
        Problem(
            code=code,
            message=message,
            position=position,
            expected=expected,
            hint=hint,
            severity=severity,
            used_at=used_at,
        )
    )
