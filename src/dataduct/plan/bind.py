"""A plan for one run date: run date and variables checked, templates rendered."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, time
from typing import Any

from dataduct.definition.templates import RenderContext, has_template, render_source, render_tracking
from dataduct.errors import ProblemsError, UserError
from dataduct.model.dataset import DatasetRef
from dataduct.model.nearest import did_you_mean
from dataduct.model.operations import RunSql, SqlStatement
from dataduct.model.problem import Problem
from dataduct.model.schedule import Schedule
from dataduct.model.table import TableDefinition, TableName
from dataduct.plan.formats import with_formats
from dataduct.plan.plan import BoundPlan, Plan, PlanStep
from dataduct.sql.statements import split_statements

_NEVER_TEMPLATES = (DatasetRef, TableName, TableDefinition)


def bind(
    plan: Plan,
    *,
    run_date: str | None,
    variables: Mapping[str, str],
    environment: Mapping[str, str],
    mode: str | None = None,
    now: datetime | None = None,
) -> BoundPlan:
    """Return `plan` with every text rendered for `run_date` (by default, the current one).

    Raises UserError for a run date or variable that is wrong and ProblemsError, with line and column, for
    templates that cannot be rendered.
    """
    start = parse_run_date(run_date, plan.schedule, now or datetime.now(UTC))
    text = run_date_text(start, plan.schedule)
    context = RenderContext(
        pipeline=plan.pipeline,
        run_date=text,
        scheduled_start=plan.schedule.scheduled_start(start),
        scheduled_end=plan.schedule.scheduled_end(start),
        variables=_variables(plan, variables),
        environment=environment,
        mode=mode,
    )
    secrets: set[str] = set()
    problems: list[Problem] = []
    steps = with_formats(tuple(_bind_step(step, context, secrets, problems) for step in plan.steps))
    if problems:
        raise ProblemsError(problems)
    return BoundPlan(
        plan=plan,
        run_date=text,
        scheduled_start=context.scheduled_start,
        scheduled_end=context.scheduled_end,
        steps=steps,
        variables=dict(context.variables),
        secrets=frozenset(secrets),
    )


def parse_run_date(text: str | None, schedule: Schedule, now: datetime) -> datetime:
    """Return the UTC time that a run date names. Raises UserError (DD512)."""
    if text is None:
        today = now.astimezone(UTC)
        if schedule.is_sub_daily:
            return today.replace(minute=0, second=0, microsecond=0)
        return datetime.combine(today.date(), time(0, 0), tzinfo=UTC)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UserError(
            f"the run date `{text}` is no date",
            code="DD512",
            hint="write YYYY-MM-DD, or YYYY-MM-DDTHH:MM for a pipeline that runs more often than daily",
        ) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def run_date_text(moment: datetime, schedule: Schedule) -> str:
    """Return a run date as it is shown and stored: a date, with the time of day where that tells runs apart."""
    if schedule.is_sub_daily or moment.time() != time(0, 0):
        return moment.strftime("%Y-%m-%dT%H:%M")
    return moment.strftime("%Y-%m-%d")


def _variables(plan: Plan, given: Mapping[str, str]) -> dict[str, str]:
    for name in given:
        if name not in plan.variables:
            declared = ", ".join(f"`{known}`" for known in plan.variables) or "none"
            raise UserError(
                f"pipeline `{plan.pipeline}` has no variable `{name}`; it declares {declared}",
                code="DD513",
                hint=did_you_mean(name, plan.variables)
                or f"declare it with its default value under `variables:` in {plan.file}",
            )
    return {**plan.variables, **given}


def _bind_step(
    step: PlanStep, context: RenderContext, secrets: set[str], problems: list[Problem]
) -> PlanStep:
    if not step.templates:
        return step
    for source in step.templates:
        try:
            render_source(source, context)
        except ProblemsError as error:
            problems.extend(error.problems)
    if problems:
        return step

    def render(text: str) -> str:
        rendered, read = render_tracking(text, context)
        secrets.update(read)
        return rendered

    operation = _rendered(step.operation, render)
    if isinstance(operation, RunSql):
        operation = replace(operation, statements=_split_again(operation.statements))
    return replace(step, operation=operation)


def _split_again(statements: tuple[SqlStatement, ...]) -> tuple[SqlStatement, ...]:
    """Split texts that were one statement only because a template stood around several."""
    return tuple(
        replace(statement, text=text) for statement in statements for text in split_statements(statement.text)
    )


def _rendered(value: Any, render: Callable[[str], str]) -> Any:
    """Return `value` with every text that holds a template rendered, at any depth."""
    if isinstance(value, str):
        return render(value) if has_template(value) else value
    if isinstance(value, tuple):
        return tuple(_rendered(item, render) for item in value)
    if is_dataclass(value) and not isinstance(value, (type, *_NEVER_TEMPLATES)):
        changed = {field.name: _rendered(getattr(value, field.name), render) for field in fields(value)}
        return replace(value, **changed)
    return value
