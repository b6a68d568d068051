"""From wired drafts to operations, with the templates that each step's texts hold."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from dataduct.definition.templates import check, has_template
from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode, text_source
from dataduct.model.operations import Extract, Operation, Unload
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.model.template import TemplateSource
from dataduct.plan.drafts import StepDraft
from dataduct.plan.implicit_steps import ImplicitSteps
from dataduct.plan.uses import used
from dataduct.steps.context import LoweringContext

Templates = tuple[TemplateSource, ...]


@dataclass(frozen=True, slots=True)
class Lowered:
    """What the drafts of a pipeline come to.

    Attributes:
        operations: By step; a step with problems has none.
        templates: The user's texts with templates, by step.
        implicit: The steps that input and output paths stand for.
    """

    implicit: ImplicitSteps
    operations: dict[str, Operation] = field(default_factory=dict)
    templates: dict[str, Templates] = field(default_factory=dict)


def lower_drafts(
    drafts: Sequence[StepDraft], surroundings: LoweringContext, problems: list[Problem]
) -> Lowered:
    """Return the operations of `drafts`; problems are added to `problems`."""
    lowered = Lowered(ImplicitSteps(draft.name for draft in drafts))
    for draft in drafts:
        with used(problems, draft.place.used_at):
            operation = _lower(draft, _context(draft, surroundings), lowered)
        if operation is not None:
            lowered.operations[draft.name] = operation
    return lowered


def _context(draft: StepDraft, surroundings: LoweringContext) -> LoweringContext:
    return replace(
        surroundings,
        step=draft.name,
        inputs=tuple(draft.inputs),
        positions={name: value.position for name, value in draft.node.entries.items()},
        position=draft.position,
        templates=[],
    )


def _lower(draft: StepDraft, context: LoweringContext, lowered: Lowered) -> Operation | None:
    if draft.properties.input_path is not None:
        lowered.implicit.add_input(draft, context, _templates_of(draft, "input_path"))
        context = replace(context, inputs=tuple(draft.inputs))
    operation = draft.type.lower(draft.properties, context)
    lowered.implicit.add_outputs(
        draft,
        context,
        _templates_of(draft, "output_path"),
        writes_rows=isinstance(operation, Extract | Unload),
    )
    lowered.templates[draft.name] = (*_templates_in(draft.node), *context.templates)
    return operation


def check_templates(
    drafts: Iterable[StepDraft], templates: dict[str, Templates], variables: Collection[str]
) -> list[Problem]:
    """Return what is wrong with the templates of all steps; a text that several uses share is checked once."""
    places: dict[TemplateSource, dict[tuple[Position, ...], None]] = {}
    for draft in drafts:
        for source in templates[draft.name]:
            places.setdefault(source, {})[draft.place.used_at] = None
    return [
        replace(problem, used_at=used_at)
        for source, uses in places.items()
        for problem in check(source, variables)
        for used_at in uses
    ]


def _templates_of(draft: StepDraft, name: str) -> Templates:
    node = draft.node.entries.get(name)
    return () if node is None else _templates_in(node)


def _templates_in(node: Node) -> Templates:
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
