"""`dataduct connections list` and `dataduct connections test`."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dataduct.cli.arguments import pipeline_files, shown_path
from dataduct.cli.completions import complete_connections
from dataduct.cli.failure import error_lines
from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options
from dataduct.cli.table import table_lines
from dataduct.cli.text import Line, Span, display_width, line, pad
from dataduct.errors import UserError
from dataduct.model.counting import counted

if TYPE_CHECKING:
    from dataduct.config.listing import ListedSystem
    from dataduct.engine.probing import Probe
    from dataduct.model.position import Position

_LIST = ("ALIAS", "TYPE", "LEADS TO", "USED BY", "WRITTEN AT")
_DEFAULT = "default"


@with_global_options
@click.group("connections")
def command() -> None:
    """List the connections of the project, or test them.

    The warehouse and the storage are among them. No secret is shown.
    """


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@pass_invocation
def list_command(invocation: Invocation, as_json: bool) -> None:
    """List the connections: type, where each leads, which pipelines use it.

    Nothing is connected to.
    """
    from dataduct import api

    project = invocation.project()
    directories = (project.root / "pipelines", project.root)
    systems = api.connections(project, list(pipeline_files(directories)))
    console = invocation.console
    if as_json:
        document = {"connections": [_record(system) for system in systems]}
        console.document(json.dumps(document, indent=2, ensure_ascii=False))
        return
    rows = [
        (
            Span(system.alias, "strong"),
            system.type,
            system.destination,
            ", ".join(system.pipelines),
            Span(_place(system.place) or _DEFAULT, "dim"),
        )
        for system in systems
    ]
    console.out(*table_lines(_LIST, rows, width=console.result_width))


@command.command("test")
@click.argument("aliases", metavar="[ALIAS]...", nargs=-1, shell_complete=complete_connections)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="Longest time to wait for an answer.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@pass_invocation
def test_command(invocation: Invocation, aliases: Sequence[str], timeout: float, as_json: bool) -> int:
    """Open the connections, all at the same time, and show what each server says.

    An ALIAS is one of `connections list`, `warehouse` and `storage` among them; by default all are tested. The
    storage is tested by writing, reading and deleting a small file. Exits with 1 if one cannot be used.
    """
    from dataduct import api

    project = invocation.project(tell_warnings=True)
    systems = _chosen(api.connections(project), aliases)
    probes: dict[tuple[str, str], Probe] = {}
    width = max(display_width(system.alias) for system in systems)
    for probe in api.probe_connections(project, systems, time_limit=timeout):
        probes[probe.section, probe.alias] = probe
        if not as_json:
            system = next(s for s in systems if (s.section, s.alias) == (probe.section, probe.alias))
            invocation.console.out(*_probe_lines(probe, system, width))
    failed = sum(probe.error is not None for probe in probes.values())
    if as_json:
        records = [_probe_record(probes[system.section, system.alias], system) for system in systems]
        invocation.console.document(json.dumps({"connections": records}, indent=2, ensure_ascii=False))
    else:
        invocation.console.out(*_closing(len(systems), failed))
    return 1 if failed else 0


for _subcommand in (list_command, test_command):
    with_global_options(_subcommand)


def _chosen(systems: "list[ListedSystem]", aliases: Sequence[str]) -> "list[ListedSystem]":
    """Return the systems of those aliases, or all. Raises UserError (DD601) with the nearest alias."""
    from dataduct.model.nearest import did_you_mean

    known = [system.alias for system in systems]
    for alias in aliases:
        if alias not in known:
            raise UserError(
                f"there is no connection `{alias}`",
                code="DD601",
                hint=did_you_mean(alias, known) or f"there are {', '.join(f'`{name}`' for name in known)}",
            )
    return [system for system in systems if not aliases or system.alias in aliases]


def _probe_lines(probe: "Probe", system: "ListedSystem", width: int) -> Iterable[Line]:
    name = Span(pad(system.alias, width), "strong")
    took = Span(pad(_milliseconds(probe), 9, right=True), "dim")
    leads = Span(f"{system.type}  {system.destination}".rstrip(), "dim")
    if probe.error is not None:
        yield line(Span("failed  ", "error"), name, took, "  ", leads)
        for each in error_lines(probe.error):
            yield line("        ", *each)
        return
    assert probe.server is not None
    yield line(Span("works   ", "good"), name, took, "  ", probe.server.version, "  ", leads)
    for lacking in probe.server.lacks:
        yield line("        ", Span("lacks: ", "warning"), lacking)


def _closing(tested: int, failed: int) -> Iterable[Line]:
    yield line()
    if failed:
        yield line(Span(f"{failed} of {counted(tested, 'connection')} cannot be used", "error"))
    else:
        yield line(Span("all well", "good"), f": {counted(tested, 'connection')}")


def _milliseconds(probe: "Probe") -> str:
    return f"{round(probe.seconds * 1000):,} ms"


def _record(system: "ListedSystem") -> dict[str, Any]:
    return {
        "alias": system.alias,
        "section": system.section,
        "type": system.type,
        "destination": system.destination,
        "pipelines": list(system.pipelines),
        "file": system.place.file if system.place else None,
        "line": system.place.line if system.place else None,
        "column": system.place.column if system.place else None,
    }


def _probe_record(probe: "Probe", system: "ListedSystem") -> dict[str, Any]:
    error = probe.error
    return {
        "alias": system.alias,
        "section": system.section,
        "type": system.type,
        "destination": system.destination,
        "works": error is None,
        "milliseconds": round(probe.seconds * 1000),
        "version": probe.server.version if probe.server else None,
        "lacks": list(probe.server.lacks) if probe.server else [],
        "error": {"code": error.code, "message": error.message, "hint": error.hint} if error else None,
    }


def _place(place: "Position | None") -> str:
    return f"{shown_path(Path(place.file))}:{place.line}" if place else ""
