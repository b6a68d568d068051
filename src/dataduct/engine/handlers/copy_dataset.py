"""CopyDataset: files of the user's, brought into the run's storage."""

import glob
from pathlib import Path

from dataduct.engine.context import AttemptContext, Outcome
from dataduct.errors import SourceError
from dataduct.model.operations import CopyDataset
from dataduct.storage.datasets import directory_files, write_files


def handle(operation: CopyDataset, attempt: AttemptContext) -> Outcome:
    """Copy the files into the step's dataset and publish it. Raises SourceError (DD781) if there are none."""
    manifest = write_files(
        attempt.workbench.storage,
        attempt.dataset_key(operation.output),
        source_files(operation.source),
        format=operation.format,
        producer=attempt.step.name,
        cancellation=attempt.cancellation,
        progress=attempt.progress,
    )
    files = len(manifest.parts)
    return Outcome(
        rows=manifest.rows, bytes=manifest.bytes, message=f"{files:,} {'file' if files == 1 else 'files'}"
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
