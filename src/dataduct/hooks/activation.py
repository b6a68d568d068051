"""The hooks around starting a pipeline, here or on another engine."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dataduct.errors import HookError
from dataduct.hooks.around import ProjectHooks
from dataduct.hooks.points import ACTIVATE

_FIXED = ("pipeline", "file")


@dataclass(frozen=True, slots=True)
class Activation:
    """How a pipeline is started.

    Attributes:
        pipeline: Name of the pipeline.
        file: Its file.
        run_date: The run date as given, or None.
        variables: The variables given.
    """

    pipeline: str
    file: Path
    run_date: str | None
    variables: Mapping[str, str]

    def before(self, hooks: ProjectHooks) -> "Activation":
        """Return how the pipeline is started after the `before_hook` functions have changed what they like.

        They are called with `pipeline`, `file`, `run_date` and `variables`, and may change the last two.

        Raises:
            UserError: A hook cannot be imported or called.
            HookError: A hook raised, took too long or returned what it should not.
        """
        given = {
            "pipeline": self.pipeline,
            "file": str(self.file),
            "run_date": self.run_date,
            "variables": dict(self.variables),
        }
        wanted = hooks.before(ACTIVATE, given, fixed=_FIXED)
        run_date, variables = wanted.get("run_date"), wanted.get("variables") or {}
        if not isinstance(run_date, str | None) or not isinstance(variables, Mapping):
            raise HookError(
                f"the hooks of `{ACTIVATE}` returned a `run_date` or `variables` of another kind",
                code="DD897",
                hint="`run_date` is a text such as 2026-01-31 or None, `variables` a mapping of names to texts",
            )
        texts = {str(name): str(value) for name, value in variables.items()}
        return replace(self, run_date=run_date, variables=texts)
