"""A project: its settings, its connections."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataduct.config.effective import EffectiveSetting
    from dataduct.config.listing import ListedSystem
    from dataduct.config.project import Project
    from dataduct.engine.probing import Probe


def open_project(directory: Path | None = None, *, mode: str | None = None) -> Project:
    """Return the project in `directory`, or the one the working directory is in. Raises ProblemsError."""
    from dataduct.config.project import open_project

    return open_project(directory, mode=mode)


def effective_settings(project: Project) -> Iterator[EffectiveSetting]:
    """Yield every setting in effect with its origin; secrets are masked."""
    from dataduct.config.effective import effective_settings

    return effective_settings(project)


def send_settings(project: Project, *, with_secrets: bool = False) -> str:
    """Copy the settings to the project's bucket and return the URI; see `dataduct.engine.settings_copy`."""
    from dataduct.engine.settings_copy import send_settings

    return send_settings(project, os.environ, with_secrets=with_secrets)


def fetch_settings(project: Project) -> tuple[str, bytes]:
    """Return the URI and the text of the settings in the project's bucket."""
    from dataduct.engine.settings_copy import fetch_settings

    return fetch_settings(project, os.environ)


def connections(project: Project, pipelines: Sequence[Path] = ()) -> list[ListedSystem]:
    """Return the project's connections, its warehouse and its storage; nothing is opened.

    Args:
        project: The project.
        pipelines: Files that are looked through for the connections they name.
    """
    from dataduct.config.listing import listed_systems

    return listed_systems(project, pipelines)


def probe_connections(
    project: Project, systems: Sequence[ListedSystem], *, time_limit: float = 30.0
) -> Iterator[Probe]:
    """Open each of the systems, all at the same time, and yield what came of it in the order they are done.

    One that does not answer within `time_limit` seconds is an error of its own.
    """
    from dataduct.engine.probing import probe_all

    return probe_all(project, [(system.section, system.alias) for system in systems], time_limit=time_limit)
