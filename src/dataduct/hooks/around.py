"""Hooks around an act: they see and change its options before it, and see its result after it."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dataduct.config.project import Project
from dataduct.config.secrets import URL_PASSWORD, Redactor, names_secret
from dataduct.config.settings import HooksSettings
from dataduct.errors import HookError, UserError
from dataduct.hooks.hook import Hook, missing_options
from dataduct.hooks.loading import HookCatalog, load_hooks
from dataduct.hooks.points import connect_points

_FIXED = ("alias", "type")
"""Options of a connection that hooks are told and cannot change."""


class ProjectHooks:
    """The hooks of a project, imported when they are first needed. Thread-safe."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._loading = threading.Lock()
        self._catalog: HookCatalog | None = None

    @property
    def timeout(self) -> float:
        """Longest time one hook may take, in seconds."""
        return self._project.settings.hooks.timeout

    @property
    def catalog(self) -> HookCatalog:
        """The hooks by point. Raises UserError for one that cannot be imported or called (DD890 to DD893)."""
        with self._loading:
            if self._catalog is None:
                root = self._project.root
                directory = root / Path(self._project.settings.hooks.path).expanduser()
                self._refuse_missing(directory)
                self._catalog = load_hooks(directory, timeout=self.timeout, root=root)
            return self._catalog

    def _refuse_missing(self, directory: Path) -> None:
        """Raise UserError (DD890) if the settings name a directory of hooks that does not exist."""
        path = self._project.settings.hooks.path
        if path != HooksSettings.model_fields["path"].default and not directory.exists():
            raise UserError(
                f"there is no directory `{path}`, which `hooks.path` in the settings names",
                code="DD890",
                hint="correct `hooks.path`, or remove it if there are no hooks",
            )

    def before_connecting(
        self, system_type: str, alias: str, options: Mapping[str, Any], *, database: str | None = None
    ) -> tuple[dict[str, Any], str | None]:
        """Return the options and the database to open a system with, as its `before_hook` functions want them.

        They are called with `alias`, every option (`type` among them) and the database asked for; secrets they add
        are kept out of everything that is shown.

        Args:
            system_type: Type of the system, such as `mysql`.
            alias: The connection's alias, or `warehouse` or `storage`.
            options: Its options, secrets filled in.
            database: The database that a step asks for in place of the options' own.

        Raises:
            HookError: A hook raised (DD895), took too long (DD896) or returned what it should not (DD897).
        """
        given = {**options, "type": system_type, "alias": alias}
        if database is not None:
            given["database"] = database
        wanted = dict(given)
        for point in connect_points(system_type):
            wanted = self.before(point, wanted, fixed=_FIXED)
        if wanted == given:
            return dict(options), database
        _keep_secret(wanted, self._project.secrets)
        del wanted["alias"]
        if database is None:
            return wanted, None
        chosen = wanted.pop("database", None)
        kept = {"database": options["database"]} if "database" in options else {}
        return {**wanted, **kept}, chosen

    def after_connecting(self, system_type: str, opened: object) -> None:
        """Call the `after_hook` functions of a system with what was opened; what they return is not used.

        Raises:
            HookError: A hook raised (DD895) or took too long (DD896).
        """
        for point in reversed(connect_points(system_type)):
            self.after(point, opened)

    def before(
        self, point: str, options: Mapping[str, Any], *, fixed: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """Return the options as the `before_hook` functions of a point return them, each called with the last one's.

        Args:
            point: One of `dataduct.hooks.points.AROUND_POINTS`.
            options: The keyword arguments.
            fixed: Names of options that a hook cannot change.

        Raises:
            HookError: A hook raised (DD895), took too long (DD896) or returned what it should not (DD897).
        """
        wanted = dict(options)
        for hook in self.catalog.before.get(point, ()):
            missing = missing_options(hook.function, wanted)
            if missing:
                raise HookError(
                    f"the hook {hook.place} asks for `{missing[0]}`, which is no option here",
                    code="DD897",
                    hint=f"the options: {', '.join(wanted)}",
                )
            returned = self._called(hook, **wanted)
            wanted = _options_returned(hook, returned, wanted, fixed)
        return wanted

    def after(self, point: str, result: object) -> None:
        """Call the `after_hook` functions of a point; what they return is not used.

        Raises:
            HookError: A hook raised (DD895) or took too long (DD896).
        """
        for hook in self.catalog.after.get(point, ()):
            self._called(hook, result)

    def _called(self, hook: Hook, *arguments: object, **options: object) -> object:
        try:
            return hook.call(self.timeout, *arguments, **options)
        except HookError as error:
            redact = self._project.secrets.redact
            error.message = redact(error.message)
            error.details = tuple(map(redact, error.details))
            raise


def _options_returned(
    hook: Hook, returned: object, given: Mapping[str, Any], fixed: tuple[str, ...]
) -> dict[str, Any]:
    match returned:
        case (arguments, options) if isinstance(options, Mapping) and not arguments:
            wanted = {str(name): value for name, value in options.items()}
        case (_, options) if isinstance(options, Mapping):
            raise _wrong(hook, "returned arguments without a name", "all options are keyword arguments here")
        case _:
            what = "nothing" if returned is None else f"a value of type `{type(returned).__name__}`"
            raise _wrong(hook, f"returned {what}", "end it with `return args, kwargs`")
    for name in fixed:
        if wanted.get(name) != given[name]:
            raise _wrong(hook, f"changed `{name}`", f"`{name}` tells which connection it is, and stays")
    return wanted


def _wrong(hook: Hook, what: str, hint: str) -> HookError:
    return HookError(f"the hook {hook.place} {what}", code="DD897", hint=hint)


def _keep_secret(options: Mapping[str, Any], secrets: Redactor) -> None:
    for name, value in options.items():
        if not isinstance(value, str):
            continue
        if names_secret(name):
            secrets.add(value)
        in_url = URL_PASSWORD.search(value)
        if in_url:
            secrets.add(in_url[1])
