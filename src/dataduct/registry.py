"""Built-ins and plugins through the same door: entry points, read lazily.

A built-in step type and one of another distribution are both lines in an entry-point group. Nothing is
imported until a name is loaded, and the installed distributions are read at most once in a process.
"""

import re
from functools import cache
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from typing import TYPE_CHECKING, Any

from dataduct.errors import DataductError, MissingDependencyError, UserError
from dataduct.model.nearest import did_you_mean

if TYPE_CHECKING:  # `dataduct --help` needs no pydantic
    from pydantic import BaseModel

_installed = cache(entry_points)


class Registry:
    """The names of one entry-point group and the objects behind them.

    Args:
        group: The entry-point group, such as `dataduct.steps`.
        noun: What a name of the group is called in messages.
    """

    def __init__(self, group: str, noun: str = "plugin") -> None:
        self.group = group
        self.noun = noun
        self._loaded: dict[str, Any] = {}
        self._points: tuple[object, EntryPoints] | None = None
        self._settings: Registry | None = None

    def names(self) -> tuple[str, ...]:
        """Return every registered name, sorted; nothing is imported."""
        return tuple(sorted(self._registered().names))

    def __contains__(self, name: str) -> bool:
        return name in self._registered().names

    def distribution(self, name: str) -> str:
        """Return the distribution that registers `name`; raises what `load` raises for the name."""
        return _distribution(self._entry_point(name))

    def load(self, name: str) -> Any:
        """Import and return the object registered under `name`.

        Raises:
            UserError: No such name (DD602), its import fails (DD603), or two distributions claim it (DD604).
            MissingDependencyError: Its import needs an optional package of Dataduct that is not installed.
        """
        if name not in self._loaded:
            self._loaded[name] = self._import(self._entry_point(name))
        return self._loaded[name]

    def load_all(self, name: str) -> "list[tuple[str, Any]]":
        """Import what every distribution registers under `name`; return each with its distribution's name, in order.

        Raises:
            UserError: The import of one fails (DD603).
            MissingDependencyError: As in `load`.
        """
        claims = {point.value: point for point in self._registered().select(name=name)}
        points = sorted(claims.values(), key=lambda point: (_distribution(point), point.value))
        return [(_distribution(point), self._import(point)) for point in points]

    def settings_model(self, name: str) -> "type[BaseModel] | None":
        """Import and return the pydantic model of the options of `name`; None if it registers none.

        Models stand in the group's own group `.settings`, so that options are checked without importing what opens.

        Raises:
            UserError: Its import fails (DD603), or two distributions claim it (DD604).
        """
        if self._settings is None:
            self._settings = Registry(f"{self.group}.settings", f"settings of the {self.noun}")
        if name not in self._settings:
            return None
        model: type[BaseModel] = self._settings.load(name)
        return model

    def _registered(self) -> EntryPoints:
        """Return the group's entry points; they are looked for once in what is installed."""
        installed = _installed()
        if self._points is None or self._points[0] is not installed:
            self._points = (installed, installed.select(group=self.group))
        return self._points[1]

    def _entry_point(self, name: str) -> EntryPoint:
        claims = {point.value: point for point in self._registered().select(name=name)}
        if not claims:
            known = self.names()
            raise UserError(
                f"unknown {self.noun} `{name}`",
                code="DD602",
                hint=did_you_mean(name, known),
                details=(f"known: {', '.join(known) or 'none'}",),
            )
        if len(claims) > 1:
            claimants = " and ".join(sorted(f"{_distribution(p)} ({p.value})" for p in claims.values()))
            raise UserError(
                f"{self.noun} `{name}` is claimed by {claimants}",
                code="DD604",
                hint="uninstall one of them, or ask its authors to choose another name",
            )
        return next(iter(claims.values()))

    def _import(self, point: EntryPoint) -> Any:
        try:
            return point.load()
        except DataductError:
            raise
        except Exception as error:
            extra = _extra_that_brings(error, point)
            if extra is not None:
                package, name = extra
                raise MissingDependencyError(package, name) from error
            raise UserError(
                f"{self.noun} `{point.name}` (`{point.value}` of {_distribution(point)}) cannot be imported: "
                f"{type(error).__name__}: {' '.join(str(error).split())}",
                code="DD603",
                hint=f"mend or reinstall {_distribution(point)}",
            ) from error


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "an unknown distribution"


def _extra_that_brings(error: Exception, point: EntryPoint) -> tuple[str, str] | None:
    """Return (package, extra) if an extra of Dataduct itself would install the module that is missing."""
    if not isinstance(error, ModuleNotFoundError) or error.name is None or point.dist is None:
        return None
    module = error.name.partition(".")[0]
    if point.dist.name != "dataduct" or module == "dataduct":
        return None
    for requirement in point.dist.requires or ():
        match = re.match(r"([\w.-]+).*\bextra\s*==\s*['\"]([\w.-]+)['\"]", requirement)
        if match and _module_name(match[1]) == _module_name(module):
            return match[1], match[2]
    return None


def _module_name(package: str) -> str:
    return re.sub(r"[-_.]+", "_", package).casefold()


STEPS = Registry("dataduct.steps", "step type")
CONNECTORS = Registry("dataduct.connectors", "connection type")
CATALOGS = Registry("dataduct.connectors.catalogs", "catalog of a connection type")
WAREHOUSES = Registry("dataduct.warehouses", "warehouse type")
STORAGE = Registry("dataduct.storage", "storage type")
HOOKS = Registry("dataduct.hooks", "hook")
