"""The pipelines that load tables of a source: one for each table, or one for all of them with patterns."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import yaml

from dataduct.generation.definitions import PRODUCTION, STAGING

Write = Literal["upsert", "reload"]

LOAD_PATTERN, RELOAD_PATTERN = "load_table", "reload_table"
PATTERN_OF: dict[Write, str] = {"upsert": LOAD_PATTERN, "reload": RELOAD_PATTERN}
DEFINITIONS = "tables"
"""The directory of table definitions that patterns read where a use names no other."""

ITEM = "{{ item }}"
"""What the name of a table is in a list of tables."""

_EXTRACT_STEPS = {"mysql": "extract-mysql", "postgres": "extract-postgres"}
_SENTENCE = re.compile(r"[A-Z][A-Za-z0-9 ,.()_/-]*")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")


Entry = dict[str, str | float]
"""A step's properties, each of one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The connection that is read.

    Attributes:
        alias: Its name in the settings.
        kind: Its type.
        database: The database to read in place of the connection's own, or None.
        definitions: The directory of its tables' definitions, as pipelines name it.
    """

    alias: str
    kind: str
    database: str | None = None
    definitions: str = DEFINITIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedTable:
    """A table that a pipeline loads.

    Attributes:
        name: Its name in the warehouse.
        source: Its name as a step's `table` says it.
        write: How production takes the rows of staging.
        has_key: Whether there is a primary key to check.
    """

    name: str
    source: str
    write: Write
    has_key: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineHead:
    """What a pipeline's file says before its steps."""

    name: str
    description: str
    frequency: str


def table_pipeline(head: PipelineHead, table: LoadedTable, source: Source) -> str:
    """Return the text of the pipeline that loads one table."""
    steps = _steps(table, source)
    return _head(head) + "steps:\n" + "\n".join(_step_text(step) for step in steps)


def pattern(write: Write) -> str:
    """Return the text of the pattern that loads a table with a primary key, or one without.

    The connection, the table's names, the directory of its definitions and the tolerance are its parameters.
    """
    what = {
        "upsert": "Load a table of a source: new and changed rows take the place of those of equal primary key.",
        "reload": "Load a table of a source that has no primary key: its rows take the place of all rows before.",
    }[write]
    table = LoadedTable(
        name="{{ param.table }}", source="{{ param.source }}", write=write, has_key=write == "upsert"
    )
    source = Source(
        alias="{{ param.host }}",
        kind="",
        database="{{ param.database }}",
        definitions="{{ param.definitions }}",
    )
    parameters = (
        "parameters:\n"
        "    host: {type: text, description: Alias of the connection to the source.}\n"
        "    database: {type: text, default: null, description: Database in place of the connection's own.}\n"
        "    table: {type: text, description: Name of the table in the warehouse and in the names of its files.}\n"
        "    source: {type: text, description: The table as the source names it.}\n"
        f"    definitions: {{type: text, default: {DEFINITIONS}, description: Directory of the table definitions.}}\n"
        '    tolerance: {type: number, default: 1.0, description: "Percent that the counts may be apart."}\n'
    )
    steps = _steps(table, source)
    steps[-1]["tolerance"] = "{{ param.tolerance }}"
    return f"description: {scalar(what)}\n{parameters}\nsteps:\n" + "\n".join(
        _step_text(step) for step in steps
    )


def patterned_pipeline(head: PipelineHead, tables: Sequence[LoadedTable], source: Source) -> str:
    """Return the text of the pipeline that loads all tables, each by the pattern that fits."""
    return _head(head) + "steps:\n" + "\n".join(pattern_uses(tables, source))


def pattern_uses(tables: Sequence[LoadedTable], source: Source) -> Iterator[str]:
    """Yield the entries of `steps` that load `tables`: one list for each pattern, one entry for each odd name."""
    more: Entry = {"database": source.database} if source.database else {}
    if source.definitions != DEFINITIONS:
        more["definitions"] = source.definitions
    for write in PATTERN_OF:
        plain = [table for table in tables if table.write == write and table.name == table.source]
        if plain:
            use: Entry = {
                "name": ITEM,
                "host": source.alias,
                **more,
                "table": ITEM,
                "source": ITEM,
            }
            yield _step_text(
                {"step_type": PATTERN_OF[write]}, use, for_each=[scalar(table.name) for table in plain]
            )
    for table in tables:
        if table.name != table.source:
            yield _step_text(
                {
                    "step_type": PATTERN_OF[table.write],
                    "name": table.name,
                    "host": source.alias,
                    **more,
                    "table": table.name,
                    "source": table.source,
                }
            )


def scalar(value: str | float) -> str:
    """Return a value as YAML writes it in one line: plain where nothing else is meant by it."""
    if not isinstance(value, str):
        return json.dumps(value)
    if (_PLAIN.fullmatch(value) or _SENTENCE.fullmatch(value)) and yaml.safe_load(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _head(head: PipelineHead) -> str:
    return (
        f"name: {scalar(head.name)}\ndescription: {scalar(head.description)}\n"
        f"frequency: {scalar(head.frequency)}\n\n"
    )


def _steps(table: LoadedTable, source: Source) -> list[Entry]:
    staging, production = (
        f"{source.definitions}/{schema}.{table.name}.sql" for schema in (STAGING, PRODUCTION)
    )
    database: Entry = {"database": source.database} if source.database else {}
    steps: list[Entry] = [
        {
            "step_type": _EXTRACT_STEPS.get(source.kind, "extract-rds"),
            "name": "extract",
            "host_name": source.alias,
            **database,
            "table": table.source,
        },
        {"step_type": "create-load", "name": "load", "table_definition": staging},
        {"step_type": table.write, "name": table.write, "source": staging, "destination": production},
    ]
    if table.has_key:
        steps.append({"step_type": "primary-key-check", "name": "check-key", "table_definition": production})
    steps.append(
        {
            "step_type": "count-check",
            "name": "check-count",
            "source_host": source.alias,
            **database,
            "source_table_name": table.source,
            "destination_table_definition": production,
        }
    )
    return steps


def _step_text(step: Entry, more: Entry | None = None, *, for_each: Sequence[str] = ()) -> str:
    lines = [f"{key}: {scalar(value)}" for key, value in step.items()]
    if for_each:
        lines += ["for_each:", *(f"- {item}" for item in for_each)]
    lines += [f"{key}: {scalar(value)}" for key, value in (more or {}).items()]
    return "-   " + "\n    ".join(lines) + "\n"
