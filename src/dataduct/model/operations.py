"""The closed set of operations that steps lower to.

Engines and deploy targets know these and never a step type. Every text field may hold templates (`{{ }}`, `#{ }`)
until `dataduct.plan.bind` has rendered them for one run.
"""

from dataclasses import dataclass, field
from typing import Literal

from dataduct.model.dataset import DatasetFormat, DatasetRef
from dataduct.model.table import TableDefinition, TableName

SqlParameter = str | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """Run a query on a connection and stream its rows into a dataset.

    Attributes:
        connection: Alias of the connection in the settings.
        database: Database on that server, or None for the connection's own.
        query: One SELECT statement, without a final semicolon.
        splits: Number of parallel partitions the source is read in.
        split_by: Column of the query whose range is cut into partitions, or None for the table's primary key.
        allow_lossy: Columns in which a value that has no exact form becomes NULL instead of an error.
    """

    connection: str
    query: str
    output: DatasetRef
    database: str | None = None
    splits: int = 1
    split_by: str | None = None
    allow_lossy: tuple[str, ...] = ()
    kind: Literal["extract"] = "extract"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyDataset:
    """Bring files from a local path or URI into the run's storage.

    Attributes:
        source: Absolute path of a file or directory, or a glob; or such a URI of S3, where a directory ends with a
            slash.
        format: How the files are to be read by a later load; `files` if nothing is known.
        connection: Alias of the connection of type `s3` that leads to the bucket; None for the AWS chain.
        detects_format: Whether the names of the files that are found say the format, and `format` is for those of no
            known ending.
    """

    source: str
    output: DatasetRef
    format: DatasetFormat = "files"
    connection: str | None = None
    detects_format: bool = False
    kind: Literal["copy-dataset"] = "copy-dataset"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """How delimited files are read: what the original's COPY options said.

    Attributes:
        null_values: Field texts that mean NULL.
        escape: Whether a backslash escapes the next character.
        max_errors: Rows that may be left out because they cannot be loaded; each is logged.
        replace_invalid_char: Character put in place of bytes that are not UTF-8; None makes them an error.
        copy_options: Options for Amazon Redshift's own COPY, which then reads the files itself; None leaves reading and
            checking them to Dataduct.
    """

    delimiter: str = "\t"
    null_values: tuple[str, ...] = ("\\N", "NULL")
    escape: bool = True
    max_errors: int = 0
    replace_invalid_char: str | None = None
    copy_options: str | None = None


