"""Values that a shell completes: read from file names and entry points, never by connecting to anything."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from dataduct.cli.invocation import Invocation

if TYPE_CHECKING:
    from dataduct.config.project import Project

_MOST_RUNS = 30


def complete_pipelines(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the bare names in `pipelines/`; the shell completes paths."""
    names = {path.stem for path in Path("pipelines").glob("*.y*ml") if path.stem.startswith(incomplete)}
    return [*map(CompletionItem, sorted(names)), CompletionItem(incomplete, type="file")]


def complete_step_types(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the names of step types and patterns; those built in where the settings are wrong."""
    from dataduct import api
    from dataduct.errors import DataductError
    from dataduct.registry import STEPS

    try:
        project = _project(context)
        names = {*api.step_catalog(project).names(), *api.pattern_catalog(project).names()}
    except DataductError:
        names = set(STEPS.names())
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]


def complete_codes(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete error codes, with their titles."""
    from dataduct.codes import catalogue

    return [
        CompletionItem(code, help=entry.title)
        for code, entry in catalogue().items()
        if code.startswith(incomplete.upper())
    ]


def complete_connections(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the aliases of connections, `warehouse` and `storage`; nothing where the settings are wrong."""
    from dataduct import api
    from dataduct.errors import DataductError

    try:
        systems = api.connections(_project(context))
    except DataductError:
        return []
    return [
        CompletionItem(system.alias, help=f"{system.type} {system.destination}")
        for system in systems
        if system.alias.startswith(incomplete)
    ]


def complete_runs(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the ids of recent runs; nothing where there is no project or no store."""
    from dataduct import api
    from dataduct.errors import DataductError

    try:
        runs = api.queries(_project(context)).recent_runs(None, _MOST_RUNS)
    except DataductError:
        return []
    return [
        CompletionItem(run.id, help=f"{run.pipeline} {run.run_date} {run.status}")
        for run in runs
        if run.id.startswith(incomplete)
    ]


def complete_steps_of_run(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the steps of the run that stands before on the line."""
    from dataduct import api
    from dataduct.errors import DataductError

    try:
        queries = api.queries(_project(context))
        steps = queries.steps(queries.run(context.params["run_id"]).id)
    except (DataductError, KeyError, TypeError):
        return []
    return [CompletionItem(step.step) for step in steps if step.step.startswith(incomplete)]


def _project(context: click.Context) -> "Project":
    """Open the project that the options on the line so far lead to."""
    return (context.find_object(Invocation) or Invocation()).project()
