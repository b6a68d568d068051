"""The step types that load datasets into tables."""

from collections.abc import Callable
from typing import Any

import pytest

from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import FileFormat, LoadTable
from dataduct.model.table import TableName

Lower = Callable[..., Any]
TABLE = "table_definition: tables/staging.courses.sql\n"


@pytest.mark.parametrize("step_type", ["create-load", "create-load-redshift"])
def test_create_load_replaces_the_rows_of_the_defined_table(step_type: str, lower: Lower) -> None:
    operation = lower(step_type, TABLE, inputs={"extract": None}).operation
    assert operation == LoadTable(
        inputs=(DatasetRef("extract", "extract"),),
        table=TableName("courses", "staging"),
        definition=operation.definition,
        mode="replace",
        match_columns="auto",
        file_format=FileFormat(),
    )
    assert operation.definition.column_names == ("course_id", "slug", "title", "created_at")


def test_create_load_loads_every_input(lower: Lower) -> None:
    operation = lower("create-load", TABLE, inputs={"a": "x", "b": "y"}).operation
    assert operation.inputs == (DatasetRef("a", "a"), DatasetRef("b", "b"))


def test_create_load_with_every_property(lower: Lower) -> None:
    yaml = """
        table_definition: tables/staging.courses.sql
        insert_mode: overwrite-existing
        match_columns: position
        delimiter: '|'
        null_values: ['', n/a]
        max_errors: 10
        replace_invalid_char: '?'
        worker_group: etl
    """
    operation = lower("create-load", yaml).operation
    assert (operation.mode, operation.match_columns) == ("overwrite-existing", "position")
    assert operation.file_format == FileFormat(
        delimiter="|", null_values=("", "n/a"), escape=True, max_errors=10, replace_invalid_char="?"
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            "[--max_error=10, \"--replace_invalid_char='?'\"]",
            FileFormat(max_errors=10, replace_invalid_char="?"),
        ),
        ("[--max_error, 10, --gzip]", FileFormat(max_errors=10)),
        ("[--no_escape]", FileFormat(escape=False)),
        ("{max_error: 3}", FileFormat(max_errors=3)),
        ("[]", FileFormat()),
    ],
)
def test_create_load_takes_the_original_s_options(arguments: str, expected: FileFormat, lower: Lower) -> None:
    operation = lower("create-load", f"{TABLE}script_arguments: {arguments}").operation
    assert operation.file_format == expected


@pytest.mark.parametrize(
    ("yaml", "code", "message"),
    [
        ("script_arguments: [--max_eror=1]", "DD212", "the step does not know the argument `--max_eror=1`"),
        ("script_arguments: [--max_error]", "DD212", "the argument `--max_error` has no value"),
        ("script_arguments: [--max_error=x]", "DD212", "`--max_error` is a number of rows, not `x`"),
        (
            "script_arguments: [--replace_invalid_char=ab]",
            "DD212",
            "`--replace_invalid_char` is one character, not `ab`",
        ),
        (
            "script_arguments: [\"--command_options=DELIMITER ','\"]",
            "DD208",
            "`command_options` are options of Amazon Redshift's COPY, and the warehouse is another",
        ),
        (
            "script_arguments: [--max_error=1]\nmax_errors: 2",
            "DD211",
            "both the argument `--max_error` and `max_errors` are given",
        ),
        ("insert_mode: upsert", "DD204", "`insert_mode` cannot be `upsert`"),
        ("max_errors: -1", "DD240", "`max_errors` is -1; it must be at least 0"),
        ("resource_type: emr", "DD201", "create-load has no property `resource_type`"),
    ],
)
def test_create_load_refuses(yaml: str, code: str, message: str, lower: Lower) -> None:
    lowered = lower("create-load", TABLE + yaml)
    assert lowered.operation is None
    assert (lowered.only_problem.code, lowered.only_problem.message) == (code, message)


def test_an_option_that_never_did_anything_is_told(lower: Lower) -> None:
    lowered = lower("create-load", f"{TABLE}script_arguments: [--force_drop_table=True]")
    assert lowered.operation is not None
    assert (lowered.only_problem.code, lowered.only_problem.severity) == ("DD209", "warning")


def test_a_mistyped_option_is_answered_with_the_nearest(lower: Lower) -> None:
    problem = lower("create-load", f"{TABLE}script_arguments: [--max_eror=1]").only_problem
    assert problem.hint == "did you mean `--max_error`?"


def test_a_table_without_primary_key_cannot_keep_or_overwrite_rows(lower: Lower) -> None:
    problem = lower(
        "create-load", "table_definition: tables/prod.visits.sql\ninsert_mode: keep-existing"
    ).only_problem
    assert problem.code == "DD220"
    assert "`insert_mode: keep-existing` finds rows by their primary key, and prod.visits" in problem.message


@pytest.mark.parametrize("step_type", ["load", "load-redshift"])
def test_load_empties_an_existing_table_first(step_type: str, lower: Lower) -> None:
    operation = lower(step_type, "schema: dev\ntable: test_table", inputs={"extract": None}).operation
    assert operation == LoadTable(
        inputs=(DatasetRef("extract", "extract"),), table=TableName("test_table", "dev"), mode="replace"
    )


@pytest.mark.parametrize(
    ("written", "mode"),
    [
        ("TRUNCATE", "replace"),
        ("OVERWRITE_EXISTING", "overwrite-existing"),
        ("KEEP_EXISTING", "keep-existing"),
        ("APPEND", "append"),
        ("keep-existing", "keep-existing"),
    ],
)
def test_load_knows_the_original_s_insert_modes(written: str, mode: str, lower: Lower) -> None:
    yaml = f"schema: dev\ntable: t\ninsert_mode: {written}\ncompression: gzip\nmax_errors: 1\nreplace_invalid_char: '?'"
    operation = lower("load", yaml).operation
    assert operation.mode == mode
    assert operation.file_format == FileFormat(max_errors=1, replace_invalid_char="?")


@pytest.mark.parametrize("compression", ["bzip2", "zstd", "none"])
def test_load_takes_what_the_files_endings_say(compression: str, lower: Lower) -> None:
    assert (
        lower("load", f"schema: dev\ntable: t\ncompression: {compression}").operation.file_format
        == FileFormat()
    )


def test_load_refuses_a_compression_that_cannot_be_read(lower: Lower) -> None:
    problem = lower("load", "schema: dev\ntable: t\ncompression: lzo").only_problem
    assert (problem.code, problem.message) == ("DD208", "files compressed with lzo cannot be read here")


def test_load_explains_a_qualified_table(lower: Lower) -> None:
    assert lower("load", "schema: dev\ntable: dev.t").only_problem.code == "DD213"


@pytest.mark.parametrize(
    "written", ["command_options: TRUNCATECOLUMNS", "script_arguments: ['--command_options=TRUNCATECOLUMNS']"]
)
def test_options_of_redshift_s_copy_are_for_redshift(written: str, lower: Lower) -> None:
    yaml = f"table_definition: tables/staging.courses.sql\n{written}"
    lowered = lower("create-load", yaml, inputs={"rows": None}, dialect="redshift")
    assert lowered.operation.file_format.copy_options == "TRUNCATECOLUMNS"
    problem = lower("create-load", yaml, inputs={"rows": None}).only_problem
    assert (problem.code, problem.hint) == (
        "DD208",
        "use `delimiter`, `null_values`, `max_errors` and `replace_invalid_char`",
    )
