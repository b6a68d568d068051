"""What the steps of a run work with, opened when the first one asks for it and closed at the end."""

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dataduct.config.opening import opened_options
from dataduct.config.project import Project
from dataduct.config.references import References
from dataduct.connectors.base import Reader, closing_reader
from dataduct.engine.process import ProcessGroups
from dataduct.errors import StorageError, UserError
from dataduct.hooks.around import ProjectHooks
from dataduct.model.nearest import did_you_mean
from dataduct.registry import CONNECTORS, STORAGE, WAREHOUSES, Registry
from dataduct.storage.base import Storage
from dataduct.storage.scratch import Scratch
from dataduct.warehouses.base import Warehouse

_WAREHOUSE = "warehouse"
"""What hooks are told in place of an alias."""

_OPERATIONAL_WAREHOUSE = "postgres"
"""The kind of warehouse that loads into operational databases."""

_IN_MEMORY = ":memory:"

_SCRATCH_PREFIX = "dataduct-commands-"


def _ignore(message: str) -> None:
    """Take a message nobody listens to."""


class Workbench:
    """Storage, warehouse and source systems of a project, for the threads of one run.

    Storage and warehouse are opened once, when they are first asked for; each use of a connection opens its own.

    Attributes:
        project: The project whose settings say what to open.
        processes: The commands that run now.
        hooks: The project's hooks, called around each opening.
        on_wait: Told when opening or using something waits for another process.
    """

    def __init__(
        self,
        project: Project,
        *,
        hooks: ProjectHooks | None = None,
        on_wait: Callable[[str], None] = _ignore,
    ) -> None:
        self.project = project
        self.processes = ProcessGroups()
        self.hooks = hooks or ProjectHooks(project)
        self.on_wait = on_wait
        self._references = References(project, os.environ)
        self._opening_storage = threading.Lock()
        self._opening_warehouse = threading.Lock()
        self._closing = ExitStack()
        self._storage: Storage | None = None
        self._warehouse: Warehouse | None = None
        self._databases: dict[str, Warehouse] = {}
        self._scratch: Scratch | None = None

    @property
    def log_directory(self) -> Path:
        """The directory that `Attempt.log_file` is relative to."""
        return self.project.log_directory

    @contextmanager
    def temporary_directory(self) -> Iterator[Path]:
        """Give a directory of its own to a command or job, below the machine's temporary directory; delete it after.

        The project's own path may hold blanks, over which shell commands stumble. Raises `StorageError` (DD784) if
        it cannot be made.
        """
        try:
            with self._opening_storage:
                if self._scratch is None:
                    self._scratch = Scratch(Path(tempfile.gettempdir()), _SCRATCH_PREFIX)
                above = self._scratch.directory
            room = tempfile.TemporaryDirectory(dir=above, ignore_cleanup_errors=True)
        except OSError as error:
            raise StorageError(
                f"no temporary directory can be made for the command: {error.strerror}", code="DD784"
            ) from error
        with room as path:
            yield Path(path)

    @property
    def storage(self) -> Storage:
        """The storage of datasets. Raises UserError for wrong settings."""
        with self._opening_storage:
            if self._storage is None:
                settings = self._opened(self.project.settings.storage, STORAGE, "the storage")
                settings, _ = self.hooks.before_connecting(settings["type"], "storage", settings)
                open_storage: Any = STORAGE.load(settings["type"])
                storage: Storage = open_storage(settings, project_directory=self.project.root)
                self.hooks.after_connecting(settings["type"], storage)
                self._storage = storage
            return self._storage

    @property
    def warehouse(self) -> Warehouse:
        """The warehouse.

        Raises:
            UserError: Its settings are wrong.
            WarehouseError: It cannot be opened.
            LockTimeoutError: Another process held it for too long.
        """
        with self._opening_warehouse:
            if self._warehouse is None:
                self._warehouse = self._open_warehouse(self._warehouse_options(), _WAREHOUSE)
            return self._warehouse

    def warehouse_connection(self) -> dict[str, Any]:
        """Return the options of the warehouse, secrets filled in, for whoever opens it by other means."""
        options = self._opened(self.project.settings.warehouse, WAREHOUSES, "the warehouse")
        options, _ = self.hooks.before_connecting(options["type"], _WAREHOUSE, options)
        self.hooks.after_connecting(options["type"], None)
        return options

    def target(self, alias: str | None) -> Warehouse:
        """Return what a load writes to: the warehouse, or the operational database behind connection `alias`.

        Such a database is a PostgreSQL one; it is opened once, as a warehouse is. Raises what `warehouse` and `reader`
        raise.
        """
        if alias is None:
            return self.warehouse
        with self._opening_warehouse:
            if alias not in self._databases:
                settings = {**self._connection(alias), "type": _OPERATIONAL_WAREHOUSE}
                self._databases[alias] = self._open_warehouse(settings, alias)
            return self._databases[alias]

    @contextmanager
    def reader(self, alias: str, database: str | None = None) -> Iterator[Reader]:
        """Open a connection of its own to a source system for the block.

        Raises:
            UserError: There is no such connection (DD932), or its settings are wrong.
            SourceError: The source cannot be read.
            TransientError: The source cannot be reached now.
        """
        settings = self._connection(alias)
        settings, database = self.hooks.before_connecting(
            settings["type"], alias, settings, database=database
        )
        open_reader: Any = CONNECTORS.load(settings["type"])
        reader: Reader = open_reader(settings, database=database, project_directory=self.project.root)
        with closing_reader(reader):
            self.hooks.after_connecting(settings["type"], reader)
            yield reader

    def connection(self, alias: str) -> dict[str, Any]:
        """Return the options of a connection, its secrets filled in, for whoever opens it by other means.

        Raises UserError if there is none (DD932), and HookError.
        """
        settings = self._connection(alias)
        settings, _ = self.hooks.before_connecting(settings["type"], alias, settings)
        self.hooks.after_connecting(settings["type"], None)
        return settings

    def _connection(self, alias: str) -> dict[str, Any]:
        connections = self.project.settings.connections
        if alias not in connections:
            raise UserError(
                f"there is no connection `{alias}` in the settings",
                code="DD932",
                hint=did_you_mean(alias, connections) or "add it under `connections:` in dataduct.yml",
            )
        return self._opened(connections[alias], CONNECTORS, f"connection `{alias}`")

    def lend_warehouse(self) -> None:
        """Close the warehouse until it is asked for again, so that other processes can use it meanwhile.

        No step of this run may be working. A database in memory stays: nobody else could use it.
        """
        if self.project.settings.warehouse.get("path") == _IN_MEMORY:
            return
        with self._opening_warehouse:
            self._warehouse = None
            self._databases.clear()
            self._closing.close()

    def close(self) -> None:
        """Close what was opened; again does nothing."""
        with self._opening_storage, self._opening_warehouse:
            self._storage = self._warehouse = self._scratch = None
            self._databases.clear()
            self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open_warehouse(self, settings: dict[str, Any], alias: str) -> Warehouse:
        settings, _ = self.hooks.before_connecting(settings["type"], alias, settings)
        provider: Any = WAREHOUSES.load(settings["type"])
        warehouse: Warehouse = provider.open_warehouse(
            settings,
            project_directory=self.project.root,
            lock_timeout=self.project.settings.engine.lock_timeout,
            on_wait=self._say_waiting,
        )
        self._closing.callback(warehouse.close)
        self.hooks.after_connecting(settings["type"], warehouse)
        return warehouse

    def _warehouse_options(self) -> dict[str, Any]:
        return self._staged(self._opened(self.project.settings.warehouse, WAREHOUSES, "the warehouse"))

    def _staged(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the warehouse's options with the place to stage rows in, where it needs one and names none."""
        storage = self.project.settings.storage
        if options["type"] != "redshift" or storage.get("type") != "s3":
            return options
        from dataduct.warehouses.redshift import with_storage

        return with_storage(options, self._opened(storage, STORAGE, "the storage"))

    def _opened(self, options: dict[str, Any], registry: Registry, owner: str) -> dict[str, Any]:
        return opened_options(
            options,
            registry=registry,
            references=self._references,
            secrets=self.project.secrets,
            owner=owner,
        )

    def _say_waiting(self, message: str) -> None:
        self.on_wait(message)
