"""Where steps stand among the uses of patterns and the items of `for_each`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from dataduct.definition.pipeline import StepDefinition
from dataduct.definition.tree import Node, scalars
from dataduct.model.position import Position
from dataduct.model.problem import Given, Problem
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
        filled: What patterns and items were filled into, each with its uses as in `Place.used_at`.
    """

    steps: list[PlacedStep] = field(default_factory=list)
    uses: dict[str, Use] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)
    left_out: set[str | None] = field(default_factory=set)
    positions: dict[str, Position] = field(default_factory=dict)
    patterns: Callable[[], tuple[str, ...]] = tuple
    filled: list[tuple[Node, tuple[Position, ...]]] = field(default_factory=list)


_Filled = dict[tuple[Position, tuple[Position, ...]], dict[Given, None]]
"""The values filled in at a place, for each of its uses."""


def with_given(problems: list[Problem], expansion: Expansion) -> None:
    """Add to each problem that stands where values were filled in which values those are."""
    if not any(problem.used_at for problem in problems):
        return
    filled: _Filled = {}
    for tree, used_at in expansion.filled:
        for node in scalars(tree):
            for place, value in node.given:
                filled.setdefault((node.position, used_at), {})[value] = None
                filled.setdefault((place, used_at), {})[value] = None
    for index, problem in enumerate(problems):
        if problem.position is None:
            continue
        given = dict.fromkeys(problem.given)
        given |= dict.fromkeys(_given(problem.position, problem.used_at, filled))
        told = tuple(value for value in given if value.position not in problem.used_at)
        if told != problem.given:
            problems[index] = replace(problem, given=told)


def _given(position: Position, used_at: tuple[Position, ...], filled: _Filled) -> Iterator[Given]:
    """Yield the values at a place, each before those that it is itself made of in the uses around."""
    for value in filled.get((position, used_at), ()):
        yield value
        for depth in range(1, len(used_at) + 1):
            yield from _given(value.position, used_at[depth:], filled)


@contextmanager
def used(problems: list[Problem], used_at: tuple[Position, ...]) -> Iterator[None]:
    """Mark the problems that are added in the block as found in steps that are used at those places."""
    known = len(problems)
    yield
    if used_at:
        problems[known:] = [
            replace(problem, used_at=(*problem.used_at, *used_at)) for problem in problems[known:]
        ]
