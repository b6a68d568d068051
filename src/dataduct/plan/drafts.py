"""From the entries of a pipeline file to named steps with validated properties, composites expanded."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from dataduct.definition.pipeline import PipelineDefinition, StepDefinition
from dataduct.definition.properties import validate
from dataduct.definition.tree import MappingNode, ScalarNode, at_position
from dataduct.errors import UserError
from dataduct.model.dataset import DatasetRef
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.plan.plan import Dependency, Phase
from dataduct.steps.base import Step, StepProperties

StepType = type[Step[StepProperties]]


@dataclass(slots=True, kw_only=True)
class StepDraft:
    """A step on its way into the plan: wiring fills `inputs` and `depends_on`.

    Attributes:
        node: The properties as written, with positions.
        outputs: Names of the output nodes it writes.
        parent: Name of the composite step it was expanded from, or None.
        follows: Name of the sub-step before it in the same composite, or None.
    """

    name: str
    step_type: str
    type: StepType
    properties: StepProperties
    node: MappingNode
    position: Position
    phase: Phase
    outputs: tuple[str, ...]
    parent: str | None = None
    follows: str | None = None
    inputs: list[tuple[DatasetRef, str | None]] = field(default_factory=list)
    depends_on: dict[str, Dependency] = field(default_factory=dict)

    def position_of(self, name: str) -> Position:
        """Return where the value of property `name` stands, or the step if it is not written."""
        value = self.node.entries.get(name)
        return value.position if value is not None else self.position

    def add_dependency(self, dependency: Dependency) -> None:
        """Wait for a step, once: the first reason given is kept, save that a table is a better one than the chain."""
        known = self.depends_on.get(dependency.step)
        if known is None or (known.reason == "chain" and dependency.reason == "table"):
            self.depends_on[dependency.step] = dependency


@dataclass(frozen=True, slots=True)
class _Entry:
    definition: StepDefinition
    type: StepType
    properties: StepProperties
    phase: Phase


@dataclass(frozen=True, slots=True)
class Drafts:
    """The steps of a pipeline that could be drafted, in the order written.

    Attributes:
        left_out: Names of the steps that have problems of their own; None stands for those without a written name.
    """

    steps: tuple[StepDraft, ...]
    left_out: frozenset[str | None]


def draft_steps(
    definition: PipelineDefinition, find_type: Callable[[str], StepType], problems: list[Problem]
) -> Drafts:
    """Return the steps of `definition`, bootstrap first and teardown last; problems are added to `problems`."""
    entries: list[_Entry] = []
    left_out: set[str | None] = set()
    for phase, step in _written(definition):
        entry = _entry(step, phase, find_type, problems)
        if entry is not None:
            entries.append(entry)
        else:
            written = step.properties.entries.get("name")
            left_out.add(written.text if isinstance(written, ScalarNode) else None)
    drafts: list[StepDraft] = []
    for entry, name in _named(entries, problems):
        drafts.extend(_drafts(entry, name, find_type, problems))
    return Drafts(tuple(drafts), frozenset(left_out))


def _written(definition: PipelineDefinition) -> Iterator[tuple[Phase, StepDefinition]]:
    for steps in definition.bootstrap.values():
        for step in steps:
            yield "bootstrap", step
    for step in definition.steps:
        yield "main", step
    if definition.teardown is not None:
        yield "teardown", definition.teardown


def _entry(
    step: StepDefinition, phase: Phase, find_type: Callable[[str], StepType], problems: list[Problem]
) -> _Entry | None:
    try:
        step_type = find_type(step.step_type)
    except UserError as error:
        problems.append(
            Problem(
                code="DD501",
                message=f"unknown step type `{step.step_type}`",
                position=step.type_position,
                hint=error.hint or "`dataduct steps` lists the step types",
            )
        )
        return None
    properties, found = validate(step_type.properties, step.properties, owner=step.step_type)
    problems.extend(found)
    if properties is None:
        return None
    assert isinstance(properties, StepProperties)
    return _Entry(step, step_type, properties, phase)


def _named(entries: Sequence[_Entry], problems: list[Problem]) -> Iterator[tuple[_Entry, str]]:
    """Yield each entry with a unique name: the one written, or the step type and its subject."""
    taken: dict[str, Position] = {}
    repeated: set[int] = set()
    for index, entry in enumerate(entries):
        name = entry.properties.name
        if name is None:
            continue
        position = _position_of(entry, "name")
        if name in taken:
            repeated.add(index)
            problems.append(
                Problem(
                    code="DD502",
                    message=f"a step named `{name}` stands already at line {taken[name].line}",
                    position=position,
                    expected="a name no other step of the pipeline has",
                )
            )
        taken.setdefault(name, position)
    counts: dict[str, int] = {}
    for index, entry in enumerate(entries):
        if index in repeated:
            continue
        name = entry.properties.name
        if name is None:
            name = _default_name(entry, taken, counts)
            taken[name] = entry.definition.position
        yield entry, name


def _default_name(entry: _Entry, taken: dict[str, Position], counts: dict[str, int]) -> str:
    subject = entry.type.subject(entry.properties)
    base = f"{entry.definition.step_type}-{subject}" if subject else entry.definition.step_type
    counts[base] = counts.get(base, 0) + 1
    name = base if counts[base] == 1 else f"{base}-{counts[base]}"
    while name in taken:
        counts[base] += 1
        name = f"{base}-{counts[base]}"
    return name


def _position_of(entry: _Entry, name: str) -> Position:
    value = entry.definition.properties.entries.get(name)
    return value.position if value is not None else entry.definition.position


def _drafts(
    entry: _Entry, name: str, find_type: Callable[[str], StepType], problems: list[Problem]
) -> Iterator[StepDraft]:
    sub_steps = list(entry.type.expand(entry.properties))
    if not sub_steps:
        yield StepDraft(
            name=name,
            step_type=entry.definition.step_type,
            type=entry.type,
            properties=entry.properties,
            node=entry.definition.properties,
            position=entry.definition.position,
            phase=entry.phase,
            outputs=entry.type.output_nodes(entry.properties, name),
        )
        return
    inherited = {"depends_on", "input_node", "input_path"}
    previous: str | None = None
    for sub_step in sub_steps:
        sub_type = find_type(sub_step.step_type)
        node = at_position(dict(sub_step.properties), entry.definition.position)
        assert isinstance(node, MappingNode)
        written = entry.definition.properties
        kept = {"max_retries", "timeout"} | (inherited if previous is None else set())
        shared = {key: value for key, value in written.entries.items() if key in kept}
        node = MappingNode({**shared, **node.entries}, node.position, {**node.keys, **written.keys})
        properties, found = validate(sub_type.properties, node, owner=sub_step.step_type)
        problems.extend(found)
        if properties is None:
            return
        assert isinstance(properties, StepProperties)
        sub_name = name + sub_step.suffix
        yield StepDraft(
            name=sub_name,
            step_type=sub_step.step_type,
            type=sub_type,
            properties=properties,
            node=node,
            position=entry.definition.position,
            phase=entry.phase,
            outputs=sub_type.output_nodes(properties, sub_name),
            parent=name,
            follows=previous,
        )
        previous = sub_name
