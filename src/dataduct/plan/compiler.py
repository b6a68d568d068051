"""From a pipeline definition to a plan, with no I/O but reading the files it names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import time
from functools import cache
from pathlib import Path

from dataduct.definition.durations import parse_duration
from dataduct.definition.patterns import PatternCatalog
from dataduct.definition.pipeline import PipelineDefinition
from dataduct.definition.tree import Node, ScalarNode
from dataduct.errors import UserError
from dataduct.model.problem import Problem
from dataduct.plan.drafts import StepDraft, StepType, draft_steps, written_steps
from dataduct.plan.expansion import Expander
from dataduct.plan.formats import with_formats
from dataduct.plan.graph import CycleError, Graph
from dataduct.plan.implicit_steps import ImplicitSteps
from dataduct.plan.items import Items
from dataduct.plan.lifecycle import with_lifecycle, without_idle_bootstrap
from dataduct.plan.lowering import Lowered, check_templates, lower_drafts
from dataduct.plan.plan import Plan, PlanStep
from dataduct.plan.rules import check_rules
from dataduct.plan.uses import with_given
from dataduct.plan.wiring import Wiring, cycle_problem
from dataduct.steps.base import LoweringContext
from dataduct.steps.context import StepSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileEnvironment:
    """What compiling looks at besides the pipeline itself.

    Attributes:
        dialect: Dialect of the configured warehouse.
        connections: Alias → type of the configured connections.
        variables: Variables of the settings; the pipeline's own come on top.
        step_settings: What steps need to know of the settings.
        default_load_time: Time of day of pipelines that name none; None leaves it to the pipeline.
        frequency_override: Frequency of every pipeline, whatever its file says; None leaves it to the pipeline.
        lifecycle: `bootstrap` and `teardown` of the settings as they are written, for pipelines without their own.
        jobs: Kinds of jobs that the engine can run.
        patterns: The patterns of the project.
        find_type: Gives the step type of a name; raises UserError if there is none.
    """

    dialect: str
    connections: Mapping[str, str]
    project_directory: Path
    resource_directories: tuple[Path, ...]
    find_type: Callable[[str], StepType]
    variables: Mapping[str, str]
    step_settings: StepSettings = field(default_factory=StepSettings)
    default_load_time: time | None = None
    frequency_override: str | None = None
    jobs: frozenset[str] = frozenset()
    lifecycle: Mapping[str, Node] = field(default_factory=dict)
    patterns: PatternCatalog = field(default_factory=PatternCatalog)


def compile_pipeline(
    definition: PipelineDefinition, environment: CompileEnvironment, problems: list[Problem]
) -> Plan | None:
    """Return the plan of `definition`, or None if there are errors; every problem is added to `problems`."""
    definition = _as_settings_say(definition, environment)
    definition = with_lifecycle(definition, environment.lifecycle, problems)
    variables = {**environment.variables, **_variables(definition)}
    surroundings = _surroundings(definition, environment, problems)
    expander = Expander(environment.patterns, _finder(environment.find_type), Items(surroundings), problems)
    expansion = expander.expand(written_steps(definition))
    drafted = draft_steps(expansion, environment.find_type, problems)
    drafted = without_idle_bootstrap(drafted, definition)
    drafts = drafted.steps
    wiring = Wiring(drafted, problems)
    wiring.connect()
    lowered = lower_drafts(drafts, surroundings, problems)
    problems.extend(check_templates(drafts, lowered.templates, variables))
    wiring.connect_tables(lowered.operations)
    order = _order(drafts, lowered.implicit, problems)
    if not drafted.left_out:
        problems.extend(check_rules(drafts, lowered.operations, environment.jobs))
    with_given(problems, expansion)
    if any(problem.severity == "error" for problem in problems):
        return None
    by_name = {draft.name: draft for draft in drafts}
    steps = tuple(_plan_step(name, by_name, lowered) for name in order)
    return Plan(
        pipeline=definition.name,
        file=definition.file,
        schedule=definition.schedule,
        dialect=environment.dialect,
        steps=with_formats(steps),
        description=definition.description,
        variables=variables,
        max_retries=definition.max_retries,
        timeout_seconds=definition.timeout_seconds,
        uses=tuple(expansion.uses.values()),
    )


def _as_settings_say(definition: PipelineDefinition, environment: CompileEnvironment) -> PipelineDefinition:
    """Return the pipeline under its name with the prefix, on the schedule that the settings make of its own."""
    schedule = definition.schedule
    if environment.default_load_time is not None and "load_time" not in definition.header.entries:
        schedule = replace(schedule, load_time=environment.default_load_time)
    if environment.frequency_override is not None:
        schedule = replace(schedule, frequency=environment.frequency_override)
    return replace(
        definition, name=environment.step_settings.name_prefix + definition.name, schedule=schedule
    )


def _variables(definition: PipelineDefinition) -> dict[str, str]:
    return {
        name: node.text if isinstance(node, ScalarNode) else "" for name, node in definition.variables.items()
    }


def _surroundings(
    definition: PipelineDefinition, environment: CompileEnvironment, problems: list[Problem]
) -> LoweringContext:
    """Return what every step of the pipeline sees, without what is its own."""
    return LoweringContext(
        step="",
        inputs=(),
        dialect=environment.dialect,
        connections=environment.connections,
        pipeline_directory=Path(definition.file).absolute().parent,
        project_directory=environment.project_directory,
        resource_directories=environment.resource_directories,
        positions={},
        position=definition.header.position,
        problems=problems,
        pipeline=definition.name,
        settings=environment.step_settings,
    )


def _finder(find_type: Callable[[str], StepType]) -> Callable[[str], bool]:
    """Return whether a name is that of a step type, as a function that asks for each name once."""

    @cache
    def is_step_type(name: str) -> bool:
        try:
            find_type(name)
        except UserError as error:
            return error.code != "DD602"
        return True

    return is_step_type


def _order(drafts: Sequence[StepDraft], implicit: ImplicitSteps, problems: list[Problem]) -> tuple[str, ...]:
    parents: dict[str, list[str]] = {}
    for draft in drafts:
        for step in implicit.before(draft):
            parents[step.name] = [edge.step for edge in step.depends_on]
        parents[draft.name] = [edge.step for edge in implicit.dependencies(draft)]
        for step in implicit.after(draft):
            parents[step.name] = [edge.step for edge in step.depends_on]
    try:
        return Graph(parents).order()
    except CycleError as error:
        positions = {
            name: draft.position
            for draft in drafts
            for name in (
                draft.name,
                *(step.name for step in (*implicit.before(draft), *implicit.after(draft))),
            )
        }
        problems.append(cycle_problem(error.cycle, positions.__getitem__))
        return ()


def _plan_step(name: str, drafts: Mapping[str, StepDraft], lowered: Lowered) -> PlanStep:
    implicit = lowered.implicit.find(name)
    if implicit is not None:
        place = drafts[implicit.parent or ""].place
        return replace(implicit, used_at=place.used_at, use=place.uses[-1] if place.uses else None)
    draft = drafts[name]
    properties = draft.properties
    return PlanStep(
        name=name,
        step_type=draft.step_type,
        operation=lowered.operations[name],
        depends_on=lowered.implicit.dependencies(draft),
        phase=draft.phase,
        parent=draft.parent,
        max_retries=properties.max_retries,
        timeout_seconds=parse_duration(properties.timeout) if properties.timeout else None,
        templates=lowered.templates[name],
        position=draft.position,
        used_at=draft.place.used_at,
        use=draft.place.uses[-1] if draft.place.uses else None,
        description=properties.description,
    )
