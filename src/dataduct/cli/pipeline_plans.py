"""Plan documents in `.dataduct/plans`, one for each pipeline."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dataduct.cli.arguments import shown_path, write_file
from dataduct.cli.invocation import Invocation
from dataduct.cli.text import Line, Span, line
from dataduct.errors import UserError
from dataduct.model.counting import counted
from dataduct.plan.changes import PlanChanges, plan_changes

if TYPE_CHECKING:
    from dataduct.config.project import Project
    from dataduct.plan.plan import Plan

_DIRECTORY = Path(".dataduct") / "plans"


def keep_plans(invocation: Invocation, project: "Project", plans: "Sequence[Plan]", *, force: bool) -> int:
    """Write the plan documents; another plan of the same name is replaced with `force`, or if the user says so.

    All is asked before anything is written. Raises UserError if nobody is there to answer (DD961).
    """
    from dataduct import api

    kept = {plan.pipeline: _kept(project, plan) for plan in plans}
    changed = [
        (plan, changes)
        for plan in plans
        if (earlier := kept[plan.pipeline]) is not None and (changes := plan_changes(earlier, plan))
    ]
    for plan, changes in changed:
        invocation.console.err(*_change_lines(plan, changes))
    if changed and not force and not _may_replace(invocation, [plan for plan, _ in changed]):
        invocation.console.err("nothing was written")
        return 1
    replaced = {plan.pipeline for plan, _ in changed}
    for plan in plans:
        path = _path(project, plan)
        write_file(path, api.plan_json(plan).encode())
        word = "replaced" if plan.pipeline in replaced else "created" if kept[plan.pipeline] is None else None
        told = line(Span(word or "unchanged", "good" if word else "dim"), f": {plan.pipeline}, ")
        invocation.console.out((*told, *line(f"{counted(len(plan.steps), 'step')}, {shown_path(path)}")))
    return 0


def _may_replace(invocation: Invocation, plans: "Sequence[Plan]") -> bool:
    names = ", ".join(plan.pipeline for plan in plans)
    answer = invocation.console.ask(f"Replace {'the plan' if len(plans) == 1 else 'the plans'} of {names}?")
    if answer is None:
        raise UserError(
            f"another plan of {names} exists, so nothing was written",
            code="DD961",
            hint="add --force to replace it",
        )
    return answer


def _change_lines(plan: "Plan", changes: PlanChanges) -> list[Line]:
    drawn = [line(Span(plan.pipeline, "strong"), " differs from the plan that is kept:")]
    for word, names in (
        ("new", changes.new),
        ("gone", changes.gone),
        ("changed", changes.changed),
        ("changed in general", changes.settings),
    ):
        if names:
            drawn.append(line("  ", Span(f"{word}: ", "dim"), ", ".join(names)))
    return drawn


def _path(project: "Project", plan: "Plan") -> Path:
    from dataduct.storage.keys import safe_segment

    return project.root / _DIRECTORY / f"{safe_segment(plan.pipeline)}.json"


def _kept(project: "Project", plan: "Plan") -> "Plan | None":
    from dataduct import api

    path = _path(project, plan)
    return api.load_plan(path) if path.exists() else None
