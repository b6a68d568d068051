"""Files of the user's in S3: which ones a URI names, and how they come into a dataset."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath

from dataduct.errors import DataError, SourceError, StorageError, TerminalError, UserError
from dataduct.model.cancellation import Cancellation
from dataduct.model.dataset import DatasetFormat, format_of_name
from dataduct.model.nearest import nearest_name
from dataduct.model.operations import CopyDataset, FileFormat
from dataduct.model.s3_uri import fixed_directory, fixed_prefix, has_wildcard, matcher, parse_s3_uri
from dataduct.storage.datasets import SourceFile
from dataduct.storage.failures import storage_errors
from dataduct.storage.rows import RowFormat
from dataduct.storage.s3_bucket import Bucket, S3Object
from dataduct.storage.s3_settings import S3Options, check_connection
from dataduct.storage.s3_transfer import Download, download
from dataduct.storage.sampling import SampledColumn, sample_schema

_NAMES_COMPARED = 2_000
_SAMPLED_BYTES = 1024 * 1024


def s3_files(uri: str, connection: Mapping[str, object] | None, *, alias: str) -> list[SourceFile]:
    """Return the files that a URI names, each with its name in the dataset, in the order of the names.

    Args:
        uri: An object; a directory, which ends with a slash and stands for every object below it; or a pattern of
            either. Hidden names and empty markers (`dir/`, `_SUCCESS`) below a directory are left out.
        connection: The options of the connection that leads to the bucket, None for the AWS chain.
        alias: The connection's name, for messages.

    Raises:
        SourceError: There is no such file (DD861), the bucket is missing or refuses.
        TransientError: The endpoint cannot be reached or is overloaded.
        UserError: The options of the connection are wrong.
    """
    bucket, found = _found(uri, connection, alias)
    base = fixed_directory(parse_s3_uri(uri).key)
    return [_source_file(bucket, each, each.key.removeprefix(base)) for each in found]


def sample_s3(
    uri: str,
    connection: Mapping[str, object] | None,
    *,
    alias: str,
    format: RowFormat,
    file_format: FileFormat,
) -> tuple[SampledColumn, ...]:
    """Return the columns of the first file that a URI names, see `sample_schema`; of text the first megabyte is read.

    Raises what `s3_files` and `sample_schema` raise.
    """
    bucket, found = _found(uri, connection, alias)
    first = next((each for each in found if each.size), found[0])
    with tempfile.TemporaryDirectory(prefix="dataduct-") as directory:
        path = Path(directory) / PurePosixPath(first.key).name
        if format == "parquet":
            download(bucket, [Download(first.key, first.size, path)])
        else:
            data = bucket.beginning(first.key, _SAMPLED_BYTES) if first.size else b""
            with storage_errors("write", path):
                path.write_bytes(data)
        try:
            return sample_schema([str(path)], format, file_format)
        except (DataError, StorageError) as error:
            message = error.message.replace(str(path), bucket.uri(first.key))
            raise type(error)(message, code=error.code, hint=error.hint, details=error.details) from error


def found_format(operation: CopyDataset, names: Sequence[str]) -> DatasetFormat:
    """Return the format of the files that were found. Raises `SourceError` (DD864) if they have several."""
    known = sorted({format_of_name(name) for name in names} - {"files"}) if operation.detects_format else []
    if len(known) > 1 and operation.format != "files":
        raise SourceError(
            f"the files of {operation.source} have several formats: {', '.join(known)}",
            code="DD864",
            hint="name files of one format with a pattern, or say with `format` how to read them all",
        )
    return known[0] if len(known) == 1 else operation.format


def bucket_of(
    uri: str, connection: Mapping[str, object] | None, *, alias: str, terminal: type[TerminalError]
) -> Bucket:
    """Return the bucket of a URI, reached by the options of a connection, or the AWS chain for None.

    Args:
        terminal: What the bucket raises when it refuses.

    Raises:
        TerminalError: The URI is wrong (DD860), as a `terminal`.
        UserError: The options are wrong.
    """
    try:
        wanted = parse_s3_uri(uri)
    except ValueError as error:
        raise terminal(str(error), code="DD860", hint="write `s3://bucket/path`") from None
    options = S3Options() if connection is None else _options(connection, alias)
    return Bucket(options, wanted.bucket, terminal=terminal)


def _found(uri: str, connection: Mapping[str, object] | None, alias: str) -> tuple[Bucket, list[S3Object]]:
    """Return the objects that a URI names, at least one, and their bucket."""
    bucket = bucket_of(uri, connection, alias=alias, terminal=SourceError)
    wanted = parse_s3_uri(uri)
    is_directory = wanted.key.endswith("/") or not wanted.key
    found = _below(bucket, wanted.key) if is_directory else _matching(bucket, wanted.key)
    if not found:
        raise _nothing(bucket, wanted.key)
    return bucket, found


def _options(connection: Mapping[str, object], alias: str) -> S3Options:
    if connection.get("type") != "s3":
        raise UserError(
            f"connection `{alias}` is of type {connection.get('type')} and leads to no bucket",
            code="DD862",
            hint="name a connection of type `s3`",
        )
    return check_connection(connection, alias=alias)


def _matching(bucket: Bucket, key: str) -> list[S3Object]:
    if not has_wildcard(key):
        return [found for found in _one_page(bucket, key) if found.key == key]
    pattern = matcher(key)
    return [
        found
        for found in bucket.objects(fixed_prefix(key))
        if pattern.fullmatch(found.key) and not found.key.endswith("/")
    ]


def _one_page(bucket: Bucket, prefix: str) -> Iterator[S3Object]:
    return islice(bucket.objects(prefix), 1)


def _below(bucket: Bucket, directory: str) -> list[S3Object]:
    if not has_wildcard(directory):
        return [found for found in bucket.objects(directory) if not _is_marker(found)]
    pattern = matcher(directory)
    return [
        found
        for found in bucket.objects(fixed_prefix(directory))
        if pattern.match(found.key) and not _is_marker(found)
    ]


def _is_marker(found: S3Object) -> bool:
    name = PurePosixPath(found.key).name
    return found.key.endswith("/") or name.startswith(".") or (name.startswith("_") and found.size == 0)


def _source_file(bucket: Bucket, found: S3Object, name: str) -> SourceFile:
    if ".." in PurePosixPath(name).parts:
        raise SourceError(
            f"{bucket.uri(found.key)} holds `..` in its path",
            code="DD861",
            hint="rename the object, or name the others with a pattern",
        )
    return SourceFile(name, bucket.uri(found.key), partial(_copy, bucket, found))


def _copy(bucket: Bucket, found: S3Object, target: Path, cancellation: Cancellation) -> int:
    download(bucket, [Download(found.key, found.size, target)], cancellation)
    return found.size


def _nothing(bucket: Bucket, key: str) -> SourceError:
    """Return the error for a URI that names nothing, with the nearest name there is."""
    uri = bucket.uri(key)
    if has_wildcard(key):
        there = [found.key for found in islice(bucket.objects(fixed_prefix(key)), _NAMES_COMPARED)]
        example = f", such as {bucket.uri(there[0])}" if there else ""
        number = f"{len(there):,}" if len(there) < _NAMES_COMPARED else f"at least {_NAMES_COMPARED:,}"
        return SourceError(
            f"nothing matches {uri}",
            code="DD861",
            hint=f"{number} objects begin with {bucket.uri(fixed_prefix(key))}{example}",
        )
    if key.endswith("/") or not key:
        hint = _file_of_that_name(bucket, key) or _nearest(bucket, key)
        return SourceError(
            f"there is no file in {uri}",
            code="DD861",
            hint=hint
            or "the URI is looked up when the step runs; check its spelling and who writes the files",
        )
    hint = _directory_of_that_name(bucket, key) or _nearest(bucket, key)
    return SourceError(
        f"there is no file {uri}",
        code="DD861",
        hint=hint or "the URI is looked up when the step runs; check its spelling and who writes the file",
    )


def _file_of_that_name(bucket: Bucket, key: str) -> str | None:
    file = key.rstrip("/")
    if file and any(found.key == file for found in _one_page(bucket, file)):
        return f"{bucket.uri(file)} is a file: name it with `file_uri`"
    return None


def _directory_of_that_name(bucket: Bucket, key: str) -> str | None:
    if any(_one_page(bucket, f"{key}/")):
        return f"{bucket.uri(key)}/ is a directory: name it with `directory_uri`"
    return None


def _nearest(bucket: Bucket, key: str) -> str | None:
    """Return a hint with the nearest name: in the same directory, else in the nearest one above that exists."""
    trailing = "/" if key.endswith("/") else ""
    parts = key.rstrip("/").split("/")
    while parts:
        name, directory = parts[-1], "".join(f"{part}/" for part in parts[:-1])
        names = _children(bucket.objects(directory), directory)
        if names:
            nearest = nearest_name(name, sorted(names))
            return f"did you mean `{bucket.uri(directory + nearest)}{trailing}`?" if nearest else None
        parts.pop()
        trailing = "/"
    return None


def _children(found: Iterable[S3Object], directory: str) -> set[str]:
    return {each.key.removeprefix(directory).partition("/")[0] for each in islice(found, _NAMES_COMPARED)} - {
        ""
    }
