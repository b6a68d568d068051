"""What a step waits for, as a person reads it: the steps of one use together."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Final

from dataduct.cli.plan_uses import Uses
from dataduct.model.counting import counted
from dataduct.model.operations import tables_read, tables_written
from dataduct.plan.plan import Dependency, EdgeReason, PlanStep

_REASONS: Final[Mapping[EdgeReason, str]] = {
    "input": "reads its dataset {}",
    "depends_on": "`depends_on` says so",
    "chain": "comes after it in the file",
    "bootstrap": "runs when the bootstrap is over",
    "teardown": "runs when all else is over",
}


def dependency_texts(step: PlanStep, steps: Mapping[str, PlanStep], uses: Uses) -> Iterator[str]:
    """Yield what `step` waits for and why; many steps of one use that it waits for alike are one text."""

    def use_of(dependency: Dependency) -> str | None:
        return _use_of(dependency, step, steps, uses)

    for use, group in groupby(step.depends_on, key=use_of):
        dependencies = list(group)
        items = {uses.item_of(steps[each.step], use) for each in dependencies} if use is not None else set()
        if use is None or len(dependencies) == 1:
            yield from (f"{each.step}: {_reason(each, step, steps)}" for each in dependencies)
        elif uses.item_count(use) is None:
            yield f"{use} ({counted(len(dependencies), 'step')}): {_REASONS['depends_on']}"
        elif len(items) == uses.item_count(use):
            yield f"{use} ({counted(len(items), 'item')}): {_REASONS['depends_on']}"
        else:
            yield f"{use} ({len(items)} of {counted(uses.item_count(use) or 0, 'item')}): {_REASONS['depends_on']}"


def _use_of(dependency: Dependency, step: PlanStep, steps: Mapping[str, PlanStep], uses: Uses) -> str | None:
    """Return the outermost use of the step waited for that `step` is not in itself; None for other reasons."""
    if dependency.reason != "depends_on" or dependency.step not in steps:
        return None
    own = uses.around(step)
    return next((use.name for use in uses.around(steps[dependency.step]) if use not in own), None)


def _reason(dependency: Dependency, step: PlanStep, steps: Mapping[str, PlanStep]) -> str:
    if dependency.reason != "table":
        return _REASONS[dependency.reason].format(dependency.detail or "").rstrip()
    table = dependency.detail or ""
    earlier = steps.get(dependency.step)
    written = earlier is None or table in map(str, tables_written(earlier.operation))
    reads = table in map(str, tables_read(step.operation))
    writes = table in map(str, tables_written(step.operation))
    works = "reads and writes" if reads and writes else "reads" if reads or not writes else "writes"
    too = " too" if works == ("writes" if written else "reads") else ""
    return f"{'writes' if written else 'reads'} table {table}, which this step {works}{too}"
