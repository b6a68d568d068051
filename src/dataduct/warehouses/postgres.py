"""The PostgreSQL warehouse's settings, and what it can do. The driver is imported when a warehouse is opened."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from dataduct.config.options import check_options
from dataduct.connectors.postgres_connection import PostgresSettings
from dataduct.errors import MissingDependencyError
from dataduct.warehouses.base import Warehouse, WarehouseCapabilities, WarehouseProvider

Right = Literal["select", "insert", "update", "delete", "truncate", "references", "trigger", "all"]


class PostgresWarehouseSettings(PostgresSettings):
    """The settings of a PostgreSQL warehouse: those of a connection, and what tables are made with."""

    grants: dict[Right, list[str]] = Field(
        default_factory=dict,
        description="Rights on the tables that Dataduct creates: for each right the roles that get it, in the "
        "transaction that creates the table. On a schema that it creates the same roles get USAGE. `public` is "
        "everybody.",
        examples=[{"select": ["analysts"], "all": ["admins"]}],
    )


class PostgresProvider(WarehouseProvider):
    """A PostgreSQL database."""

    name: ClassVar[str] = "postgres"
    dialect: ClassVar[str] = "postgres"

    @classmethod
    def capabilities(cls, settings: Mapping[str, object]) -> WarehouseCapabilities:
        """Return what PostgreSQL can do. Raises `UserError` for wrong settings."""
        _validated(settings)
        return WarehouseCapabilities(dialect="postgres", enforces_primary_key=True, transactional_ddl=True)

    @classmethod
    def open_warehouse(
        cls,
        settings: Mapping[str, object],
        *,
        project_directory: Path,
        lock_timeout: float,
        on_wait: Callable[[str], None],
    ) -> Warehouse:
        """Connect to the database; see `WarehouseProvider.open_warehouse`.

        It is never locked as a whole: `lock_timeout` is how long a statement waits for another session's lock, and
        `on_wait` is called for each one that does.

        Raises:
            MissingDependencyError: The driver is not installed.
            TransientError: The server cannot be reached.
            SourceError: Access is denied, or there is no such database.
        """
        validated = _validated(settings)
        try:
            from dataduct.warehouses.postgres_warehouse import PostgresWarehouse
        except ImportError as error:
            raise MissingDependencyError(error.name or "psycopg", "postgres") from error

        return PostgresWarehouse(
            validated.below(project_directory),
            cls.capabilities(settings),
            grants={right: tuple(roles) for right, roles in validated.grants.items()},
            lock_timeout=lock_timeout,
            on_wait=on_wait,
        )


def _validated(settings: Mapping[str, object]) -> PostgresWarehouseSettings:
    return check_options(PostgresWarehouseSettings, settings, owner="the postgres warehouse", code="DD700")
