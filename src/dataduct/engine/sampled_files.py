"""What the files that a step would copy hold, from a sample of them."""

from typing import TYPE_CHECKING

from dataduct.engine.handlers.copy_dataset import source_files
from dataduct.engine.workbench import Workbench
from dataduct.errors import DataError, MissingDependencyError
from dataduct.model.dataset import DatasetFormat
from dataduct.model.operations import CopyDataset, FileFormat
from dataduct.model.s3_uri import is_s3_uri

if TYPE_CHECKING:
    from dataduct.storage.rows import RowFormat
    from dataduct.storage.sampling import SampledColumn


def sampled_files(
    operation: CopyDataset, file_format: FileFormat, workbench: Workbench
) -> "tuple[RowFormat, tuple[SampledColumn, ...]]":
    """Return the format of the files that a step would copy, and the columns of the first of them that has rows.

    Raises:
        SourceError: There are no files, or the bucket they are in cannot be read.
        DataError: A sampled row cannot be read (its own code), or no table can be loaded from the files (DD717).
        StorageError: A file cannot be read.
        TransientError: The bucket cannot be reached now.
        UserError: The connection to the bucket is wrong.
    """
    if is_s3_uri(operation.source):
        return _in_s3(operation, file_format, workbench)
    from dataduct.storage.sampling import sample_schema

    paths = [str(path) for path, _ in source_files(operation.source)]
    format = _row_format(operation.format, operation.source)
    return format, sample_schema(paths, format, file_format)


def _in_s3(
    operation: CopyDataset, file_format: FileFormat, workbench: Workbench
) -> "tuple[RowFormat, tuple[SampledColumn, ...]]":
    try:
        from dataduct.storage.s3_source import found_format, s3_files, sample_s3
    except ModuleNotFoundError as error:
        raise MissingDependencyError("boto3", "s3") from error
    alias = operation.connection
    options = None if alias is None else workbench.connection(alias)
    found = operation.format
    if operation.detects_format:
        files = s3_files(operation.source, options, alias=alias or "")
        found = found_format(operation, [file.name for file in files])
    format = _row_format(found, operation.source)
    return format, sample_s3(
        operation.source, options, alias=alias or "", format=format, file_format=file_format
    )


def _row_format(format: DatasetFormat, source: str) -> "RowFormat":
    match format:
        case "tsv" | "csv" | "jsonl" | "parquet" as known:
            return known
        case _:
            raise DataError(
                f"the format of {source} is not known, so its columns cannot be sampled",
                code="DD717",
                hint="say with `format` whether the files are `parquet`, `tsv`, `csv` or `jsonl`",
            )
