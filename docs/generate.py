"""Write the pages that follow from the code: step types, settings, commands, error codes.

python docs/generate.py            write them
python docs/generate.py --check    say which are out of date, exit 1 if any is
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from dataduct import api
from dataduct.cli.main import SECTIONS, dataduct
from dataduct.codes import catalogue
from dataduct.migration.differences import DIFFERENCES
from dataduct.registry import CONNECTORS, STORAGE, WAREHOUSES
from dataduct.steps.base import Chaining, Step, StepProperties

HERE = Path(__file__).parent
MADE = "<!-- Made by docs/generate.py from the code; edit that. -->\n\n"

GROUPS = {
    "DD1": "YAML and the shape of files",
    "DD2": "Pipelines and step properties",
    "DD3": "Templates and expressions",
    "DD4": "SQL and table definitions",
    "DD5": "How steps hang together, runs and plans",
    "DD6": "Settings, connections, run store",
    "DD7": "Warehouse, files, sources and commands while running",
    "DD8": "Checks",
    "DD9": "Dataduct itself, locks, timeouts",
}


def pages() -> dict[str, str]:
    """Return the text of every generated page by its path below `docs/`."""
    types = api.step_types()
    made = {f"steps/{step.step_type}.md": step_page(step) for step in types}
    made["steps/README.md"] = steps_index(types)
    made["settings.md"] = settings_page()
    made["commands.md"] = commands_page()
    made["errors.md"] = errors_page()
    made["types.md"] = types_page()
    made["migration.md"] = migration_page()
    return {path: MADE + text.rstrip() + "\n" for path, text in made.items()}


MIGRATION_HEAD = """\
# Coming from the first Dataduct

Pipelines, table definitions, settings and commands of the Dataduct of 2014 work here as they are. `dataduct migrate`
reads a project and says for each file whether it runs unchanged, with which of the differences below, or what to edit
and where:

```
dataduct migrate path/to/project
dataduct migrate path/to/project --write     # writes the settings as dataduct.yml, passwords as references
```

It changes nothing without `--write`, and compiles every pipeline with the settings it found, so what it says is true.

* **Pipelines** need no edit. Every step type and property is there; [step types](steps/README.md) has a page for each.
* **Settings**: `/etc/dataduct.cfg`, `~/.dataduct/dataduct.cfg` and `DATADUCT_CONFIG_PATH` are read as they are. A
  project may have `dataduct.yml` beside them; [settings](settings.md) has a table of the old keys and the new ones.
* **Commands** have their words and flags: [`pipeline`, `database`, `config`, `sql_shell`](commands.md).
* **Custom steps** that only change the arguments of a built-in step run as they are. Others, which made objects of AWS
  Data Pipeline, are explained line by line; [custom steps](custom-steps.md) says how to write one.
* **Scripts** run as they are, if this machine has the programs they name. Those in Python 2 need a `python2`.

## What differs on purpose

The tests compare what the first Dataduct made of its own examples with what is made of them here: steps, order,
schedule, and the rows of all tables at the end.
"""
SCOPES = {
    "settings": "Settings",
    "commands": "Commands",
    "pipelines": "Pipelines",
    "steps": "Steps",
    "SQL": "SQL",
    "checks": "Checks",
}


def migration_page() -> str:
    """Return the page of all deliberate differences."""
    parts = [MIGRATION_HEAD.rstrip()]
    for scope, title in SCOPES.items():
        rows = [
            f'| <a id="{each.id}"></a>{_cell(each.title)} | {_cell(each.before)} |'
            for each in DIFFERENCES
            if each.scope == scope
        ]
        parts.append("\n".join([f"### {title}", "", "| here | in the first Dataduct |", "|---|---|", *rows]))
    return "\n\n".join(parts)


def _cell(text: str) -> str:
    return text.removesuffix(".").replace("|", "\\|")


LEDGERS = {
    "MySQL and MariaDB": "dataduct.connectors.mysql_types",
    "PostgreSQL": "dataduct.connectors.postgres_types",
    "SQLite": "dataduct.connectors.sqlite_ledger",
}
TYPES_HEAD = """\
# Types

What the values of a source's types become: first in a dataset (Arrow types, in Parquet files), then in a warehouse. The
warehouse columns are those that hold every value of the Arrow type; a table definition may give a column another type,
and a load refuses each value that would be changed by it, naming row, column and value.

