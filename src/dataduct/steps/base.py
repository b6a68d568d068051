"""What a step type is: typed properties with their documentation, and how they lower to an operation."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, ClassVar, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from dataduct.definition.durations import parse_duration
from dataduct.model.operations import Operation
from dataduct.steps.context import LoweringContext as LoweringContext


def _one_or_many(value: object) -> object:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_one_or_many, json_schema_input_type=str | list[str])]
"""One name or a list of names."""

Text = Annotated[str, Field(min_length=1)]
"""A text that is not empty."""


class StepProperties(BaseModel):
    """The properties every step has. A step type's own properties extend this class.

    Every field has a description and, where it helps, `examples`: they become the JSON Schema and the docs page.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str | None = Field(
        None,
        description="Name of the step, unique in the pipeline. By default the step type and what it works on.",
    )
    description: str | None = Field(None, description="What the step is for, in your words.")
    depends_on: Names = Field(
        (), description="Names of earlier steps that must have succeeded before this one starts."
    )
    input_node: str | dict[str, str | None] | list[str] | None = Field(
        None,
        description="The dataset to read: the name of an earlier step or output node; or a mapping of names to "
        "subdirectories for several; or `[]` for none. By default the previous step's output, where the step "
        "type reads one.",
    )
    input_path: str | None = Field(
        None, description="A path or URI to read instead of an earlier step's output."
    )
    max_retries: int | None = Field(
        None,
        ge=0,
        description="Times a failed attempt is tried again. By default the pipeline's, then the settings'.",
    )
    timeout: str | None = Field(
        None,
        description="Longest time one attempt may take, as a number and a unit.",
        examples=["90 seconds", "15 minutes", "2 hours"],
    )

    @field_validator("timeout")
    @classmethod
    def _timeout_is_a_duration(cls, value: str | None) -> str | None:
        if value is not None:
            parse_duration(value)
        return value


class Chaining(Enum):
    """What a step takes from the step before it when it names no input itself."""

    INPUT = "the previous step's output is its input"
    DEPENDENCY = "it runs after the previous step, whose output it does not read"
    NONE = "nothing"


PropertiesT = TypeVar("PropertiesT", bound=StepProperties)


@dataclass(frozen=True, slots=True)
class SubStep:
    """A step that a composite step expands to.

    Attributes:
        suffix: Added to the composite's name (`_create_and_load`).
        step_type: The type of the sub-step.
        properties: Its properties as they would stand in YAML, without `name`.
    """

    suffix: str
    step_type: str
    properties: Mapping[str, object]


class Step(ABC, Generic[PropertiesT]):
    """A step type. One file in `dataduct.steps` holds one subclass.

    Attributes:
        step_type: The name in YAML; `aliases` are other names for it.
        summary: One line for the list of step types.
        documentation: Markdown: what it does, and one complete example in a ```yaml block.
        properties: The class of its properties.
        chaining: What it takes from the previous step by default.
    """

    step_type: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    summary: ClassVar[str]
    documentation: ClassVar[str]
    properties: ClassVar[type[StepProperties]]
    chaining: ClassVar[Chaining] = Chaining.NONE

    @classmethod
    def subject(cls, properties: PropertiesT) -> str | None:
        """Return what the step works on, for its default name (`upsert-prod.courses`), or None."""
        return None

    @classmethod
    def output_nodes(cls, properties: PropertiesT, step: str) -> tuple[str, ...]:
        """Return the names of the datasets the step writes; by convention its own name if it writes one."""
        return ()

    @classmethod
    def expand(cls, properties: PropertiesT) -> Iterator[SubStep]:
        """Yield the steps a composite expands to; nothing for a step that lowers itself."""
        return iter(())

    @classmethod
    @abstractmethod
    def lower(cls, properties: PropertiesT, context: LoweringContext) -> Operation | None:
        """Return the operation the step comes down to, or None after reporting problems."""
