"""CopyDataset: files of the user's, brought into the run's storage."""

import glob
from pathlib import Path

from dataduct.engine.context import AttemptContext, Outcome
from dataduct.errors import MissingDependencyError, SourceError
from dataduct.model.counting import counted
from dataduct.model.dataset import Manifest
from dataduct.model.operations import CopyDataset
from dataduct.model.s3_uri import is_s3_uri
from dataduct.storage.datasets import directory_files, publish_files, write_files


def handle(operation: CopyDataset, attempt: AttemptContext) -> Outcome:
    """Copy the files into the step's dataset and publish it.

    Raises:
        SourceError: There are none, or the bucket they are in cannot be read.
        TransientError: The bucket cannot be reached now.
        UserError: The connection to the bucket is wrong.
    """
    manifest = _from_s3(operation, attempt) if is_s3_uri(operation.source) else _from_here(operation, attempt)
    files = len(manifest.parts)
    return Outcome(rows=manifest.rows, bytes=manifest.bytes, message=counted(files, "file"))


def _from_here(operation: CopyDataset, attempt: AttemptContext) -> Manifest:
    return write_files(
        attempt.workbench.storage,
        attempt.dataset_key(operation.output),
        source_files(operation.source),
        format=operation.format,
        producer=attempt.step.name,
        cancellation=attempt.cancellation,
        progress=attempt.progress,
    )


def _from_s3(operation: CopyDataset, attempt: AttemptContext) -> Manifest:
    try:
        from dataduct.storage.s3_source import found_format, s3_files
    except ModuleNotFoundError as error:
        raise MissingDependencyError("boto3", "s3") from error
    alias = operation.connection
    options = None if alias is None else attempt.workbench.connection(alias)
    files = s3_files(operation.source, options, alias=alias or "")
    return publish_files(
        attempt.workbench.storage,
        attempt.dataset_key(operation.output),
        files,
        format=found_format(operation, [file.name for file in files]),
        producer=attempt.step.name,
        cancellation=attempt.cancellation,
        progress=attempt.progress,
    )


def source_files(source: str) -> list[tuple[Path, str]]:
    """Return the files that a path or glob names, each with its name in the dataset.

    A directory gives all files below it. An empty directory gives none; anything else must exist.
    """
    path = Path(source)
    if path.is_file():
        return [(path, path.name)]
    if path.is_dir():
        return directory_files(path)
    base = _fixed_directory(path)
    matches = [Path(match) for match in sorted(glob.glob(source, recursive=True))]  # noqa: PTH207 - any pattern
    found = [(match, match.relative_to(base).as_posix()) for match in matches if match.is_file()]
    if not found:
        raise SourceError(
            f"no file {'matches' if glob.has_magic(source) else 'is at'} {source}",
            code="DD781",
            hint="the path is looked up when the step runs; check its spelling and who writes the file",
        )
    return found


def _fixed_directory(pattern: Path) -> Path:
    """Return the directory above the first segment of `pattern` that holds a wildcard."""
    fixed = Path(pattern.anchor)
    for segment in pattern.parts[1 if pattern.anchor else 0 : -1]:
        if glob.has_magic(segment):
            break
        fixed /= segment
    return fixed