Nothing is changed in silence. The last column names the values that have no place in the Arrow type. Such a value is an
error, unless the step lists its column in `allow_lossy`: then it is read as NULL. Empty means that every value is kept.

`dataduct plan PIPELINE --types` shows the same for the columns that a pipeline reads."""


def types_page() -> str:
    """Return the type ledger: a table for each kind of source."""
    from dataduct.sql.dialect import DIALECTS

    heads = ["source type", "dataset", *DIALECTS, "how", "not kept"]
    parts = [TYPES_HEAD]
    for title, module in LEDGERS.items():
        lines = [f"## {title}", "", f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
        for rule in import_module(module).LEDGER:
            columns = [ledger_column(rule.arrow, dialect) for dialect in DIALECTS.values()]
            cells = [rule.name, f"`{rule.arrow}`", *columns, rule.reading, rule.refused]
            lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
        parts.append("\n".join(lines))
    parts.append(
        "Amazon Redshift's VARCHAR holds 65,535 bytes and its VARBYTE 1,024,000: a longer value is an error there."
    )
    return "\n\n".join(parts)


def ledger_column(arrow: str, dialect: Any) -> str:
    """Return the column type for an Arrow type whose precision and scale may be letters, or for several of them."""
    from dataduct.sql.arrow_types import column_of

    if "decimal128(p, s)" in arrow:
        sample = column_of("decimal128(31, 7)", dialect) or ""
        return f"`{sample.replace('31,7', 'p,s')}`"
    kinds = arrow.replace(" or ", ", ").split(", ") if "timestamp" not in arrow else [arrow]
    return ", ".join(f"`{column_of(kind, dialect)}`" for kind in kinds)


def steps_index(types: list[type[Step[Any]]]) -> str:
    """Return the list of step types."""
    rows = "\n".join(f"| [`{step.step_type}`]({step.step_type}.md) | {step.summary} |" for step in types)
    head = "# Step types\n\n`dataduct steps` prints this list, `dataduct steps NAME` one page."
    return f"{head}\n\n| type | does |\n|---|---|\n{rows}\n"


def step_page(step: type[Step[Any]]) -> str:
    """Return the page of a step type: what it does, its properties, its example."""
    also = ", ".join(f"`{name}`" for name in step.aliases)
    parts = [f"# {step.step_type}", step.summary]
    if also:
        parts.append(f"Also called {also}.")
    parts.append(step.documentation.strip())
    parts.append(f"**Input.** {chaining_text(step.chaining)}")
    schema = step.properties.model_json_schema()
    own = {
        name: field for name, field in schema["properties"].items() if name not in StepProperties.model_fields
    }
    common = {
        name: field for name, field in schema["properties"].items() if name in StepProperties.model_fields
    }
    required = set(schema.get("required", ()))
    parts += ["## Properties", property_table(own, required, schema)]
    parts += ["Properties that every step has:", property_table(common, required, schema)]
    return "\n\n".join(parts)


def chaining_text(chaining: Chaining) -> str:
    """Return what a step takes from the step before it, as a sentence."""
    return {
        Chaining.INPUT: "The previous step's dataset, unless `input_node` or `input_path` names another.",
        Chaining.DEPENDENCY: "It waits for the previous step and reads the warehouse.",
        Chaining.NONE: "None; it waits only for what `depends_on` names and for the steps it meets at a table.",
    }[chaining]


def property_table(fields: dict[str, Any], required: set[str], schema: dict[str, Any]) -> str:
    """Return a table of properties."""
    rows = [
        f"| `{name}`{' (required)' if name in required else ''} | {type_text(field, schema)} | {default_text(field)} "
        f"| {described(with_description(field, schema))} |"
        for name, field in fields.items()
    ]
    return "\n".join(["| property | type | default | meaning |", "|---|---|---|---|", *rows])


def with_description(field: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return a property with the description of its section if it has none of its own."""
    reference = field.get("$ref", "").rsplit("/", 1)[-1]
    own = schema["$defs"][reference].get("description") if reference else None
    return {"description": own, **field} if own else field


def described(field: dict[str, Any]) -> str:
    """Return a property's description with its examples."""
    text = " ".join(str(field.get("description", "")).split()).replace("|", "\\|")
    examples = ", ".join(f"`{example}`" for example in field.get("examples", ())).replace("|", "\\|")
    return f"{text} Examples: {examples}." if examples else text


