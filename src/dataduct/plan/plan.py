"""A plan: everything that will happen, as data. `BoundPlan` is the same for one run date."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from dataduct.model.operations import Operation
from dataduct.model.position import Position
from dataduct.model.schedule import Schedule
from dataduct.model.template import TemplateSource

PLAN_VERSION = 1

EdgeReason = Literal["input", "depends_on", "chain", "table", "bootstrap", "teardown"]
Phase = Literal["bootstrap", "main", "teardown"]


@dataclass(frozen=True, slots=True)
class Dependency:
    """An edge: the step waits for `step`. `detail` names the dataset or table for `input` and `table`."""

    step: str
    reason: EdgeReason
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """One node of the graph: one operation.

    Attributes:
        step_type: The YAML step type it came from.
        parent: Name of the composite step it was expanded from, or None.
        max_retries: None means the default, which retries transient failures only.
        templates: The user's texts that `bind` renders first, so that an error names line and column.
        used_at: Where the pattern that the step stands in is used, from the inside out.
        use: Name of the innermost use of a pattern or `for_each` that it comes from, or None.
    """

    name: str
    step_type: str
    operation: Operation
    depends_on: tuple[Dependency, ...] = ()
    phase: Phase = "main"
    parent: str | None = None
    max_retries: int | None = None
    timeout_seconds: float | None = None
    templates: tuple[TemplateSource, ...] = ()
    position: Position | None = None
    used_at: tuple[Position, ...] = ()
    use: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Steps that were written as one: the use of a pattern, one item of a `for_each`, or all items of one.

    Attributes:
        name: What `depends_on` and `--select` call all its steps.
        pattern: Name of the pattern that is used, or None.
        file: The pattern's file, or None.
        items: Number of items if it stands for all items of a `for_each`; None otherwise.
        parent: Name of the use that it stands in, or None.
    """

    name: str
    pattern: str | None = None
    file: str | None = None
    items: int | None = None
    parent: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A compiled pipeline. Steps stand in an order that respects every dependency.

    Attributes:
        dialect: Dialect its SQL is written in.
        variables: Default values of the pipeline's variables, as text.
        uses: Every use of a pattern and every `for_each`, each behind the one that it stands in.
    """

    pipeline: str
    file: str
    schedule: Schedule
    dialect: str
    steps: tuple[PlanStep, ...]
    description: str | None = None
    variables: dict[str, str] = field(default_factory=dict)
    max_retries: int | None = None
    timeout_seconds: float | None = None
    uses: tuple[Use, ...] = ()
    version: int = PLAN_VERSION

    def step(self, name: str) -> PlanStep:
        """Return the step named `name`. Raises KeyError."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundPlan:
    """A plan whose texts are rendered for one run date.

    Attributes:
        run_date: The logical date, as the user names it: `2026-01-01`, or `2026-01-01T10:00` if sub-daily.
        secrets: Values that rendering put in from the environment and that must never be shown.
    """

    plan: Plan
    run_date: str
    scheduled_start: datetime
    scheduled_end: datetime
    steps: tuple[PlanStep, ...]
    variables: dict[str, str] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
