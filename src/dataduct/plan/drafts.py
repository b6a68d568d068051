"""From the entries of a pipeline file to named steps with validated properties, composites expanded."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dataduct.definition.pipeline import PipelineDefinition, StepDefinition
from dataduct.definition.properties import validate
from dataduct.definition.tree import MappingNode, ScalarNode, at_position
from dataduct.errors import ProblemsError, UserError
from dataduct.model.dataset import DatasetRef
from dataduct.model.nearest import did_you_mean
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.plan.plan import Dependency, Phase, Use
from dataduct.plan.uses import Expansion, Place, PlacedStep, Waiting, used
from dataduct.steps.base import Step, StepProperties, SubStep

StepType = type[Step[StepProperties]]


@dataclass(slots=True, kw_only=True)
class StepDraft:
    """A step on its way into the plan: wiring fills `inputs` and `depends_on`.

    Attributes:
        node: The properties as written, with positions.
        outputs: Names of the output nodes it writes.
        parent: Name of the composite step it was expanded from, or None.
        follows: Name of the sub-step before it in the same composite, or None.
        place: Where it stands among the uses of patterns.
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
    place: Place = field(default_factory=Place)
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
    place: Place


@dataclass(frozen=True, slots=True)
class Drafts:
    """The steps of a pipeline that could be drafted, in the order written.

    Attributes:
        left_out: Names of the steps that have problems of their own; None stands for those without a written name.
        uses: The uses of patterns and `for_each` that the steps come from, by name.
        waiting: What the first steps of uses wait for.
    """

    steps: tuple[StepDraft, ...]
    left_out: frozenset[str | None]
    uses: Mapping[str, Use] = field(default_factory=dict)
    waiting: tuple[Waiting, ...] = ()


def draft_steps(
    expansion: Expansion, find_type: Callable[[str], StepType], problems: list[Problem]
) -> Drafts:
    """Return the steps of `expansion` in their order; problems are added to `problems`."""
    entries: list[_Entry] = []
    left_out = set(expansion.left_out)
    for step in expansion.steps:
        with used(problems, step.place.used_at):
            entry = _entry(step, find_type, problems, expansion.patterns)
        if entry is not None:
            entries.append(entry)
        else:
            written = step.definition.properties.entries.get("name")
            left_out.add(written.text if isinstance(written, ScalarNode) else None)
    drafts: list[StepDraft] = []
    for entry, name in _named(entries, expansion.positions, problems):
        with used(problems, entry.place.used_at):
            try:
                drafts.extend(list(_drafts(entry, name, find_type, problems)))
            except UserError as error:
                problems.extend(_problems_of(error, entry.definition))
                left_out.add(name)
    return Drafts(tuple(drafts), frozenset(left_out), expansion.uses, tuple(expansion.waiting))


def written_steps(definition: PipelineDefinition) -> Iterator[tuple[Phase, StepDefinition]]:
    """Yield the entries of a pipeline, bootstrap first and teardown last."""
    for steps in definition.bootstrap.values():
        for step in steps:
            yield "bootstrap", step
    for step in definition.steps:
        yield "main", step
    if definition.teardown is not None:
        yield "teardown", definition.teardown


def _entry(
    placed: PlacedStep,
    find_type: Callable[[str], StepType],
    problems: list[Problem],
    patterns: Callable[[], tuple[str, ...]],
) -> _Entry | None:
    step = placed.definition
    try:
        step_type = find_type(step.step_type)
    except UserError as error:
        if error.code == "DD602":
            error.hint = _nearest(step.step_type, error.hint, patterns())
        problems.extend(_problems_of(error, step))
        return None
    properties, found = validate(step_type.properties, step.properties, owner=step.step_type)
    problems.extend(found)
    if properties is None:
        return None
    assert isinstance(properties, StepProperties)
    return _Entry(step, step_type, properties, placed.phase, placed.place)


def _nearest(name: str, hint: str | None, patterns: Sequence[str]) -> str | None:
    """Return the hint at the nearest step type, or that at a pattern that is nearer still."""
    known = [] if hint is None else hint.split("`")[1:2]
    return did_you_mean(name, [*known, *patterns]) or hint


def _problems_of(error: UserError, step: StepDefinition) -> Iterator[Problem]:
    """Yield what keeps a step from being drafted: at the step, or in the code of its type and then used there."""
    position = step.type_position
    if isinstance(error, ProblemsError):
        for problem in error.problems:
            used = (*problem.used_at, position) if problem.position else problem.used_at
            yield replace(problem, position=problem.position or position, used_at=used)
    elif error.code == "DD602":
        hint = error.hint or "`dataduct steps` lists the step types"
        yield Problem(code="DD501", message=error.message, position=position, hint=hint)
    else:
        yield Problem(code=error.code, message=error.message, position=position, hint=error.hint)


