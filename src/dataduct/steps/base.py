"""What a step type is: typed properties with their documentation, and how they lower to an operation."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, ClassVar, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from dataduct.definition.durations import parse_duration
from dataduct.model.operations import Operation
from dataduct.model.position import Position
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

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

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


class Step(Generic[PropertiesT]):
    """A step type. One file in `dataduct.steps` holds one subclass; a project's own stand in its `steps/`.

    A step type either expands to other steps or lowers to an operation. Its properties are a class of their own, or
    one nested in it and called `Properties`.

    Attributes:
        step_type: The name in YAML; `aliases` are other names for it. By default the class's name: `SnapshotTable`
            and `SnapshotTableStep` are `snapshot-table`.
        summary: One line for the list of step types. By default the first line of the class's docstring.
        documentation: Markdown: what it does, and one complete example in a ```yaml block.
        properties: The class of its properties.
        chaining: What it takes from the previous step by default.
        writes_dataset: Whether the step writes one dataset, of its own name.
        expanded_at: Where the code is that `expand` runs, for messages about what it returns; None for step types of
            Dataduct itself.
    """

    step_type: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    summary: ClassVar[str] = ""
    documentation: ClassVar[str] = ""
    properties: ClassVar[type[StepProperties]] = StepProperties
    chaining: ClassVar[Chaining] = Chaining.NONE
    writes_dataset: ClassVar[bool] = False
    expanded_at: ClassVar[Position | None] = None

    def __init_subclass__(cls, **arguments: object) -> None:
        super().__init_subclass__(**arguments)
        own = vars(cls)
        if "step_type" not in own:
            cls.step_type = step_type_of_class(cls.__name__)
            cls.aliases = own.get("aliases", ())
        if "properties" not in own and "Properties" in own:
            cls.properties = own["Properties"]
        if "summary" not in own and cls.__doc__ and "__doc__" in own:
            cls.summary = cls.__doc__.strip().partition("\n")[0].strip()

    @classmethod
    def subject(cls, properties: PropertiesT) -> str | None:
        """Return what the step works on, for its default name (`upsert-prod.courses`), or None."""
        return None

    @classmethod
    def output_nodes(cls, properties: PropertiesT, step: str) -> tuple[str, ...]:
        """Return the names of the datasets the step writes; by convention its own name if it writes one."""
        return (step,) if cls.writes_dataset else ()

    @classmethod
    def expand(cls, properties: PropertiesT) -> Iterable[SubStep]:
        """Return the steps a composite expands to; none for a step that lowers itself."""
        return ()

    @classmethod
    def lower(cls, properties: PropertiesT, context: LoweringContext) -> Operation | None:
        """Return the operation the step comes down to, or None after reporting problems.

        Raises TypeError for a step that expands to others, which are lowered in its place.
        """
        raise TypeError(f"`{cls.step_type}` is not lowered itself; it expands to other steps")


def step_type_of_class(name: str) -> str:
    """Return the step type that a class stands for by its name: `SnapshotTableStep` is `snapshot-table`."""
    words = re.findall(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z0-9]+", name.removesuffix("Step") or name)
    return "-".join(words).lower()
