"""Where steps stand among the uses of patterns and the items of `for_each`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from dataduct.definition.pipeline import StepDefinition
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.plan.plan import Phase, Use


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a step stands.

    Attributes:
        scope: Names of the uses around it, from the outside in. Names written in the step are looked up in the
            innermost first, then outwards, and at last in the pipeline.
        uses: Names that stand for it together with others: those of `scope` and of the `for_each` entries around it.
        block: What it forms a chain with: a step takes from the step before it in the same block only.
        used_at: Where the pattern or the item that it comes from is used, from the inside out.
        input_scope: The scope of its `input_node`, which the use of a pattern hands to the pattern's first step;
            None if that is its own.
    """

    scope: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    block: str = ""
    used_at: tuple[Position, ...] = ()
    input_scope: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class PlacedStep:
    """A step after patterns and `for_each` are expanded."""

    phase: Phase
    definition: StepDefinition
    place: Place


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the first steps of a use wait for, as `depends_on` of the use says."""

    use: str
    names: tuple[str, ...]
    position: Position
    place: Place


@dataclass(slots=True)
class Expansion:
    """The steps of a pipeline after patterns and `for_each` are expanded.

    Attributes:
        steps: In the order written.
        uses: Every use by its name, in the order written.
        waiting: What uses wait for.
        left_out: Names of entries that could not be expanded; None stands for those without a written name.
        positions: Where the entry of each use stands.
        patterns: Gives the names of the patterns that there are, for hints.
    """

    steps: list[PlacedStep] = field(default_factory=list)
    uses: dict[str, Use] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)
    left_out: set[str | None] = field(default_factory=set)
    positions: dict[str, Position] = field(default_factory=dict)
    patterns: Callable[[], tuple[str, ...]] = tuple


@contextmanager
def used(problems: list[Problem], used_at: tuple[Position, ...]) -> Iterator[None]:
    """Mark the problems that are added in the block as found in steps that are used at those places."""
    known = len(problems)
    yield
    if used_at:
        problems[known:] = [
            replace(problem, used_at=(*problem.used_at, *used_at)) for problem in problems[known:]
        ]
