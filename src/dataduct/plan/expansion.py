"""Patterns and `for_each` expanded: from the entries written to steps of step types, each with its place."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from dataduct.definition.filling import Values, fill_step, fill_steps
from dataduct.definition.parameters import USE_PROPERTIES, bind_parameters
from dataduct.definition.patterns import Pattern, PatternCatalog
from dataduct.definition.pipeline import StepDefinition
from dataduct.definition.properties import validate
from dataduct.definition.step_reader import StepReader
from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode, without
from dataduct.model.position import Position
from dataduct.model.problem import Problem, report
from dataduct.plan.items import Item, Items
from dataduct.plan.plan import Phase, Use
from dataduct.plan.uses import Expansion, Place, PlacedStep, Waiting, used
from dataduct.steps.base import StepProperties

MAX_STEPS: Final = 20_000
"""Steps that one pipeline may expand to."""

_ALL: Final = ("max_retries", "timeout")
"""Properties of a use that every one of its steps without its own gets."""

_INPUTS: Final = ("input_node", "input_path")
_GROUP: Final = "for-each"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What an entry stands in.

    Attributes:
        patterns: Names of the patterns being expanded, from the outside in.
        inherited: Properties of the uses around that its steps get.
        counts: How often each default name was given in this scope.
    """

    phase: Phase
    place: Place = field(default_factory=Place)
    patterns: tuple[str, ...] = ()
    inherited: Mapping[str, Node] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def parent(self) -> str | None:
        return self.place.uses[-1] if self.place.uses else None

    def full(self, name: str) -> str:
        """Return the name in the pipeline of what is called `name` here."""
        return f"{self.place.scope[-1]}.{name}" if self.place.scope else name

    def numbered(self, name: str) -> str:
        """Return `name`, or `name-2`, `name-3` where it was given already."""
        self.counts[name] = self.counts.get(name, 0) + 1
        return name if self.counts[name] == 1 else f"{name}-{self.counts[name]}"


class TooManyStepsError(Exception):
    """The pipeline expands to more than `MAX_STEPS` steps."""


