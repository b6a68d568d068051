"""What is known of a pipeline or of the settings, as the list of differences asks for it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from dataduct.definition.pipeline import PipelineDefinition, StepDefinition
from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode
from dataduct.model.operations import LoadTable, Operation, RunSql
from dataduct.model.position import Position
from dataduct.model.table import TableDefinition
from dataduct.plan.plan import Plan, PlanStep


@dataclass(frozen=True, slots=True)
class SettingsFacts:
    """The settings as the original's file writes them.

    Attributes:
        tree: The whole file; empty if there is none.
    """

    tree: MappingNode = field(default_factory=lambda: MappingNode({}, Position("")))

    def written(self, section: str, *keys: str) -> Iterator[Position]:
        """Yield where keys of a section stand, with a value; keys count in any case."""
        for key, node in self.entries(section):
            if key in keys and not is_empty(node):
                yield node.position

    def entries(self, section: str) -> Iterator[tuple[str, Node]]:
        """Yield the keys of a section in upper case, with their values."""
        node = self.tree.entries.get(section)
        if isinstance(node, MappingNode):
            for key, value in node.entries.items():
                yield key.upper(), value

    def key_places(self, *sections: str) -> Iterator[Position]:
        """Yield where sections of those names begin."""
        for section in sections:
            if section in self.tree.entries:
                yield self.tree.keys.get(section, self.tree.entries[section].position)


@dataclass(frozen=True, slots=True)
class PipelineFacts:
    """A pipeline as its file says it and, if it compiles, what will happen.

    Attributes:
        definition: What the file says.
        plan: The plan, or None if there are errors.
        settings: The settings it was compiled with.
    """

    definition: PipelineDefinition
    plan: Plan | None
    settings: SettingsFacts = field(default_factory=SettingsFacts)

    @property
    def steps(self) -> Iterator[StepDefinition]:
        """Every step that the file holds."""
        for steps in self.definition.bootstrap.values():
            yield from steps
        yield from self.definition.steps
        if self.definition.teardown is not None:
            yield self.definition.teardown

    def of_type(self, *types: str) -> Iterator[StepDefinition]:
        """Yield the steps of those types; all of them if none is named."""
        return (step for step in self.steps if not types or step.step_type in types)

    def places_of(self, *types: str) -> Iterator[Position]:
        """Yield where steps of those types stand."""
        return (step.position for step in self.of_type(*types))

    def values(self, *names: str, types: tuple[str, ...] = ()) -> Iterator[Node]:
        """Yield the values, not empty, of properties of those names."""
        for step in self.of_type(*types):
            for name in names:
                node = step.properties.entries.get(name)
                if node is not None and not is_empty(node):
                    yield node

    def written(self, *names: str, types: tuple[str, ...] = ()) -> Iterator[Position]:
        """Yield where properties of those names have a value."""
        return (node.position for node in self.values(*names, types=types))

    def header(self, *names: str) -> Iterator[Position]:
        """Yield where keys of the pipeline itself have a value."""
        for name in names:
            node = self.definition.header.entries.get(name)
            if node is not None and not is_empty(node):
                yield node.position

    def planned(self, *operations: type[Operation]) -> Iterator[tuple[PlanStep, Operation]]:
        """Yield the steps of the plan with operations of those kinds."""
        for step in self.plan.steps if self.plan is not None else ():
            if isinstance(step.operation, operations):
                yield step, step.operation

    def tables(self) -> Iterator[tuple[TableDefinition, Position]]:
        """Yield the table definitions of the plan, each with the place of its step."""
        for step, operation in self.planned(LoadTable, RunSql):
            place = step.position or self.definition.header.position
            if isinstance(operation, LoadTable) and operation.definition is not None:
                yield operation.definition, place
            elif isinstance(operation, RunSql):
                for definition in operation.creates:
                    yield definition, place

    def scripts(self) -> Iterator[tuple[str, Position]]:
        """Yield the SQL of the plan's steps."""
        for step, operation in self.planned(RunSql):
            if isinstance(operation, RunSql):
                place = step.position or self.definition.header.position
                yield "\n".join(statement.text for statement in operation.statements), place


def is_empty(node: Node) -> bool:
    """Return whether the value is null, an empty text, list or mapping."""
    match node:
        case ScalarNode():
            return node.value is None or node.value == ""
        case SequenceNode():
            return not node.items
        case MappingNode():
            return not node.entries
