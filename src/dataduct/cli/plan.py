"""`dataduct plan`."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dataduct.cli.arguments import (
    known_step,
    pipeline_argument,
    pipeline_path,
    run_date_option,
    variables_option,
    write_output,
)
from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options
from dataduct.cli.operation_text import operation_sentence, planned_sql
from dataduct.cli.quantities import seconds_text
from dataduct.cli.text import Line, Span, line, lines_of
from dataduct.model.counting import counted
from dataduct.model.operations import (
    LoadTable,
    Operation,
    RunCommand,
    RunSql,
    StagedInput,
    StagedOutput,
    dataset_inputs,
    dataset_outputs,
    tables_read,
    tables_written,
)
from dataduct.model.schedule import FREQUENCIES
from dataduct.plan.plan import BoundPlan, Plan, PlanStep
from dataduct.plan.selection import steps_by_use

if TYPE_CHECKING:
    from dataduct.config.project import Project


@with_global_options
@click.command("plan")
@pipeline_argument
@run_date_option
@variables_option
@click.option(
    "--json", "as_json", is_flag=True, help="Print the plan document, which `dataduct execute` takes."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the plan document to this file.",
)
@click.option("--sql/--no-sql", default=True, show_default=True, help="Show the statements.")
@click.option(
    "--types",
    "with_types",
    is_flag=True,
    help="Ask the sources for the types of the rows, and show what they become in the warehouse.",
)
@click.option(
    "--step", metavar="NAME", help="Show only this step, or the steps of this use of a pattern or `for_each`."
)
@click.option(
    "--full", is_flag=True, help="Show every item of a `for_each`, where of many only the first is."
)
@pass_invocation
def command(
    invocation: Invocation,
    pipeline: str,
    run_date: str | None,
    variables: Mapping[str, str],
    as_json: bool,
    output: Path | None,
    sql: bool,
    with_types: bool,
    step: str | None,
    full: bool,
) -> None:
    """Show what a run of a pipeline will do, SQL included.

    Nothing is connected to and nothing runs; only --types asks the sources: databases what their columns are, files
    by a sample of their first rows. With --run-date or --var, templates are rendered as they would be for that run;
    without, they are shown as they are written. The plan document always holds them unrendered.
    """
    from dataduct import api

    if step and (as_json or output):
        raise click.UsageError("--step does not go with a plan document, which always holds every step")
    if with_types and (as_json or output):
        raise click.UsageError("--types does not go with a plan document, which holds no types")
    project = invocation.project(tell_warnings=True)
    plan = api.compile_pipeline(project, pipeline_path(pipeline, invocation, project))
    bound = api.bind(project, plan, run_date=run_date, variables=variables) if run_date or variables else None
    if output:
        write_output(output, api.plan_json(plan))
        invocation.console.err(f"written: {output}")
    if as_json:
        invocation.console.document(api.plan_json(plan))
    if as_json or output:
        return
    names = [each.name for each in plan.steps]
    if not with_types:
        names += [use.name for use in plan.uses]
    chosen = known_step(step, names, f"pipeline `{plan.pipeline}`") if step else None
    if with_types:
        from dataduct.cli.type_tables import show_types

        show_types(project, bound or api.bind(project, plan), chosen, invocation.console)
        return
    invocation.console.out(*_redacted(plan_lines(plan, bound, step=chosen, sql=sql, full=full), project))


def plan_lines(
    plan: Plan,
    bound: BoundPlan | None = None,
    *,
    step: str | None = None,
    sql: bool = True,
    full: bool = False,
) -> list[Line]:
    """Return a plan as a person reads it: the steps in order, what each does, reads, writes and waits for.

    Args:
        plan: The plan.
        bound: The same for one run date; its rendered texts are shown where it is given.
        step: Name of the only step or use to show, or None.
        sql: Whether statements are shown.
        full: Whether every item of a `for_each` is shown, where of many only the first is.
    """
    from dataduct.cli.plan_dependencies import dependency_texts
    from dataduct.cli.plan_uses import Uses

    drawn = [] if step else _heading(plan, bound)
    chosen = None if step is None else {each.name for each in steps_by_use(plan).get(step, ())} or {step}
    uses = Uses(plan, full=full or step is not None)
    steps = {each.name: each for each in plan.steps}
    before: PlanStep | None = None
    for use, numbered in uses.pieces(bound.steps if bound else plan.steps):
        if use is not None:
            drawn += uses.short(use, numbered)
            continue
        for number, each in numbered:
            if chosen is not None and each.name not in chosen:
                continue
            if chosen is None or len(chosen) > 1:
                drawn += uses.headings(each, before)
            awaited = list(dependency_texts(each, steps, uses))
            drawn += [
                *_step(number, each, awaited),
                *(_statements(each, plan.dialect) if sql else ()),
                line(),
            ]
            before = each
    return drawn[:-1] if drawn and drawn[-1] == line() else drawn


def _heading(plan: Plan, bound: BoundPlan | None) -> list[Line]:
    drawn = [line(Span(plan.pipeline, "strong"), f"  {plan.file}")]
    drawn += lines_of(plan.description or "")
    schedule = "none"
    if FREQUENCIES[plan.schedule.frequency] is not None:
        schedule = f"{plan.schedule.frequency}, at {plan.schedule.load_time:%H:%M} UTC"
    drawn.append(line(f"schedule: {schedule}; dialect: {plan.dialect}; {counted(len(plan.steps), 'step')}"))
    if bound:
        start, end = (
            moment.strftime("%Y-%m-%d %H:%M") for moment in (bound.scheduled_start, bound.scheduled_end)
        )
        drawn.append(line(f"run date: {bound.run_date}, from {start} to {end} UTC"))
    values = bound.variables if bound else plan.variables
    if values:
        drawn.append(line("variables: ", ", ".join(f"{name}={value}" for name, value in values.items())))
    return [*drawn, line()]


def _step(number: int, step: PlanStep, awaited: Sequence[str]) -> list[Line]:
    phase = f", {step.phase}" if step.phase != "main" else ""
    origin = f", from {step.parent}" if step.parent else ""
    drawn = [
        line(
            Span(f"{number}. ", "dim"),
            *_named(step),
            Span(f"  ({step.step_type}{origin}{phase})", "dim"),
        )
    ]
    drawn += lines_of(step.description or "", "dim", indent=3)
    drawn += lines_of(operation_sentence(step.operation), indent=3)
    drawn += [line("   ", Span(f"{label:<8} ", "dim"), text) for label, text in _facts(step, awaited)]
    return drawn


def _named(step: PlanStep) -> Iterator[Span]:
    """Yield the step's name, the use that it stands in less strong."""
    prefix = f"{step.use}." if step.use is not None and step.name.startswith(f"{step.use}.") else ""
    if prefix:
        yield Span(prefix)
    yield Span(step.name.removeprefix(prefix), "strong")


