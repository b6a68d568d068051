"""Trying whether the systems of a project can be used: each one is opened, asked, and closed."""

import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from dataduct.config.project import Project
from dataduct.config.systems import option_names
from dataduct.engine.workbench import Workbench
from dataduct.errors import DataductError, StorageError, TransientError
from dataduct.model.dataset import Manifest, Part
from dataduct.model.server import ServerInfo
from dataduct.registry import CONNECTORS, STORAGE, WAREHOUSES, Registry
from dataduct.storage.base import Storage

_LOCK_SECONDS = 2.0
_MOST_AT_ONCE = 16
_PROBE_TEXT = b"dataduct"
_PROBE_PREFIX = "dataduct-probe"
_PART = "probe/part"


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of trying one system.

    Attributes:
        section: `warehouse`, `storage` or `connections`.
        alias: A connection's alias; otherwise the section.
        seconds: How long it took.
        server: What the system said of itself; None if it cannot be used.
        error: Why it cannot be used, or None.
    """

    section: str
    alias: str
    seconds: float
    server: ServerInfo | None = None
    error: DataductError | None = None


def probe_all(project: Project, systems: Sequence[tuple[str, str]], *, time_limit: float) -> Iterator[Probe]:
    """Try the systems of those (section, alias) at the same time; yield each one's probe when it is done.

    One that has not answered after `time_limit` seconds is given up. Nothing is tried twice.
    """
    done: SimpleQueue[Probe] = SimpleQueue()
    waiting: SimpleQueue[tuple[str, str]] = SimpleQueue()
    for system in systems:
        waiting.put(system)
    workbench = Workbench(_without_patience(project))
    started = time.monotonic()
    for _ in range(min(_MOST_AT_ONCE, len(systems))):
        threading.Thread(target=_probe_waiting, args=(workbench, waiting, done), daemon=True).start()
    pending = list(systems)
    while pending:
        left = started + time_limit - time.monotonic()
        try:
            probe = done.get(timeout=max(left, 0.01))
        except Empty:
            break
        pending.remove((probe.section, probe.alias))
        yield probe
    for section, alias in pending:
        yield Probe(section, alias, time.monotonic() - started, error=_no_answer(time_limit))
    if not pending:
        workbench.close()


def probe_storage(storage: Storage) -> ServerInfo:
    """Write, read and delete a small dataset. Raises what the storage raises."""
    prefix = f"{_PROBE_PREFIX}/{secrets.token_hex(8)}"
    try:
        _write_and_read(storage, f"{prefix}/probe")
    except BaseException:
        with suppress(DataductError):
            storage.delete(prefix)
        raise
    storage.delete(prefix)
    return ServerInfo("writes, reads and deletes")


def _write_and_read(storage: Storage, key: str) -> None:
    storage.local_path(key, _PART).write_bytes(_PROBE_TEXT)
    storage.written(key, _PART)
    part = Part(_PART, rows=None, bytes=len(_PROBE_TEXT))
    storage.publish(
        key, Manifest(format="files", parts=(part,), bytes=part.bytes, producer="connections test")
    )
    manifest = storage.manifest(key)
    if manifest is None:
        raise StorageError("what was written to the storage is not there", code="DD658")
    with storage.fetched(key, manifest) as paths:
        if [Path(path).read_bytes() for path in paths] != [_PROBE_TEXT]:
            raise StorageError("what was written to the storage reads otherwise", code="DD658")


def _probe_waiting(
    workbench: Workbench, waiting: "SimpleQueue[tuple[str, str]]", done: "SimpleQueue[Probe]"
) -> None:
    while True:
        try:
            section, alias = waiting.get_nowait()
        except Empty:
            return
        done.put(_probe(workbench, section, alias))


def _probe(workbench: Workbench, section: str, alias: str) -> Probe:
    started = time.monotonic()
    try:
        _load(workbench.project, section, alias)
        started = time.monotonic()
        server = _asked(workbench, section, alias)
    except DataductError as error:
        told = _redacted(error, workbench.project)
        return Probe(section, alias, time.monotonic() - started, error=told)
    except Exception as error:  # noqa: BLE001 - one system's defect says nothing about the others
        unexpected = DataductError(f"unexpected {type(error).__name__}: {error}", code="DD901")
        told = _redacted(unexpected, workbench.project)
        return Probe(section, alias, time.monotonic() - started, error=told)
    return Probe(section, alias, time.monotonic() - started, server=server)


def _load(project: Project, section: str, alias: str) -> None:
    """Import what opens the system, which is no time that it takes to answer."""
    match section:
        case "warehouse":
            WAREHOUSES.load(project.settings.warehouse["type"])
        case "storage":
            STORAGE.load(project.settings.storage["type"])
        case _:
            CONNECTORS.load(project.settings.connections[alias]["type"])


def _redacted(error: DataductError, project: Project) -> DataductError:
    """Take the secrets out of what the error says."""
    redact = project.secrets.redact
    error.message = redact(error.message)
    error.hint = error.hint and redact(error.hint)
    error.details = tuple(map(redact, error.details))
    return error


def _asked(workbench: Workbench, section: str, alias: str) -> ServerInfo:
    match section:
        case "warehouse":
            return workbench.warehouse.server()
        case "storage":
            return probe_storage(workbench.storage)
        case _:
            with workbench.reader(alias) as reader:
                return reader.server()


def _without_patience(project: Project) -> Project:
    """Return the project with settings that try once and wait for no other process."""
    settings = project.settings
    engine = settings.engine.model_copy(update={"lock_timeout": _LOCK_SECONDS})
    connections = {alias: _tried_once(options, CONNECTORS) for alias, options in settings.connections.items()}
    warehouse = _tried_once(settings.warehouse, WAREHOUSES)
    changed = {"engine": engine, "connections": connections, "warehouse": warehouse}
    return replace(project, settings=settings.model_copy(update=changed))


def _tried_once(options: dict[str, Any], registry: Registry) -> dict[str, Any]:
    retries = "connect_retries" in option_names(registry, options["type"])
    return {**options, "connect_retries": 0} if retries else options


def _no_answer(time_limit: float) -> TransientError:
    return TransientError(
        f"there was no answer within {time_limit:g} seconds",
        code="DD659",
        hint="check host, port and firewall; `--timeout` waits longer",
    )
