"""Choosing steps of a plan: `step`, `step+` (and all that waits for it), `+step` (and all it waits for)."""

from collections.abc import Sequence

from dataduct.errors import UserError
from dataduct.model.nearest import did_you_mean
from dataduct.plan.graph import Graph
from dataduct.plan.plan import Plan, PlanStep


def steps_by_use(plan: Plan) -> dict[str, list[PlanStep]]:
    """Return the steps of each use of a pattern or `for_each`, by the use's name."""
    parents = {use.name: use.parent for use in plan.uses}
    steps: dict[str, list[PlanStep]] = {use.name: [] for use in plan.uses}
    for step in plan.steps:
        use = step.use
        while use is not None:
            steps[use].append(step)
            use = parents[use]
    return steps


def select_steps(plan: Plan, expressions: Sequence[str]) -> frozenset[str]:
    """Return the names that the expressions choose; commas and spaces separate expressions too.

    A composite's name chooses its sub-steps, and that of a use of a pattern or `for_each` all steps of it. Raises
    UserError (DD511).
    """
    graph = Graph({step.name: [edge.step for edge in step.depends_on] for step in plan.steps})
    members: dict[str, list[str]] = {}
    for step in plan.steps:
        members.setdefault(step.name, []).append(step.name)
        if step.parent is not None:
            members.setdefault(step.parent, []).append(step.name)
    for use, steps in steps_by_use(plan).items():
        members[use] = [step.name for step in steps]
    chosen: set[str] = set()
    for expression in " ".join(expressions).replace(",", " ").split():
        name = expression.removeprefix("+").removesuffix("+")
        if name not in members:
            raise UserError(
                f"`--select {expression}`: pipeline `{plan.pipeline}` has no step `{name}`",
                code="DD511",
                hint=did_you_mean(name, members) or "`dataduct plan` shows the steps",
            )
        for member in members[name]:
            chosen.add(member)
            if expression.startswith("+"):
                chosen |= graph.ancestors(member)
            if expression.endswith("+"):
                chosen |= graph.descendants(member)
    return frozenset(chosen)