LoadMode = Literal["replace", "append", "overwrite-existing", "keep-existing"]
MatchColumns = Literal["auto", "name", "position"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadTable:
    """Create a table if it is missing and load datasets into it, in one transaction.

    Attributes:
        table: The target's name.
        definition: Its definition; None if the table must exist already.
        mode: `replace` empties the table first; `append` adds; `overwrite-existing` replaces rows of equal primary
            key; `keep-existing` adds only rows whose primary key is new.
        match_columns: How dataset columns find their table columns. `auto` goes by name if every dataset column
            is a column of the table, by position if no name disagrees with its position, and is an error otherwise.
        connection: Alias of the connection to an operational database that holds the table; None for the warehouse.
        columns: Columns of the table to fill, in the order of the dataset's; None for those that `match_columns`
            finds.
    """

    inputs: tuple[DatasetRef, ...]
    table: TableName
    definition: TableDefinition | None = None
    mode: LoadMode = "replace"
    match_columns: MatchColumns = "auto"
    file_format: FileFormat = field(default_factory=FileFormat)
    connection: str | None = None
    columns: tuple[str, ...] | None = None
    kind: Literal["load-table"] = "load-table"


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlStatement:
    """One statement of a script, and what it is for (`delete replaced rows`)."""

    text: str
    purpose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSql:
    """Run a script on the warehouse, in one transaction unless told otherwise.

    Attributes:
        creates: Tables to create first if they are missing; compared with the existing ones otherwise.
        table: The table the script is about (None for a free script); names its row in `dataduct.loads`.
        parameters: Values for `%s` in the statements, in order over the whole script; empty means none are
            substituted and a literal `%` stands for itself.
        in_transaction: False runs each statement on its own, as `wrap_transaction: false` asks.
        after_commit: Statements run after the transaction (ANALYZE).
    """

    statements: tuple[SqlStatement, ...]
    creates: tuple[TableDefinition, ...] = ()
    table: TableName | None = None
    reads: tuple[TableName, ...] = ()
    writes: tuple[TableName, ...] = ()
    parameters: tuple[SqlParameter, ...] = ()
    in_transaction: bool = True
    after_commit: tuple[SqlStatement, ...] = ()
    kind: Literal["run-sql"] = "run-sql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unload:
    """Stream a warehouse query's rows into a dataset."""

    query: str
    output: DatasetRef
    reads: tuple[TableName, ...] = ()
    kind: Literal["unload"] = "unload"


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedInput:
    """A dataset given to a command as a local directory.

    Attributes:
        variable: Environment variable that holds the directory (`INPUT1_STAGING_DIR`).
        subdirectory: Directory below the variable's to put the files in, or None.
    """

    dataset: DatasetRef
    variable: str
    subdirectory: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedOutput:
    """A directory that a command fills and that becomes a dataset.

    `subdirectory` is set when several outputs share one variable's directory.
    """

    dataset: DatasetRef
    variable: str
    subdirectory: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCommand:
    """Run a shell command or a script with staging directories.

    Exactly one of `command`, `script` and `script_uri` is set.

    Attributes:
        command: Shell text, run by `bash -c`.
        script: Absolute path of an executable script; `.py` runs with this Python, `.sh` with bash.
        script_directory: Absolute path of a directory copied to a private working directory before the script
            (a path inside it) runs, or None.
        script_uri: URI in S3 of a script that is fetched into the working directory and run like `script`.
        files: URIs in S3 of files, and of directories with a slash at their end, to put into the working directory.
        connection: Alias of the connection of type `s3` that leads to these; None for the AWS chain.
        is_check: A non-zero exit is a failed check, not a crash (qa-transform).
    """

    inputs: tuple[StagedInput, ...] = ()
    outputs: tuple[StagedOutput, ...] = ()
    command: str | None = None
    script: str | None = None
    script_directory: str | None = None
    arguments: tuple[str, ...] = ()
    script_uri: str | None = None
    files: tuple[str, ...] = ()
    connection: str | None = None
    is_check: bool = False
    kind: Literal["run-command"] = "run-command"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportDataset:
    """Copy a dataset's files out of the run's storage, to a place that others read.

    Attributes:
        destination: URI of S3, or absolute path on this machine. One that ends with a slash is a directory; any other
            is the very file: rows are written to it in the format of its ending, and files must be one.
        connection: Alias of the connection of type `s3` that leads to the bucket; None for the AWS chain.
    """

    input: DatasetRef
    destination: str
    connection: str | None = None
    kind: Literal["export-dataset"] = "export-dataset"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamingJob:
    """A job of the Hadoop streaming contract: lines through a mapper, sorted by key, through a reducer.

    Attributes:
        mapper: Absolute path of the program, or a shell command.
        reducer: The same; None for a job of mappers only.
        options: Options of Hadoop streaming (`-D`, `name=value`), as written.
    """

    mapper: str
    reducer: str | None = None
    options: tuple[str, ...] = ()
    kind: Literal["hadoop-streaming"] = "hadoop-streaming"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmrJob:
    """A step of an Amazon EMR cluster: `jar,argument,argument`, a comma within one escaped by a backslash."""

    step: str
    kind: Literal["emr-step"] = "emr-step"


Job = StreamingJob | EmrJob


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitJob:
    """A job on a cluster engine, or on this machine where the job's kind has an engine of its own here."""

    job: Job
    inputs: tuple[DatasetRef, ...] = ()
    output: DatasetRef | None = None
    kind: Literal["submit-job"] = "submit-job"


@dataclass(frozen=True, slots=True)
class AwaitedPipeline:
    """A pipeline that another waits for. `may_fail`: it need only have ended, well or not."""

    name: str
    may_fail: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitForPipeline:
    """Wait until runs of other pipelines have ended well.

    Attributes:
        run_date: Date of the runs waited for (`2026-01-01`); None means that of the run that waits.
        refresh_seconds: Pause between two looks at the run store.
        give_up_seconds: Longest time to wait.
        overridden: Whether the settings say not to wait at all.
    """

    pipelines: tuple[AwaitedPipeline, ...]
    run_date: str | None = None
    refresh_seconds: float = 300.0
    give_up_seconds: float = 86_400.0
    overridden: bool = False
    kind: Literal["wait-for-pipeline"] = "wait-for-pipeline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A query whose result a check looks at, and where it runs (connection None: the warehouse)."""

    query: str
    connection: str | None = None
    database: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimaryKeyComparison:
    """No key stands twice and no key column is NULL, in `table`."""

    table: TableName
    key: tuple[str, ...]
    kind: Literal["primary-key"] = "primary-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountComparison:
    """Two row counts differ by at most `tolerance` percent of the source's. Each query gives one number."""

    source: Measure
    destination: Measure
    tolerance: float = 1.0
    kind: Literal["count"] = "count"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnComparison:
    """Sampled source rows equal the warehouse rows of the same key, in all but `tolerance` percent of rows.

    Attributes:
        source: Query giving the sample, its first `len(key_positions)`... columns in the destination's order.
        destination: Query giving the destination's rows, unfiltered; the check adds the filter on the keys.
        key_positions: Positions (from 0) of the key columns in both queries' columns.
        key: Names of the key columns in the destination query.
        sample_size: Number of source rows to compare.
        sample_tail: SQL put after the source query, `LIMIT_PLACEHOLDER` standing for the sample size; None lets
            the connection choose.
    """

    source: Measure
    destination: Measure
    key_positions: tuple[int, ...]
    key: tuple[str, ...]
    sample_size: int = 100
    sample_tail: str | None = None
    tolerance: float = 1.0
    kind: Literal["column"] = "column"


Comparison = PrimaryKeyComparison | CountComparison | ColumnComparison


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLog:
    """A file in the run's storage that holds a check's verdict.

    Attributes:
        directory: Path in the storage; the file within it is named after pipeline, step, run date and run.
        test_name: What the check is called there: `pipeline.step`.
    """

    directory: str
    test_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Measure, compare with a tolerance, give a verdict.

    Attributes:
        log: Where the verdict is written beside the run store, or None.
    """

    comparison: Comparison
    reads: tuple[TableName, ...] = ()
    log: CheckLog | None = None
    kind: Literal["check"] = "check"


Operation = (
    Extract
    | CopyDataset
    | ExportDataset
    | LoadTable
    | RunSql
    | Unload
    | RunCommand
    | SubmitJob
    | Check
    | WaitForPipeline
)


def dataset_inputs(operation: Operation) -> tuple[DatasetRef, ...]:
    """Return the datasets that `operation` reads."""
    match operation:
        case LoadTable() | SubmitJob():
            return operation.inputs
        case ExportDataset():
            return (operation.input,)
        case RunCommand():
            return tuple(staged.dataset for staged in operation.inputs)
        case _:
            return ()


def dataset_outputs(operation: Operation) -> tuple[DatasetRef, ...]:
    """Return the datasets that `operation` writes."""
    match operation:
        case Extract() | CopyDataset() | Unload():
            return (operation.output,)
        case SubmitJob():
            return () if operation.output is None else (operation.output,)
        case RunCommand():
            return tuple(staged.dataset for staged in operation.outputs)
        case _:
            return ()


def tables_read(operation: Operation) -> tuple[TableName, ...]:
    """Return the warehouse tables that `operation` reads."""
    return operation.reads if isinstance(operation, RunSql | Unload | Check) else ()


def tables_written(operation: Operation) -> tuple[TableName, ...]:
    """Return the warehouse tables that `operation` writes."""
    match operation:
        case LoadTable(connection=None):
            return (operation.table,)
        case RunSql():
            return operation.writes
        case _:
            return ()
