"""COPY from S3 and UNLOAD to S3 on a session's own backend connection."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field

from redshift_standin.backend import Backend
from redshift_standin.copy_options import CopyCommand, Options, UnloadCommand
from redshift_standin.endpoints import S3Endpoint
from redshift_standin.errors import RedshiftError
from redshift_standin.load_columns import copy_sql, load_table
from redshift_standin.object_store import ObjectStore, StoredObject
from redshift_standin.parquet_loading import ParquetLoad
from redshift_standin.text_loading import TextLoad
from redshift_standin.unloading import Unload, check_query


@dataclass(frozen=True, slots=True)
class Cluster:
    """What a COPY or UNLOAD needs of the cluster."""

    s3: S3Endpoint
    roles: Mapping[str, frozenset[str] | None]
    user: str
    session: int


@dataclass
class Outcome:
    """What a COPY or UNLOAD did.

    Attributes:
        rows: Loaded, or unloaded.
        info: What the client is told besides.
        errors: Rows of stl_load_errors.
    """

    rows: int = 0
    info: str = ""
    errors: list[dict[str, object]] = field(default_factory=list)


async def run_copy(
    backend: Backend, command: CopyCommand, cluster: Cluster, query: int, outcome: Outcome
) -> None:
    """Load a table; `outcome` is filled also when it fails. Raises `RedshiftError`."""
    options = command.options
    table = await load_table(
        backend, command.table, command.bare, command.columns, explicit_ids=options.flag("explicit_ids")
    )
    store = await asyncio.to_thread(_store, options, cluster)
    objects = await asyncio.to_thread(_objects, store, command)
    parquet = options.format == "parquet"
    load = ParquetLoad(table, options, store.open, query) if parquet else TextLoad(table, options, store.open)
    chunks = _in_thread(load.chunks(objects))
    try:
        if options.flag("noload"):
            async for _ in chunks:
                pass
        else:
            form = "FORMAT csv" if parquet else "FORMAT text"
            await backend.copy_in(copy_sql(command.table, table.columns, form), chunks)
    finally:
        outcome.rows = load.rows
        if isinstance(load, TextLoad):
            outcome.errors = [{**error, "tbl": table.oid} for error in load.errors]
    outcome.info = f"Load into table '{command.bare}' completed, {load.rows} record(s) loaded successfully."
    if isinstance(load, TextLoad) and load.failed:
        outcome.info += f"  {load.failed} record(s) could not be loaded."
        outcome.info += "  Check 'stl_load_errors' system table for details."
    if options.flag("noload"):
        outcome.rows = 0


def _store(options: Options, cluster: Cluster) -> ObjectStore:
    assert options.authorization is not None
    return ObjectStore(
        cluster.s3, cluster.roles, options.authorization, options.region, (cluster.session, cluster.user)
    )


def _objects(store: ObjectStore, command: CopyCommand) -> list[StoredObject]:
    if command.options.flag("manifest"):
        objects = store.manifest(command.location, columnar=command.options.format == "parquet")
    else:
        objects = [stored for stored in store.below(command.location) if not stored.key.endswith("/")]
    if not objects:
        raise RedshiftError(
            "XX000", f"The specified S3 prefix '{command.location.split('/', 3)[-1]}' does not exist"
        )
    return objects


async def _in_thread(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Run a generator's steps outside the event loop."""
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        yield chunk


async def run_unload(
    backend: Backend, command: UnloadCommand, translated: str, cluster: Cluster, outcome: Outcome
) -> None:
    """Write a query's result to S3. Raises `RedshiftError`."""
    check_query(command.query)
    columns = await backend.describe(translated)
    if not columns:
        raise RedshiftError("42601", "UNLOAD takes a SELECT")
    store = await asyncio.to_thread(_store, command.options, cluster)
    unload = Unload(command, columns, store)
    await asyncio.to_thread(unload.prepare)
    problem: BaseException | None = None
    held: list[bytes] = []
    size = 0
    async for payload in backend.copy_out(f"COPY ({translated}\n) TO STDOUT WITH (FORMAT text)"):
        if problem is not None:
            continue
        held.append(payload)
        size += len(payload)
        if size > 1 << 20:
            problem = await _take(unload, held)
            held, size = [], 0
    if problem is None:
        problem = await _take(unload, held)
    if problem is not None:
        raise problem
    await asyncio.to_thread(unload.finish)
    outcome.rows = unload.rows
    outcome.info = f"UNLOAD completed, {unload.rows} record(s) unloaded successfully."


async def _take(unload: Unload, held: list[bytes]) -> BaseException | None:
    """Hand rows on; what fails is kept until the backend's answer has been read to its end."""
    try:
        await asyncio.to_thread(unload.take, held)
    except Exception as error:  # noqa: BLE001
        return error
    return None
