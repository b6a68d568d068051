"""From a pipeline definition to a plan, with no I/O but reading the files it names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dataduct.definition.durations import parse_duration
from dataduct.definition.pipeline import PipelineDefinition
from dataduct.definition.templates import check, has_template
from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode
from dataduct.model.dataset import DatasetRef, format_of_name
from dataduct.model.operations import CopyDataset, Operation
from dataduct.model.problem import Problem
from dataduct.model.s3_uri import is_s3_uri, parse_s3_uri
from dataduct.model.template import TemplateSource
from dataduct.plan.drafts import StepDraft, StepType, draft_steps
from dataduct.plan.formats import with_formats
from dataduct.plan.graph import CycleError, Graph
from dataduct.plan.plan import Dependency, Plan, PlanStep
from dataduct.plan.rules import check_rules
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
        find_type: Gives the step type of a name; raises UserError if there is none.
    """

    dialect: str
    connections: Mapping[str, str]
    project_directory: Path
    resource_directories: tuple[Path, ...]
    find_type: Callable[[str], StepType]
    variables: Mapping[str, str]
    step_settings: StepSettings = field(default_factory=StepSettings)


def compile_pipeline(
    definition: PipelineDefinition, environment: CompileEnvironment, problems: list[Problem]
) -> Plan | None:
    """Return the plan of `definition`, or None if there are errors; every problem is added to `problems`."""
    variables = {**environment.variables, **_variables(definition)}
    drafted = draft_steps(definition, environment.find_type, problems)
    drafts = drafted.steps
    wiring = Wiring(drafted, problems)
    wiring.connect()
    operations: dict[str, Operation] = {}
    templates: dict[str, tuple[TemplateSource, ...]] = {}
    implicit: dict[str, PlanStep] = {}
    directory = Path(definition.file).absolute().parent
    for draft in drafts:
        context = _context(draft, definition.name, directory, environment, problems)
        if draft.properties.input_path is not None:
            _add_input_path(draft, context, implicit)
            context = replace(context, inputs=tuple(draft.inputs))
        operation = draft.type.lower(draft.properties, context)
        templates[draft.name] = (*_templates_in(draft.node), *context.templates)
        if operation is not None:
            operations[draft.name] = operation
    for source in dict.fromkeys(source for sources in templates.values() for source in sources):
        problems.extend(check(source, variables))
    wiring.connect_tables(operations)
    order = _order(drafts, implicit, problems)
    if not drafted.left_out:
        problems.extend(check_rules(drafts, operations))
    if any(problem.severity == "error" for problem in problems):
        return None
    by_name = {draft.name: draft for draft in drafts}
    steps = tuple(
        implicit[name]
        if name in implicit
        else _plan_step(by_name[name], operations[name], templates[name], implicit)
        for name in order
    )
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
    )


def _variables(definition: PipelineDefinition) -> dict[str, str]:
    return {
        name: node.text if isinstance(node, ScalarNode) else "" for name, node in definition.variables.items()
    }


def _context(
    draft: StepDraft,
    pipeline: str,
    directory: Path,
    environment: CompileEnvironment,
    problems: list[Problem],
) -> LoweringContext:
    return LoweringContext(
        step=draft.name,
        inputs=tuple(draft.inputs),
        dialect=environment.dialect,
        connections=environment.connections,
        pipeline_directory=directory,
        project_directory=environment.project_directory,
        resource_directories=environment.resource_directories,
        positions={name: value.position for name, value in draft.node.entries.items()},
        position=draft.position,
        problems=problems,
        pipeline=pipeline,
        settings=environment.step_settings,
    )


def _copy_name(draft: StepDraft) -> str:
    """Return the name of the implicit step that copies the files of `input_path`."""
    return f"{draft.name}-input"


def _add_input_path(draft: StepDraft, context: LoweringContext, implicit: dict[str, PlanStep]) -> None:
    """Turn `input_path` into a copy step of its own, whose dataset is the step's input."""
    path = draft.properties.input_path
    if path is None or draft.properties.input_node is not None:
        return
    name = _copy_name(draft)
    reference = DatasetRef(name, name)
    from_s3 = is_s3_uri(path)
    source = _checked_uri(path, context) if from_s3 else context.location(path, of="input_path")
    if source is None:
        return
    format = format_of_name(source)
    implicit[name] = PlanStep(
        name=name,
        step_type="extract-s3" if from_s3 else "extract-local",
        operation=CopyDataset(
            source=source,
            output=reference,
            format=format,
            detects_format=from_s3 and format == "files",
        ),
        phase=draft.phase,
        parent=draft.name,
        position=draft.position_of("input_path"),
        depends_on=tuple(edge for edge in draft.depends_on.values() if edge.reason == "bootstrap"),
    )
    draft.inputs.append((reference, None))


def _checked_uri(uri: str, context: LoweringContext) -> str | None:
    try:
        if not has_template(uri):
            parse_s3_uri(uri)
    except ValueError as error:
        context.report("DD860", str(error), of="input_path", expected="`s3://bucket/path`")
        return None
    return uri


def _templates_in(node: Node) -> tuple[TemplateSource, ...]:
    """Return every text below `node` that holds a template, with its place."""
    match node:
        case ScalarNode() if isinstance(node.value, str) and has_template(node.value):
            return (text_source(node),)
        case SequenceNode():
            return tuple(source for item in node.items for source in _templates_in(item))
        case MappingNode():
            return tuple(source for item in node.entries.values() for source in _templates_in(item))
        case _:
            return ()


def text_source(node: ScalarNode) -> TemplateSource:
    """Return the text of a scalar with the place of its first character."""
    position = node.position
    if node.indent is not None:
        start = type(position)(position.file, node.first_line, node.indent + 1)
        return TemplateSource(node.text, start, node.indent)
    offset = 1 if node.quoted else 0
    start = type(position)(position.file, position.line, position.column + offset)
    return TemplateSource(node.text, start)


def _order(
    drafts: Sequence[StepDraft], implicit: dict[str, PlanStep], problems: list[Problem]
) -> tuple[str, ...]:
    parents: dict[str, list[str]] = {}
    for draft in drafts:
        copy = _copy_name(draft)
        if copy in implicit:
            parents[copy] = [edge.step for edge in implicit[copy].depends_on]
        parents[draft.name] = [*draft.depends_on, *([copy] if copy in implicit else [])]
    try:
        return Graph(parents).order()
    except CycleError as error:
        positions = {draft.name: draft.position for draft in drafts}
        problems.append(cycle_problem(error.cycle, positions.__getitem__))
        return ()


def _plan_step(
    draft: StepDraft,
    operation: Operation,
    templates: tuple[TemplateSource, ...],
    implicit: dict[str, PlanStep],
) -> PlanStep:
    depends_on = tuple(draft.depends_on.values())
    copy = _copy_name(draft)
    if copy in implicit:
        depends_on += (Dependency(copy, "input", copy),)
    properties = draft.properties
    return PlanStep(
        name=draft.name,
        step_type=draft.step_type,
        operation=operation,
        depends_on=depends_on,
        phase=draft.phase,
        parent=draft.parent,
        max_retries=properties.max_retries,
        timeout_seconds=parse_duration(properties.timeout) if properties.timeout else None,
        templates=templates,
        position=draft.position,
        description=properties.description,
    )
