"""The step classes of the first Dataduct, for classes of projects that derive from them.

Such a class ran in its constructor: it changed the keyword arguments and handed them to the base class, which made
objects of Amazon Data Pipeline. Here the base class keeps what reaches it, and the step expands to the step type of
today with these properties.
"""

import inspect
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any, ClassVar

from pydantic import ConfigDict, create_model

from dataduct.steps.base import Step, StepProperties, SubStep
from dataduct.steps.original_classes import ORIGINAL_CLASSES

_PLACEHOLDERS = frozenset(
    [
        "id",
        "s3_data_dir",
        "s3_log_dir",
        "s3_source_dir",
        "schedule",
        "resource",
        "worker_group",
        "required_steps",
        "sns_object",
        "redshift_database",
        "postgres_database",
        "pipeline_name",
    ]
)
"""What the original gave to constructors beside the properties; None here."""

_OUTSIDE = frozenset({"name", "description", "depends_on", "input_node", "input_path", "timeout"})
"""Properties that did not go through the constructor: the step of today has them from the pipeline file."""


class _OpenProperties(StepProperties):
    """Any properties: the constructor and the step type of today know theirs."""

    model_config = ConfigDict(extra="allow")


_UNKNOWN = _PLACEHOLDERS | frozenset(StepProperties.model_fields)


class OriginalStep:
    """The base of the original's classes: keeps the arguments that reach it.

    Attributes:
        replaced_by: The step type of today.
        parameters: The constructor's arguments by position.
    """

    replaced_by: ClassVar[str]
    parameters: ClassVar[tuple[str, ...]]

    def __init__(self, *arguments: object, **properties: object) -> None:
        if len(arguments) > len(self.parameters):
            raise TypeError(f"the base class takes at most {len(self.parameters)} arguments by position")
        self.captured = {**dict(zip(self.parameters, arguments, strict=False)), **properties}


@cache
def original_class(name: str) -> type[OriginalStep] | None:
    """Return the stand-in for a step class of the original, or None if it had none of that name."""
    known = ORIGINAL_CLASSES.get(name)
    if known is None:
        return None
    members = {
        "__module__": __name__,
        "__doc__": f"The original's `{name}`: stands for the step type `{known.step_type}`.",
        "replaced_by": known.step_type,
        "parameters": known.parameters,
    }
    return type(name, (OriginalStep,), members)


def adapted(original: type[OriginalStep], step_type: str) -> type[Step[Any]]:
    """Return the step type of today that a class of the original's interface makes."""

    class Adapted(Step[StepProperties]):
        @classmethod
        def expand(cls, properties: StepProperties) -> Iterable[SubStep]:
            return (SubStep("", original.replaced_by, _captured(original, properties)),)

    Adapted.__name__ = Adapted.__qualname__ = original.__name__
    Adapted.__module__ = original.__module__
    Adapted.step_type = step_type
    Adapted.properties = _properties(original)
    Adapted.summary = (inspect.getdoc(original) or "").partition("\n")[0]
    Adapted.documentation = f"Takes the properties of `{original.replaced_by}` and those of its constructor."
    return Adapted


def _captured(original: type[OriginalStep], properties: StepProperties) -> Mapping[str, object]:
    """Return what reaches the base class when the class is made with the properties of the pipeline file."""
    given = {name: value for name, value in properties if name in properties.model_fields_set - _OUTSIDE}
    placeholders = {name: None for name in _named(original) if name in _UNKNOWN and name not in given}
    captured = getattr(original(**placeholders, **given), "captured", None)
    if captured is None:
        raise TypeError("the constructor does not call `super().__init__(**kwargs)`")
    return {
        name: _as_in_yaml(value)
        for name, value in captured.items()
        if name not in _PLACEHOLDERS | {"name", "description"} and value is not None
    }


def _as_in_yaml(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _named(original: type[OriginalStep]) -> dict[str, inspect.Parameter]:
    """Return the parameters that the class's own constructor names."""
    if original.__init__ is OriginalStep.__init__:
        return {}
    parameters = inspect.signature(original.__init__).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {each.name: each for each in list(parameters)[1:] if each.kind in kinds}


def _properties(original: type[OriginalStep]) -> type[StepProperties]:
    fields: dict[str, Any] = {}
    for name, parameter in _named(original).items():
        if name not in StepProperties.model_fields and name not in _PLACEHOLDERS:
            required = parameter.default is inspect.Parameter.empty
            fields[name] = (Any, ... if required else parameter.default)
    return create_model(f"{original.__name__}Properties", __base__=_OpenProperties, **fields)
