"""The uses of patterns and `for_each` in a plan, as a person reads them: headings, and many items in short."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from dataduct.cli.text import Line, Span, line, lines_of, pad
from dataduct.model.counting import counted
from dataduct.plan.plan import Plan, PlanStep, Use

_ITEMS_IN_FULL = 5
"""Items of one `for_each` that are all shown in full; of more, only the first is."""

Numbered = tuple[int, PlanStep]


class Uses:
    """The uses of one plan.

    Args:
        plan: The plan.
        full: Whether every item is shown in full.
    """

    def __init__(self, plan: Plan, *, full: bool) -> None:
        self._by_name = {use.name: use for use in plan.uses}
        self._full = full
        self._first: dict[str, str] = {}
        for step in plan.steps:
            for use, item in self._items(step).items():
                self._first.setdefault(use, item)

    def around(self, step: PlanStep) -> tuple[Use, ...]:
        """Return the uses that `step` stands in, from the outside in."""
        found: list[Use] = []
        name = step.use
        while name is not None:
            found.append(self._by_name[name])
            name = self._by_name[name].parent
        return tuple(reversed(found))

    def item_count(self, use: str) -> int | None:
        """Return how many items a use has; None if it is no `for_each`."""
        return self._by_name[use].items

    def item_of(self, step: PlanStep, use: str) -> str | None:
        """Return the item of a `for_each` that `step` is of."""
        return self._items(step).get(use)

    def pieces(self, steps: Sequence[PlanStep]) -> Iterator[tuple[Use | None, list[Numbered]]]:
        """Yield the steps with their numbers: those shown in full with None, others with their `for_each`."""
        numbered = list(enumerate(steps, start=1))
        for use, group in groupby(numbered, key=lambda each: self._shortened(each[1])):
            yield use, list(group)

    def headings(self, step: PlanStep, before: PlanStep | None) -> list[Line]:
        """Return the headings of the uses that begin with `step`."""
        known = self.around(before) if before else ()
        drawn: list[Line] = []
        around = self.around(step)
        for depth, use in enumerate(around):
            if use not in known:
                drawn.append(_heading(use, around[depth - 1] if depth else None))
                drawn += lines_of(use.description or "", "dim")
        return [*drawn, line()] if drawn else []

    def short(self, use: Use, steps: Sequence[Numbered]) -> list[Line]:
        """Return the items of a `for_each` after the first, one line each, and how to see more."""
        items = [
            (name, list(group))
            for name, group in groupby(steps, key=lambda each: self._items(each[1])[use.name])
        ]
        numbers = [_range(group[0][0], group[-1][0]) for _, group in items]
        width = max(map(len, numbers))
        name_width = max(len(name) for name, _ in items)
        drawn: list[Line] = []
        for number, (name, group) in zip(numbers, items, strict=True):
            own = [step.name.removeprefix(f"{name}.") for _, step in group]
            drawn.append(
                line(
                    Span(f"{number:>{width}} ", "dim"),
                    Span(pad(name, name_width), "strong"),
                    Span("" if own == [name] else "  " + ", ".join(own), "dim"),
                )
            )
        more = f"in full: --step {items[0][0]}, or --full for all {counted(use.items or 0, 'item')} of {use.name}"
        return [*drawn, line(Span(f"{'':>{width}} {more}", "dim")), line()]

    def _shortened(self, step: PlanStep) -> Use | None:
        """Return the outermost `for_each` whose items are shown in short and whose first item `step` is not of."""
        if self._full:
            return None
        for name, item in self._items(step).items():
            if (self._by_name[name].items or 0) > _ITEMS_IN_FULL and self._first[name] != item:
                return self._by_name[name]
        return None

    def _items(self, step: PlanStep) -> dict[str, str]:
        """Return the item that `step` is of by each `for_each` around it, from the outside in."""
        around = self.around(step)
        inner = (*(use.name for use in around[1:]), step.parent or step.name)
        return {use.name: item for use, item in zip(around, inner, strict=False) if use.items is not None}


def _range(first: int, last: int) -> str:
    return f"{first}." if first == last else f"{first}-{last}."


def _heading(use: Use, around: Use | None) -> Line:
    repeated = around is not None and around.items is not None
    named = use.pattern is not None and use.name.rpartition(".")[2].startswith(use.pattern)
    pattern = f"  {use.file}" if named else f"  {use.pattern} ({use.file})"
    count = f"  {counted(use.items, 'item')}" if use.items is not None else ""
    return line(
        Span(use.name, "accent"), Span(("" if use.pattern is None or repeated else pattern) + count, "dim")
    )