def _named(
    entries: Sequence[_Entry], uses: Mapping[str, Position], problems: list[Problem]
) -> Iterator[tuple[_Entry, str]]:
    """Yield each entry with a unique name: the one written, or the step type and its subject.

    Args:
        entries: The entries in their order.
        uses: Where each use stands, by its name, which no step may have.
        problems: Where problems go.
    """
    taken: dict[str, Position] = dict(uses)
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
                    message=f"a step named `{name}` stands already at {_line(taken[name], position)}",
                    position=position,
                    expected="a name no other step of the pipeline has",
                    used_at=entry.place.used_at,
                )
            )
        taken.setdefault(name, position)
    counts: dict[str, int] = {}
    for index, entry in enumerate(entries):
        if index in repeated:
            continue
        name = entry.properties.name
        if name is None:
            name = _default_name(entry, taken, counts, problems)
            taken[name] = entry.definition.position
        yield entry, name


def _line(place: Position, seen_from: Position) -> str:
    return f"line {place.line}" if place.file == seen_from.file else f"{place.file}:{place.line}"


def _default_name(
    entry: _Entry, taken: dict[str, Position], counts: dict[str, int], problems: list[Problem]
) -> str:
    try:
        subject = entry.type.subject(entry.properties)
    except ProblemsError as error:
        problems.extend(_problems_of(error, entry.definition))
        subject = None
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
    entry: _Entry,
    name: str,
    find_type: Callable[[str], StepType],
    problems: list[Problem],
    inside: tuple[str, ...] = (),
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
            place=entry.place,
            outputs=entry.type.output_nodes(entry.properties, name),
        )
        return
    around = (*inside, entry.definition.step_type)
    previous: str | None = None
    for sub_step in sub_steps:
        sub_entry = _sub_entry(entry, sub_step, around, find_type, problems, is_first=previous is None)
        if sub_entry is None:
            return
        for draft in _drafts(sub_entry, name + sub_step.suffix, find_type, problems, around):
            draft.parent, draft.follows = name, draft.follows or previous
            yield draft
        previous = draft.name


def _sub_entry(
    entry: _Entry,
    sub_step: SubStep,
    around: tuple[str, ...],
    find_type: Callable[[str], StepType],
    problems: list[Problem],
    *,
    is_first: bool,
) -> _Entry | None:
    """Return the sub-step of a composite step as if it were written in its place; None after reporting problems."""
    if sub_step.step_type in around:
        path = " → ".join(f"`{step_type}`" for step_type in (*around, sub_step.step_type))
        raise UserError(f"the step expands to itself: {path}", code="DD569")
    try:
        sub_type = find_type(sub_step.step_type)
    except UserError as error:
        if error.code != "DD602":
            raise
        message = f"`{around[-1]}` expands to the unknown step type `{sub_step.step_type}`"
        if entry.type.expanded_at is None:
            raise UserError(message, code=error.code, hint=error.hint) from None
        raise ProblemsError(
            [Problem(code="DD501", message=message, position=entry.type.expanded_at, hint=error.hint)]
        ) from None
    node = at_position(dict(sub_step.properties), entry.definition.position)
    assert isinstance(node, MappingNode)
    written = entry.definition.properties
    kept = {"max_retries", "timeout"} | ({"depends_on", "input_node", "input_path"} if is_first else set())
    shared = {key: value for key, value in written.entries.items() if key in kept}
    node = MappingNode({**shared, **node.entries}, node.position, {**node.keys, **written.keys})
    properties, found = validate(sub_type.properties, node, owner=sub_step.step_type)
    problems.extend(_blamed(problem, entry) for problem in found)
    if properties is None:
        return None
    assert isinstance(properties, StepProperties)
    definition = replace(entry.definition, step_type=sub_step.step_type, properties=node)
    return _Entry(definition, sub_type, properties, entry.phase, entry.place)


def _blamed(problem: Problem, entry: _Entry) -> Problem:
    """Return the problem at the code that wrote the sub-step, unless it is about a property written by the user."""
    place = entry.definition.position
    if entry.type.expanded_at is None or problem.position != place:
        return problem
    return replace(problem, position=entry.type.expanded_at, used_at=(entry.definition.type_position,))
