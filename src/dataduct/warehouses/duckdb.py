"""The DuckDB warehouse's settings, and what it can do. DuckDB itself is imported when a warehouse is opened."""

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from dataduct.config.options import check_options
from dataduct.warehouses.base import Warehouse, WarehouseCapabilities, WarehouseProvider

IN_MEMORY = ":memory:"


class DuckDbSettings(BaseModel):
    """The settings of a DuckDB warehouse."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    type: Literal["duckdb"] = Field("duckdb", description="The kind of warehouse.")
    path: str = Field(
        min_length=1,
        description="File of the warehouse, relative to the project; made if it is missing. `:memory:` keeps "
        "everything in memory and loses it in the end.",
        examples=["warehouse.duckdb"],
    )
    memory_limit: str = Field(
        "256MB",
        pattern=r"^ *[0-9]+(\.[0-9]+)? *([KMGT]i?B) *$",
        description="Memory that DuckDB may use before it puts data on disk. The process needs about 200 MB more. "
        "The default is enough to load any number of rows; large sorts and joins are faster with more.",
        examples=["256MB", "2GB"],
    )
    threads: int = Field(
        default_factory=lambda: min(4, os.cpu_count() or 1),
        ge=1,
        description="Threads that one statement may use. By default one for each processor, at most 4.",
    )
    temp_directory: str | None = Field(
        None,
        description="Directory for data that does not fit in memory, relative to the project. By default it stands "
        "beside the file.",
    )


class DuckDbProvider(WarehouseProvider):
    """DuckDB, embedded: a file on this machine, or memory."""

    name: ClassVar[str] = "duckdb"
    dialect: ClassVar[str] = "duckdb"

    @classmethod
    def capabilities(cls, settings: Mapping[str, object]) -> WarehouseCapabilities:
        """Return what DuckDB can do. Raises `UserError` for wrong settings."""
        _validated(settings)
        return WarehouseCapabilities(dialect="duckdb", enforces_primary_key=False, transactional_ddl=True)

    @classmethod
    def open_warehouse(
        cls,
        settings: Mapping[str, object],
        *,
        project_directory: Path,
        lock_timeout: float,
        on_wait: Callable[[str], None],
    ) -> Warehouse:
        """Open the file, or a database in memory; see `WarehouseProvider.open_warehouse`."""
        from dataduct.warehouses import duckdb_file
        from dataduct.warehouses.duckdb_warehouse import DuckDbWarehouse

        validated = _validated(settings)
        config = _config(validated, project_directory)
        if validated.path == IN_MEMORY:
            connection = duckdb_file.open_in_memory(config)
        else:
            connection = duckdb_file.open_file(
                project_directory / validated.path,
                validated.path,
                config,
                lock_timeout=lock_timeout,
                on_wait=on_wait,
            )
        return DuckDbWarehouse(connection, cls.capabilities(settings))


def _validated(settings: Mapping[str, object]) -> DuckDbSettings:
    return check_options(DuckDbSettings, settings, owner="the duckdb warehouse", code="DD700")


def _config(settings: DuckDbSettings, project_directory: Path) -> dict[str, str | bool | int]:
    config: dict[str, str | bool | int] = {
        "memory_limit": settings.memory_limit.strip(),
        "threads": settings.threads,
        "write_buffer_row_group_count": 1,
        # Rows of a table have no order; kept in that of a file they would be written by one thread only.
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "python_enable_replacements": False,
    }
    if settings.temp_directory is not None:
        config["temp_directory"] = str(project_directory / settings.temp_directory)
    elif settings.path == IN_MEMORY:
        config["temp_directory"] = str(Path(tempfile.gettempdir()) / f"dataduct-duckdb-{os.getpid()}")
    return config
