"""A pipeline as its file says it, before any step type is looked at."""

from dataclasses import dataclass, field

from dataduct.definition.tree import MappingNode, Node
from dataduct.model.position import Position
from dataduct.model.schedule import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDefinition:
    """One entry of `steps`, `bootstrap` or `teardown`.

    Attributes:
        step_type: As written (`extract-rds`).
        properties: Every property of the step but `step_type`, with positions.
        position: Where the entry begins.
        type_position: Where the value of `step_type` stands.
    """

    step_type: str
    properties: MappingNode
    position: Position
    type_position: Position


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