def type_text(field: dict[str, Any], schema: dict[str, Any]) -> str:
    """Return a JSON Schema type in a few words."""
    if "$ref" in field:
        return type_text(schema["$defs"][field["$ref"].rsplit("/", 1)[1]], schema)
    if "anyOf" in field:
        kinds = [type_text(part, schema) for part in field["anyOf"] if part.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "enum" in field:
        return " or ".join(f"`{value}`" for value in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    kinds = field.get("type", "any")
    names = [
        kind_text(kind, field, schema)
        for kind in ([kinds] if isinstance(kinds, str) else kinds)
        if kind != "null"
    ]
    return " or ".join(names)


def kind_text(kind: str, field: dict[str, Any], schema: dict[str, Any]) -> str:
    """Return one JSON Schema type name in words."""
    if kind == "array":
        return f"list of {type_text(field.get('items', {}), schema)}"
    return {"string": "text", "object": "mapping", "boolean": "true or false"}.get(kind, kind)


def default_text(field: dict[str, Any]) -> str:
    """Return a property's default as YAML writes it."""
    default = field.get("default")
    if default is None or default in ([], {}):
        return ""
    shown = str(default).lower() if isinstance(default, bool) else str(default)
    return f"`{shown}`".replace("|", "\\|").replace("\t", "\\t")


SETTINGS_HEAD = """\
# Settings

A project's settings stand in `dataduct.yml`. Every setting has a default, so the file may be missing. Other files may
say what is the same for all projects of a machine, a user or a team. They are read in this order, and each is laid over
those before it, key by key:

| | file | for |
|---|---|---|
| 1 | `/etc/dataduct.cfg` | the machine |
| 2 | `~/.dataduct/dataduct.cfg` | the user |
| 3 | `dataduct.yml` | the project |
| 4 | the files that `DATADUCT_CONFIG_PATH` names, joined by colons | whoever sets the variable |
| 5 | variables such as `DATADUCT__ENGINE__WORKERS` | whoever sets them |

A mode lies over the files and below the variables. `--mode NAME` or `DATADUCT_MODE` chooses one; what all files say of
it is laid together. In `dataduct.yml` modes stand below `modes:`; in a file that ends in `.cfg` a key at the top that
is no section and holds sections is a mode too, as in the first Dataduct.

```yaml
warehouse: duckdb:///dev.duckdb
engine:
  workers: 2
modes:
  production:
    warehouse: redshift://loader:${env:DWH_PASSWORD}@dwh.example.com/prod
    engine: {workers: 8}
```

`dataduct config show --mode production` prints every setting in effect and where it comes from;
`dataduct config validate` checks all files and every mode. `dataduct config sync_to_s3` writes what all files say
together to `config/dataduct.cfg` in the storage's bucket; `dataduct config sync_from_s3 FILENAME` brings it elsewhere.

* Every file takes every section on this page, and those of the first Dataduct.
* Relative paths start at the project's directory, in whichever file they stand; `~` is the home directory.
* A variable's name is `DATADUCT`, then the keys, each behind two underscores, in any case.
* A list is replaced whole, and so is a teardown step; a warehouse, storage or connection of another `type` too.
* A file that `DATADUCT_CONFIG_PATH` names has to exist. `DATADUCT_SYSTEM_CONFIG` and `DATADUCT_USER_CONFIG` name other
  files in place of the first two; empty, none is read.

[Connections](connections.md) tells how systems are reached and where their secrets stand."""

ORIGINAL_HEAD = """\
## Settings of the first Dataduct

Its files are read as they are. These keys, in any case, may stand in every file; each stands for a setting of this
page. `bootstrap`, `teardown`, `custom_steps` and `database` have the same name and form here."""

ORIGINAL_NOTES = """\
* `S3_ETL_BUCKET` is the storage, with `S3_BASE_PATH` as its prefix, where `storage` is not written.
* `NAME_PREFIX` is put before names with an underscore; `name_prefix` as it is.
* `DAILY_LOAD_TIME` is an hour; `load_time` a time such as `04:30`.
* `RETRY_DELAY` is also the longest pause, as the pauses of the first Dataduct did not grow.
* A MySQL connection's database is by default the one called like its alias.
* Without HOST, AWS is asked for the address of the CLUSTER_ID or RDS_INSTANCE_ID when it is connected to.
* Everything in `aws_data_pipeline` is kept for AWS Data Pipeline and has no effect on runs here."""


def settings_page() -> str:
    """Return the page of the settings files."""
    schema = api.settings_schema()
    parts = [SETTINGS_HEAD, property_table(schema["properties"], set(schema.get("required", ())), schema)]
    for section, field in schema["properties"].items():
        parts += section_tables(section, field, schema)
    for section, registry in (("warehouse", WAREHOUSES), ("connections", CONNECTORS), ("storage", STORAGE)):
        for name in registry.names():
            options = registry.settings_model(name)
            if options is not None:
                own = options.model_json_schema()
                table = property_table(own["properties"], set(own.get("required", ())), own)
                parts += [f"## {section}: {name}", table]
    return "\n\n".join([*parts, ORIGINAL_HEAD, original_table(), ORIGINAL_NOTES])


def section_tables(name: str, field: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    """Yield heading and table of a section and of the sections in it."""
    inner = next((part for part in (field, *field.get("anyOf", ())) if {"$ref", "items"} & part.keys()), {})
    reference = inner.get("$ref") or inner.get("items", {}).get("$ref") or ""
    definition = schema["$defs"].get(reference.rsplit("/", 1)[-1], {})
    if "properties" in definition:
        yield f"## {name}"
        yield property_table(definition["properties"], set(definition.get("required", ())), schema)
        for key, value in definition["properties"].items():
            yield from section_tables(f"{name}.{key}", value, schema)


def original_table() -> str:
    """Return the keys of the first Dataduct's settings with the setting that each stands for."""
    from dataduct.config.original_keys import ORIGINAL_KEYS, ORIGINAL_SYSTEM_KEYS

    rows = [
        f"| `{section}` | `{key}` | `{setting}` |"
        for section, keys in {**ORIGINAL_KEYS, **ORIGINAL_SYSTEM_KEYS}.items()
        for key, setting in keys.items()
    ]
    return "\n".join(["| section | key | setting |", "|---|---|---|", *rows])


def commands_page() -> str:
    """Return the page of the command line."""
    context = click.Context(dataduct, info_name="dataduct", max_content_width=100, terminal_width=100)
    parts = ["# Commands", fenced(dataduct.get_help(context))]
    for section in SECTIONS.values():
        for name, entry in section.items():
            command = import_module(f"dataduct.cli.{entry.module}").command
            parts += [f"## dataduct {name}", fenced(command_help(command, name, context))]
            if isinstance(command, click.Group):
                of_group = click.Context(command, info_name=name, parent=context)
                for inner, subcommand in command.commands.items():
                    text = fenced(command_help(subcommand, inner, of_group))
                    parts += [f"### dataduct {name} {inner}", text]
    return "\n\n".join(parts)


def command_help(command: click.Command, name: str, parent: click.Context) -> str:
    """Return a command's own help text."""
    context = click.Context(command, info_name=name, parent=parent, max_content_width=100, terminal_width=100)
    return command.get_help(context)


def fenced(text: str) -> str:
    """Return a text as a literal block."""
    return f"```\n{text.rstrip()}\n```"


def errors_page() -> str:
    """Return the page of error codes."""
    return "\n\n".join(["# Error codes", "`dataduct explain CODE` prints an entry.", *error_entries()])


def error_entries() -> Iterator[str]:
    """Yield the headings and entries of all codes."""
    group = ""
    for code, entry in catalogue().items():
        if code[:3] != group:
            group = code[:3]
            yield f"## {group}xx: {GROUPS[group]}"
        example = f"\n\n```yaml\n{entry.example.rstrip()}\n```" if entry.example else ""
        yield f"### {code}: {entry.title}\n\n{entry.meaning}\n\n**What to do:** {entry.remedy}{example}"


def main() -> None:
    """Write the pages, or check them."""
    made = pages()
    stale = [
        path for path, text in made.items() if not (HERE / path).exists() or (HERE / path).read_text() != text
    ]
    extra = [
        str(path.relative_to(HERE))
        for path in (HERE / "steps").glob("*.md")
        if f"steps/{path.name}" not in made
    ]
    if "--check" in sys.argv[1:]:
        for path in stale + extra:
            print(f"{path} is out of date: run `make docs`")
        sys.exit(1 if stale or extra else 0)
    for path in extra:
        (HERE / path).unlink()
    for path, text in made.items():
        (HERE / path).parent.mkdir(exist_ok=True)
        (HERE / path).write_text(text)
    print(f"{len(made)} pages, {len(stale)} written anew")


if __name__ == "__main__":
    main()
