"""A pipeline as its file says it, before any step type is looked at."""

from dataclasses import dataclass, field

from dataduct.definition.tree import MappingNode, Node, SequenceNode
from dataduct.model.position import Position
from dataduct.model.schedule import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDefinition:
    """One entry of `steps`, `bootstrap` or `teardown`.

    Attributes:
        step_type: As written (`extract-rds`), the name of a step type or pattern; empty for a group of steps.
        properties: Every property of the step but `step_type`, `for_each` and a group's `steps`, with positions.
        position: Where the entry begins.
        type_position: Where the value of `step_type` stands, or the key `steps` of a group.
        for_each: What the entry is repeated for, as written, or None.
        entry: The whole entry without its `for_each`; None if it has none.
        steps: The entries of a group, which `for_each` repeats in place; None for a step.
    """

    step_type: str
    properties: MappingNode
    position: Position
    type_position: Position
    for_each: Node | None = None
    entry: MappingNode | None = None
    steps: SequenceNode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineDefinition:
    """What a pipeline file says.

    Attributes:
        file: Path of the file as the user gave it.
        text: The file's text, for drawing problems.
        bootstrap: Steps by resource (`ec2`, `emr`, or ours: `local`), in the order written.
        teardown: The teardown step, or None if the file has none.
        max_retries: Times a failed step is tried again; None if the file does not say.
        timeout_seconds: Longest time a run may take, or None.
        header: The whole file as a tree, for problems found later.
    """

    name: str
    file: str
    text: str
    header: MappingNode
    steps: tuple[StepDefinition, ...]
    schedule: Schedule = field(default_factory=Schedule)
    description: str | None = None
    bootstrap: dict[str, tuple[StepDefinition, ...]] = field(default_factory=dict)
    teardown: StepDefinition | None = None
    variables: dict[str, Node] = field(default_factory=dict)
    max_retries: int | None = None
    timeout_seconds: float | None = None
