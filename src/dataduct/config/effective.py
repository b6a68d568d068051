"""The settings in effect as a list, each with its origin, in the order of their sections. Nothing in it is secret."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from dataduct.config.origins import Origin, Path
from dataduct.config.project import Project
from dataduct.config.secrets import REFERENCE, Redactor, names_secret
from dataduct.config.settings import Settings

_UNITS = ((604_800, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute"))
_MASK = "***"


@dataclass(frozen=True, slots=True)
class EffectiveSetting:
    """One setting.

    Attributes:
        path: The keys that lead to it.
        value: A single value, a list, or an empty mapping; secrets are masked, references stand as they are written.
        origin: Where it is written, or None for a default.
    """

    path: Path
    value: Any
    origin: Origin | None


def effective_settings(project: Project) -> Iterator[EffectiveSetting]:
    """Yield every setting of the project that has a value, its modes left out."""
    for name in Settings.model_fields:
        if name != "modes":
            yield from _settings_of(getattr(project.settings, name), (name,), project)


def _settings_of(value: Any, path: Path, project: Project) -> Iterator[EffectiveSetting]:
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            inner = getattr(value, name)
            # a number with a fraction is a length of time in every section
            shown = duration_text(inner) if isinstance(inner, float) else inner
            yield from _settings_of(shown, (*path, name), project)
    elif isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _settings_of(inner, (*path, str(name)), project)
    elif value is not None:
        shown = _masked(value, path[-1], project.secrets)
        yield EffectiveSetting(path, shown, project.origins.get(path))


def duration_text(seconds: float) -> str:
    """Return a length of time as settings write it: `10 minutes`, `0.05 seconds`."""
    for length, unit in _UNITS:
        if seconds and seconds % length == 0:
            return _counted(seconds / length, unit)
    return _counted(seconds, "second")


def _counted(number: float, unit: str) -> str:
    return f"{number:.15g} {unit}{'' if number == 1 else 's'}"


def _masked(value: Any, key: str, secrets: Redactor) -> Any:
    match value:
        case BaseModel():
            return _masked(value.model_dump(exclude_none=True), key, secrets)
        case Mapping():
            return {name: _masked(inner, str(name), secrets) for name, inner in value.items()}
        case list() | tuple():
            return [_masked(item, key, secrets) for item in value]
        case bool():
            return value
        case _ if names_secret(key) and not REFERENCE.search(str(value)):
            return _MASK if str(value) else value
        case str():
            return secrets.redact(value)
        case _:
            return value
