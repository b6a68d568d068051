"""How a plan differs from an earlier one of the same pipeline."""

from dataclasses import dataclass, replace

from dataduct.plan.plan import Plan, PlanStep


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChanges:
    """The names of the steps that are new, gone and changed, and what else is."""

    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.changed or self.settings)


def plan_changes(before: Plan, after: Plan) -> PlanChanges:
    """Return what makes a run of `after` another than one of `before`; where texts stand in files does not."""
    earlier = {step.name: _substance(step) for step in before.steps}
    later = {step.name: _substance(step) for step in after.steps}
    return PlanChanges(
        new=tuple(name for name in later if name not in earlier),
        gone=tuple(name for name in earlier if name not in later),
        changed=tuple(name for name, step in later.items() if earlier.get(name, step) != step),
        settings=tuple(
            name
            for name in ("schedule", "dialect", "variables", "max_retries", "timeout_seconds", "description")
            if getattr(before, name) != getattr(after, name)
        ),
    )


def _substance(step: PlanStep) -> PlanStep:
    return replace(step, templates=(), position=None, used_at=())
