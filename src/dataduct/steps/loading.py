"""What the steps that load files into a table have in common."""

from typing import Annotated, Literal, TypeVar

from pydantic import Field

from dataduct.model.operations import FileFormat, LoadMode, MatchColumns
from dataduct.steps.amazon import AmazonProperties
from dataduct.steps.base import Names, Text
from dataduct.steps.context import LoweringContext

InsertMode = Literal[
    "replace",
    "append",
    "overwrite-existing",
    "keep-existing",
    "TRUNCATE",
    "APPEND",
    "OVERWRITE_EXISTING",
    "KEEP_EXISTING",
]
"""A load mode, in our spelling or in that of Amazon Data Pipeline."""

Character = Annotated[str, Field(min_length=1, max_length=1)]

INSERT_MODE_DESCRIPTION = (
    "What happens to the table's rows: `replace` (or `TRUNCATE`) takes them out first; `append` leaves them; "
    "`overwrite-existing` replaces rows of equal primary key; `keep-existing` adds only rows whose primary key is new."
)

_MODES: dict[str, LoadMode] = {
    "replace": "replace",
    "truncate": "replace",
    "append": "append",
    "overwrite-existing": "overwrite-existing",
    "keep-existing": "keep-existing",
}

_T = TypeVar("_T")


class LoadProperties(AmazonProperties):
    """How files are read and how their columns find the table's."""

    match_columns: MatchColumns = Field(
        "auto",
        description="How columns of the dataset find columns of the table: by `name`, by `position`, or `auto`: by "
        "name where the dataset's names are columns of the table, by position where it has no names.",
    )
    delimiter: Character | None = Field(
        None,
        description="Character between two fields of a delimited file. By default a tab, or a comma in a `.csv` file.",
        examples=["|", "\t"],
    )
    null_values: Names | None = Field(
        None,
        description=r"Field texts that mean NULL, by default `\N` and `NULL`.",
        examples=[["", "n/a"]],
    )
    max_errors: int | None = Field(
        None,
        ge=0,
        description="Rows that may be left out because they cannot be loaded; each is logged. By default 0.",
        examples=[10],
    )
    replace_invalid_char: Character | None = Field(
        None,
        description="Character put in place of bytes that are not UTF-8. By default they are an error.",
        examples=["?"],
    )


class WarehouseLoadProperties(LoadProperties):
    """How files are read into a table of the warehouse."""

    command_options: Text | None = Field(
        None,
        description="Options for Amazon Redshift's COPY of delimited files, which then reads them itself, by its own "
        "rules. By default Dataduct reads the files and refuses each value that would be changed.",
        examples=["TRUNCATECOLUMNS DATEFORMAT 'auto'"],
    )


def load_mode(written: InsertMode) -> LoadMode:
    """Return the load mode that `insert_mode` names."""
    return _MODES[written.lower().replace("_", "-")]


def file_format(properties: LoadProperties, options: dict[str, str] | None = None) -> FileFormat:
    """Return how delimited files are read.

    Args:
        properties: The step's properties.
        options: What the original's `script_arguments` said, by option name.
    """
    options = options or {}
    standard = FileFormat()
    max_errors = int(options["max_error"]) if "max_error" in options else properties.max_errors
    return FileFormat(
        delimiter=_or(properties.delimiter, standard.delimiter),
        null_values=_or(properties.null_values, standard.null_values),
        escape="no_escape" not in options,
        max_errors=max_errors or 0,
        replace_invalid_char=options.get("replace_invalid_char", properties.replace_invalid_char),
        copy_options=options.get("command_options", getattr(properties, "command_options", None)),
    )


def _or(value: _T | None, default: _T) -> _T:
    return default if value is None else value


def check_copy_options(options: FileFormat, context: LoweringContext) -> bool:
    """Return whether the warehouse has a COPY of its own that `command_options` are for; report DD208 otherwise."""
    if options.copy_options is None or context.dialect == "redshift":
        return True
    context.report(
        "DD208",
        "`command_options` are options of Amazon Redshift's COPY, and the warehouse is another",
        hint="use `delimiter`, `null_values`, `max_errors` and `replace_invalid_char`",
    )
    return False


def check_key_for(mode: LoadMode, key: tuple[str, ...], table: object, context: LoweringContext) -> bool:
    """Return whether `mode` finds the primary key it needs; report DD220 otherwise."""
    if mode in ("replace", "append") or key:
        return True
    context.report(
        "DD220",
        f"`insert_mode: {mode}` finds rows by their primary key, and {table} declares none",
        of="insert_mode",
        hint="declare PRIMARY KEY in the table definition, or use `replace` or `append`",
    )
    return False
