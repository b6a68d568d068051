"""ExportDataset: a dataset's files, copied out of the run's storage."""

import re
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from dataduct.engine.context import AttemptContext, Outcome
from dataduct.errors import Interrupted, MissingDependencyError, StorageError
from dataduct.model.counting import counted
from dataduct.model.operations import ExportDataset
from dataduct.model.s3_uri import is_s3_uri, parse_s3_uri
from dataduct.storage.export import ExportedFile, exported_files, has_rows
from dataduct.storage.failures import storage_errors

_OWN_PART = re.compile(r"part-\d{5}\.tsv")


def handle(operation: ExportDataset, attempt: AttemptContext) -> Outcome:
    """Write the dataset's files to their place, each of them whole or not at all.

    Files of earlier runs that have the same names are replaced. Of parts of rows, which are numbered, those beyond the
    last one written are deleted; other files stay.

    Raises:
        StorageError: The place cannot be written, or is one file and the dataset has several (DD793).
        DataError: A column has no form in the format of the file.
        TransientError: The bucket cannot be reached now.
        UserError: The connection to the bucket is wrong.
        Interrupted: The step was stopped.
    """
    key, manifest = attempt.published(operation.input)
    is_directory = operation.destination.endswith("/")
    if not is_directory and not has_rows(manifest) and len(manifest.parts) != 1:
        raise StorageError(
            f"`output_path` names the file {operation.destination}, and the dataset has {len(manifest.parts) or 'no'} "
            "files",
            code="DD793",
            hint="name a directory, with a slash at its end",
        )
    files = exported_files(
        attempt.workbench.storage,
        key,
        manifest,
        file=None if is_directory else operation.destination,
        cancellation=attempt.cancellation,
    )
    put = _put_in_bucket if is_s3_uri(operation.destination) else _put_in_directory
    size = put(operation, attempt, files, numbered=is_directory and has_rows(manifest))
    number = counted(len(files), "file")
    return Outcome(rows=manifest.rows, bytes=size, message=f"{number} to {operation.destination}")


def _put_in_directory(
    operation: ExportDataset, attempt: AttemptContext, files: Sequence[ExportedFile], *, numbered: bool
) -> int:
    root = Path(operation.destination)
    size = 0
    for file in files:
        target = root / file.name if file.name else root
        temporary = target.with_name(f".{target.name}.{attempt.session.run_id}")
        with storage_errors("make the directory", target.parent):
            target.parent.mkdir(parents=True, exist_ok=True)
        try:
            file.write(temporary)
            size += temporary.stat().st_size
            with storage_errors("write", target):
                temporary.replace(target)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
    if numbered:
        written = {file.name for file in files}
        with storage_errors("tidy", root):
            for found in root.iterdir():
                if _OWN_PART.fullmatch(found.name) and found.name not in written:
                    found.unlink()
    return size


def _put_in_bucket(
    operation: ExportDataset, attempt: AttemptContext, files: Sequence[ExportedFile], *, numbered: bool
) -> int:
    try:
        from dataduct.storage.s3_source import bucket_of
        from dataduct.storage.s3_transfer import Stopped, upload
    except ModuleNotFoundError as error:
        raise MissingDependencyError("boto3", "s3") from error
    alias = operation.connection
    options = None if alias is None else attempt.workbench.connection(alias)
    bucket = bucket_of(operation.destination, options, alias=alias or "", terminal=StorageError)
    prefix = parse_s3_uri(operation.destination).key
    stop = threading.Event()
    size = 0
    with (
        attempt.cancellation.interrupting(stop.set),
        attempt.workbench.temporary_directory() as directory,
    ):
        for number, file in enumerate(files):
            local = directory / f"{number}"
            file.write(local)
            try:
                upload(bucket, local, prefix + file.name, stop)
            except Stopped:
                raise Interrupted(attempt.cancellation.reason or "asked to stop", code="DD779") from None
            size += local.stat().st_size
            local.unlink()
    if numbered:
        written = {prefix + file.name for file in files}
        bucket.delete(
            found.key
            for found in list(bucket.objects(f"{prefix}part-"))
            if _OWN_PART.fullmatch(found.key.removeprefix(prefix)) and found.key not in written
        )
    return size
