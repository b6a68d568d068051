"""The catalogue of error codes: what each means and what to do. `dataduct explain CODE` prints it.

DD1xx  YAML and the shape of files        DD5xx  wiring: names, inputs, dependencies
DD2xx  pipelines and step properties      DD6xx  settings and connections
DD3xx  templates and expressions          DD7xx  sources, warehouse, storage, commands at run time
DD4xx  SQL and table definitions          DD8xx  checks        DD9xx  Dataduct itself, locks, timeouts
"""

from importlib import import_module

from dataduct.codes.entry import CodeEntry

_GROUPS = (
    "definition",
    "steps",
    "templates",
    "sql",
    "wiring",
    "settings",
    "connections",
    "running",
    "warehouse",
    "command_line",
    "sources",
    "databases",
    "object_storage",
    "patterns",
    "custom_steps",
    "jobs",
    "hooks",
    "generation",
    "migration",
)


def catalogue() -> dict[str, CodeEntry]:
    """Return every code with its entry, in the order of the codes."""
    entries = [entry for group in _GROUPS for entry in import_module(f"dataduct.codes.{group}").ENTRIES]
    return {entry.code: entry for entry in sorted(entries, key=lambda entry: entry.code)}
