"""One deliberate difference from the first Dataduct."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from dataduct.migration.facts import PipelineFacts, SettingsFacts
from dataduct.model.position import Position

Scope = Literal["settings", "commands", "pipelines", "steps", "SQL", "checks"]
PAGE = "docs/migration.md"


def _nowhere(_: object) -> Iterable[Position]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What the first Dataduct did, and what happens here.

    Attributes:
        id: Its name, also the anchor of its section in docs/migration.md.
        scope: What it is about.
        title: What happens here, in one sentence without a final period.
        before: What the first Dataduct did.
        in_pipeline: Gives the places of a pipeline that it changes; it applies to the pipeline if there are any.
        in_settings: The same for the settings.
    """

    id: str
    scope: Scope
    title: str
    before: str
    in_pipeline: Callable[[PipelineFacts], Iterable[Position]] = _nowhere
    in_settings: Callable[[SettingsFacts], Iterable[Position]] = _nowhere

    @property
    def link(self) -> str:
        """Where it is documented."""
        return f"{PAGE}#{self.id}"
