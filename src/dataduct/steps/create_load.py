"""The step type `create-load`."""

from typing import ClassVar

from pydantic import Field

from dataduct.model.operations import LoadTable
from dataduct.steps.amazon import PhantomOutputProperties
from dataduct.steps.arguments import CommandArguments, parse_options
from dataduct.steps.base import Chaining, Step, Text
from dataduct.steps.commands import stem
from dataduct.steps.context import LoweringContext
from dataduct.steps.loading import (
    INSERT_MODE_DESCRIPTION,
    InsertMode,
    WarehouseLoadProperties,
    check_copy_options,
    check_key_for,
    file_format,
    load_mode,
)

_FLAGS = ("no_escape", "gzip")
_VALUES = ("max_error", "replace_invalid_char", "command_options")
_WITHOUT_EFFECT = {
    "force_drop_table": "no table is dropped in passing; `insert_mode: replace` takes its rows out",
}
_PROPERTY_OF = {
    "max_error": "max_errors",
    "replace_invalid_char": "replace_invalid_char",
    "command_options": "command_options",
}


class CreateLoadProperties(WarehouseLoadProperties, PhantomOutputProperties):
    """The table to create and load."""

    table_definition: Text = Field(
        description="File with the table's CREATE TABLE statement.", examples=["tables/staging.courses.sql"]
    )
    insert_mode: InsertMode = Field("replace", description=INSERT_MODE_DESCRIPTION)
    script_arguments: CommandArguments | None = Field(
        None,
        description="The original's options: `--max_error=N`, `--replace_invalid_char=C`, `--command_options=...`, "
        "`--no_escape` and `--gzip` (files ending in `.gz` are read either way). The step's properties say the same.",
        examples=[["--max_error=10", "--replace_invalid_char='?'"]],
    )


class CreateLoad(Step[CreateLoadProperties]):
    """Create a table if it is missing and load files into it."""

    step_type: ClassVar[str] = "create-load"
    aliases: ClassVar[tuple[str, ...]] = ("create-load-redshift",)
    summary: ClassVar[str] = "Create a table if it is missing and load a dataset into it, in one transaction."
    documentation: ClassVar[str] = """\
Loads the dataset of the step before it, or the one that `input_node` names, into the table that `table_definition`
defines. The table is created if it is missing. If it exists, its columns must be those of the definition.

All rows go in within one transaction: readers see the table as it was before or as it is after, nothing between. By
default the table is emptied first (`insert_mode: replace`), as a staging table should be.

```yaml
name: load_courses
frequency: daily
load_time: 01:00

steps:
-   step_type: extract-rds
    host_name: school
    table: courses

-   step_type: create-load
    table_definition: tables/staging.courses.sql
    max_errors: 10
```

`create-load-redshift` is the same step type under its first name.
"""
    properties: ClassVar[type[CreateLoadProperties]] = CreateLoadProperties
    chaining: ClassVar[Chaining] = Chaining.INPUT

    @classmethod
    def subject(cls, properties: CreateLoadProperties) -> str | None:
        """Return the name of the table's definition file."""
        return stem(properties.table_definition)

    @classmethod
    def lower(cls, properties: CreateLoadProperties, context: LoweringContext) -> LoadTable | None:
        """Return the load of every input into the table."""
        options = _options(properties, context)
        definition = context.table_definition(properties.table_definition, of="table_definition")
        if options is None or definition is None:
            return None
        mode = load_mode(properties.insert_mode)
        options_of_files = file_format(properties, options)
        if not check_key_for(mode, definition.primary_key, definition.name, context):
            return None
        if not check_copy_options(options_of_files, context):
            return None
        return LoadTable(
            inputs=tuple(dataset for dataset, _ in context.inputs),
            table=definition.name,
            definition=definition,
            mode=mode,
            match_columns=properties.match_columns,
            file_format=options_of_files,
        )


def _options(properties: CreateLoadProperties, context: LoweringContext) -> dict[str, str] | None:
    """Return the options among `script_arguments`, or None after reporting problems."""
    options = parse_options(
        properties.script_arguments, flags=(*_FLAGS, *_WITHOUT_EFFECT), values=_VALUES, context=context
    )
    if options is None:
        return None
    for name in _WITHOUT_EFFECT.keys() & options.keys():
        context.report(
            "DD209",
            f"`--{name}` has no effect, as it had none in the original",
            of="script_arguments",
            hint=_WITHOUT_EFFECT[name],
            severity="warning",
        )
    twice = [name for name, other in _PROPERTY_OF.items() if name in options and _is_set(properties, other)]
    for name in twice:
        context.report(
            "DD211",
            f"both the argument `--{name}` and `{_PROPERTY_OF[name]}` are given",
            of="script_arguments",
            hint=f"keep `{_PROPERTY_OF[name]}`",
        )
    wrong = _wrong_value(options)
    if wrong is not None:
        context.report("DD212", wrong, of="script_arguments")
    return None if twice or wrong else options


def _is_set(properties: CreateLoadProperties, name: str) -> bool:
    return getattr(properties, name) is not None


def _wrong_value(options: dict[str, str]) -> str | None:
    errors = options.get("max_error", "0")
    if not errors.isdecimal():
        return f"`--max_error` is a number of rows, not `{errors}`"
    character = options.get("replace_invalid_char", "?")
    if len(character) != 1:
        return f"`--replace_invalid_char` is one character, not `{character}`"
    return None