def _facts(step: PlanStep, awaited: Sequence[str]) -> Iterator[tuple[str, str]]:
    reads = [
        *(f"dataset {ref}" for ref in dataset_inputs(step.operation)),
        *map(_table, tables_read(step.operation)),
    ]
    writes = [
        *(f"dataset {ref}" for ref in dataset_outputs(step.operation)),
        *map(_table, tables_written(step.operation)),
    ]
    if reads:
        yield "reads", ", ".join(reads)
    if writes:
        yield "writes", ", ".join(writes)
    for text in awaited:
        yield "after", text
    yield from _more_facts(step.operation)
    if step.max_retries is not None:
        yield "retries", f"{counted(step.max_retries, 'time')} after a failure"
    if step.timeout_seconds is not None:
        yield "timeout", f"{seconds_text(step.timeout_seconds)} for one attempt"


def _more_facts(operation: Operation) -> Iterator[tuple[str, str]]:
    match operation:
        case RunSql(parameters=(_, *_)):
            yield "values", ", ".join(map(repr, operation.parameters)) + " for each %s in turn"
        case LoadTable() if operation.file_format.max_errors:
            yield (
                "leaves",
                f"out at most {counted(operation.file_format.max_errors, 'row')} that cannot be loaded",
            )
        case RunCommand():
            staging: tuple[StagedInput | StagedOutput, ...] = (*operation.inputs, *operation.outputs)
            for staged in staging:
                below = f"/{staged.subdirectory}" if staged.subdirectory else ""
                yield "stages", f"dataset {staged.dataset} in ${staged.variable}{below}"


def _table(name: object) -> str:
    return f"table {name}"


def _statements(step: PlanStep, dialect: str) -> Iterator[Line]:
    from dataduct.sql.dialect import DIALECTS

    for statement in planned_sql(step.operation, DIALECTS[dialect]):
        if statement.purpose:
            yield line("     ", Span(f"-- {statement.purpose}", "dim"))
        yield from lines_of(statement.text.strip().removesuffix(";") + ";", indent=5)


def _redacted(lines: list[Line], project: "Project") -> list[Line]:
    return [tuple(Span(project.secrets.redact(span.text), span.style) for span in each) for each in lines]