class Expander:
    """Expands the entries of one pipeline.

    Args:
        patterns: The patterns of the project.
        is_step_type: Whether a name is that of a step type.
        items: Reads the items of `for_each` and table definitions.
        problems: Where problems go.
    """

    def __init__(
        self,
        patterns: PatternCatalog,
        is_step_type: Callable[[str], bool],
        items: Items,
        problems: list[Problem],
    ) -> None:
        self._patterns = patterns
        self._is_step_type = is_step_type
        self._items = items
        self._problems = problems
        self._expansion = Expansion(patterns=patterns.names)
        self._reported: set[str] = set()

    def expand(self, entries: Iterable[tuple[Phase, StepDefinition]]) -> Expansion:
        """Return the steps that `entries` come to."""
        around: dict[Phase, _Around] = {}
        counts: dict[str, int] = {}
        try:
            for phase, entry in entries:
                outside = around.setdefault(phase, _Around(phase=phase, counts=counts))
                known = len(self._expansion.steps)
                self._expand(entry, outside)
                steps = len(self._expansion.steps) - known
                if phase == "teardown" and steps > 1:
                    report(
                        self._problems,
                        "DD540",
                        f"the teardown is one step, and this comes to {steps}",
                        entry.type_position,
                    )
        except TooManyStepsError:
            self._expansion.left_out.add(None)
        return self._expansion

    def _expand(self, entry: StepDefinition, around: _Around) -> None:
        if entry.for_each is not None:
            with used(self._problems, around.place.used_at):
                items = self._items.of(entry.for_each)
            if items is None:
                self._leave_out(entry, around)
                return
            self._expand_items(entry, items, around)
            return
        pattern = self._patterns.find(entry.step_type)
        if pattern is None:
            self._place(entry, around)
        elif self._usable(pattern, entry, around):
            name = _written_name(entry) or around.numbered(pattern.name)
            self._expand_pattern(pattern, entry, around.full(name), around)
        else:
            self._leave_out(entry, around)

    def _expand_items(self, entry: StepDefinition, items: list[Item], around: _Around) -> None:
        """Expand an entry once for each item."""
        assert entry.entry is not None
        written = _written_name(entry)
        named_by_item = written is not None and "{{" in written
        base = written if written is not None and not named_by_item else self._default(entry, around)
        whole = around.full(base)
        pattern = self._patterns.find(entry.step_type)
        self._add_use(
            Use(
                name=whole,
                pattern=pattern.name if pattern else None,
                file=pattern.file if pattern else None,
                items=len(items),
                parent=around.parent,
            ),
            entry,
            around,
        )
        inside = replace(around, place=replace(around.place, uses=(*around.place.uses, whole)))
        seen: dict[str, Item] = {}
        for item in items:
            place = inside.place
            if item.position is not None:
                place = replace(place, used_at=(item.position, *place.used_at))
            here = replace(inside, place=place)
            known = len(self._problems)
            with used(self._problems, place.used_at):
                values = Values(item=item.value, systems=self._items.systems)
                filled = fill_step(entry.entry, values, self._problems)
                self._expansion.filled.append((filled, place.used_at))
                step = StepReader(self._problems, in_item=True).step(filled, "for_each")
            if step is None or self._failed(known):
                self._leave_out(entry, around)
                continue
            own = _written_name(step) if named_by_item else None
            label = item.label if entry.steps is not None and written is None else f"{base}-{item.label}"
            name = own or label
            if name in seen:
                self._report_twice(name, item, entry, around)
                continue
            seen[name] = item
            self._expand_item(step, name, here)

    def _expand_item(self, step: StepDefinition, name: str, around: _Around) -> None:
        full = around.full(name)
        if step.steps is not None:
            self._expand_steps(step, step.steps, full, around, place=around.place, pattern=None)
            return
        pattern = self._patterns.find(step.step_type)
        if pattern is None:
            self._place(_named(step, name), around, block=full)
        elif self._usable(pattern, step, around):
            self._expand_pattern(pattern, step, full, around)
        else:
            self._leave_out(step, around)

    def _expand_pattern(self, pattern: Pattern, entry: StepDefinition, name: str, around: _Around) -> None:
        place = replace(around.place, used_at=(entry.type_position, *around.place.used_at))
        known = len(self._problems)
        with used(self._problems, around.place.used_at):
            values = bind_parameters(
                pattern.parameters,
                entry.properties,
                self._problems,
                pattern=pattern.name,
                at=entry.type_position,
                read_table=self._items.table,
            )
        if values is None:
            self._leave_out(entry, around)
            return
        with used(self._problems, place.used_at):
            bound = Values(parameters=values, pattern=pattern.name, systems=self._items.systems)
            steps = fill_steps(pattern.steps, bound, self._problems)
            self._expansion.filled.append((steps, place.used_at))
        if self._failed(known):
            self._leave_out(entry, around)
            return
        self._expand_steps(entry, steps, name, around, place=place, pattern=pattern)

    def _expand_steps(
        self,
        entry: StepDefinition,
        steps: SequenceNode,
        name: str,
        around: _Around,
        *,
        place: Place,
        pattern: Pattern | None,
    ) -> None:
        """Expand the steps of a use called `name`, which stand at `place`."""
        properties = self._use_properties(entry, around, of_pattern=pattern is not None)
        if properties is None:
            self._leave_out(entry, around)
            return
        added = self._add_use(
            Use(
                name=name,
                pattern=pattern.name if pattern else None,
                file=pattern.file if pattern else None,
                parent=around.parent,
                description=properties.description,
            ),
            entry,
            around,
        )
        if not added:
            return
        if properties.depends_on:
            node = entry.properties.entries["depends_on"]
            self._expansion.waiting.append(Waiting(name, properties.depends_on, node.position, around.place))
        inside = _Around(
            phase=around.phase,
            place=replace(
                place,
                scope=(*place.scope, name),
                uses=(*place.uses, name),
                block=name,
                input_scope=None,
            ),
            patterns=(*around.patterns, pattern.name) if pattern else around.patterns,
            inherited={**around.inherited, **_chosen(entry, _ALL)},
        )
        with used(self._problems, inside.place.used_at):
            read = StepReader(self._problems).list(steps, "steps")
        for index, step in enumerate(read):
            if index == 0:
                self._expand_first(step, entry, inside, around)
            else:
                self._expand(step, inside)

    def _expand_first(
        self, step: StepDefinition, entry: StepDefinition, inside: _Around, around: _Around
    ) -> None:
        """Expand the first step of a use, which gets the input that the use names."""
        given = _chosen(entry, _INPUTS)
        own = [name for name in _INPUTS if name in step.properties.entries]
        if given and own:
            name = next(iter(given))
            report(
                self._problems,
                "DD541",
                f"`{name}` is the input of the first step, which names its `{own[0]}` itself",
                given[name].position,
                hint=f"remove `{name}` here, or make the pattern's a parameter",
                used_at=around.place.used_at,
            )
            return
        if not given:
            self._expand(step, inside)
            return
        outer = around.place.input_scope if around.place.input_scope is not None else around.place.scope
        place = replace(inside.place, input_scope=outer)
        properties = _with(step.properties, given)
        in_entry = None if step.entry is None else _with(step.entry, given)
        self._expand(replace(step, properties=properties, entry=in_entry), replace(inside, place=place))

    def _use_properties(
        self, entry: StepDefinition, around: _Around, *, of_pattern: bool
    ) -> StepProperties | None:
        own = entry.properties
        if of_pattern:
            own = without(own, *(key for key in own.entries if key not in USE_PROPERTIES))
        with used(self._problems, around.place.used_at):
            properties, found = validate(StepProperties, own, owner=entry.step_type or "a `for_each`")
            self._problems.extend(found)
        return properties if isinstance(properties, StepProperties) else None

    def _usable(self, pattern: Pattern, entry: StepDefinition, around: _Around) -> bool:
        """Whether a pattern can be expanded here; reports why not, what is wrong with its file once only."""
        used_at = around.place.used_at
        if self._is_step_type(pattern.name):
            report(
                self._problems,
                "DD532",
                f"`{pattern.name}` is a step type and a pattern ({pattern.file})",
                entry.type_position,
                hint="rename the pattern's file",
                used_at=used_at,
            )
            return False
        if pattern.name in around.patterns:
            cycle = [*around.patterns[around.patterns.index(pattern.name) :], pattern.name]
            report(
                self._problems,
                "DD521",
                f"pattern `{pattern.name}` uses itself: {' → '.join(cycle)}",
                entry.type_position,
                expected="patterns that lead to step types",
                hint="take one of the uses out of the cycle",
                used_at=used_at,
            )
            return False
        if not pattern.usable and pattern.name not in self._reported:
            self._reported.add(pattern.name)
            with used(self._problems, (entry.type_position, *used_at)):
                self._problems.extend(pattern.problems)
        return pattern.usable

    def _place(self, entry: StepDefinition, around: _Around, *, block: str | None = None) -> None:
        """Add a step of a step type, under its full name and with the properties of the uses around."""
        if len(self._expansion.steps) >= MAX_STEPS:
            report(
                self._problems,
                "DD539",
                f"the pipeline comes to more than {MAX_STEPS:,} steps",
                entry.type_position,
                hint="split it into several pipelines",
                used_at=around.place.used_at,
            )
            raise TooManyStepsError
        if around.place.scope or block is not None:
            name = _written_name(entry) or around.numbered(entry.step_type)
            entry = _named(entry, around.full(name))
        inherited = {
            key: node for key, node in around.inherited.items() if key not in entry.properties.entries
        }
        if inherited:
            entry = replace(entry, properties=_with(entry.properties, inherited))
        place = around.place if block is None else replace(around.place, block=block)
        self._expansion.steps.append(PlacedStep(around.phase, entry, place))

    def _default(self, entry: StepDefinition, around: _Around) -> str:
        """Return the name that an entry without one has."""
        return around.numbered(_GROUP if entry.steps is not None else entry.step_type)

    def _add_use(self, use: Use, entry: StepDefinition, around: _Around) -> bool:
        if use.name in self._expansion.uses:
            first = self._expansion.positions[use.name]
            position = _position_of_name(entry)
            report(
                self._problems,
                "DD542",
                f"`{use.name}` is used already at {first.file}:{first.line}",
                position,
                expected="a name that nothing else of the pipeline has",
                hint="give it another `name`",
                used_at=around.place.used_at,
            )
            return False
        self._expansion.uses[use.name] = use
        self._expansion.positions[use.name] = _position_of_name(entry)
        return True

    def _failed(self, known: int) -> bool:
        """Whether an error was added behind the first `known` problems."""
        return any(problem.severity == "error" for problem in self._problems[known:])

    def _leave_out(self, entry: StepDefinition, around: _Around) -> None:
        name = _written_name(entry)
        self._expansion.left_out.add(None if name is None or around.place.scope else name)

    def _report_twice(self, name: str, item: Item, entry: StepDefinition, around: _Around) -> None:
        node = entry.for_each
        position = item.position or (node.position if node is not None else entry.position)
        key = "{{ item.schema }}-{{ item.name }}" if item.position is None else "{{ item.KEY }}"
        report(
            self._problems,
            "DD536",
            f"two items of `for_each` are called `{name}`",
            position,
            expected="a name for each item that no other one has",
            hint=f'write `name: "{_written_name(entry) or entry.step_type or _GROUP}-{key}"`'
            if isinstance(item.value, MappingNode) or item.position is None
            else "remove one of the items",
            used_at=around.place.used_at,
        )


def _chosen(entry: StepDefinition, names: Iterable[str]) -> dict[str, Node]:
    return {name: entry.properties.entries[name] for name in names if name in entry.properties.entries}


def _with(node: MappingNode, entries: Mapping[str, Node]) -> MappingNode:
    keys = {name: value.position for name, value in entries.items()}
    return MappingNode({**node.entries, **entries}, node.position, {**node.keys, **keys})


def _named(step: StepDefinition, name: str) -> StepDefinition:
    place = _position_of_name(step)
    return replace(
        step, properties=_with(step.properties, {"name": ScalarNode(name, name, place, quoted=True)})
    )


def _written_name(entry: StepDefinition) -> str | None:
    node = entry.properties.entries.get("name")
    return node.text if isinstance(node, ScalarNode) and node.text else None


def _position_of_name(entry: StepDefinition) -> Position:
    node = entry.properties.entries.get("name")
    return node.position if node is not None else entry.type_position
