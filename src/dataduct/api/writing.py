"""Files written for the user: from a database, and from a project of the first Dataduct."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dataduct.api.pipelines import compiled

if TYPE_CHECKING:
    from dataduct.config.project import Project
    from dataduct.generation.from_database import Generation, GenerationRequest
    from dataduct.migration.report import MigrationReport
    from dataduct.migration.tidy_settings import TidySettings


def generate_from_database(
    project: Project, request: GenerationRequest, *, schema: str | None = None
) -> Generation:
    """Return the files that load a source's tables; nothing is written. Raises what `generate` and a reader raise."""
    from dataduct.engine.workbench import Workbench
    from dataduct.generation.from_database import catalog_of, generate, require_catalog
    from dataduct.model.cancellation import Cancellation
    from dataduct.registry import WAREHOUSES
    from dataduct.sql.dialect import DIALECTS

    source = request.source
    require_catalog(source)
    dialect = DIALECTS[WAREHOUSES.load(project.settings.warehouse["type"]).dialect]
    with Workbench(project) as workbench, workbench.reader(source.alias, source.database) as reader:
        return generate(request, catalog_of(source, reader, schema), dialect, Cancellation())


def migrate(directory: Path, *, config: Path | None = None) -> MigrationReport:
    """Return what becomes of a project of the first Dataduct; nothing is written. Raises UserError."""
    from dataduct.migration.examination import examine

    return examine(directory, config, compiled)


def write_migrated_settings(directory: Path, config: Path) -> tuple[Path, TidySettings]:
    """Write the first Dataduct's settings as `dataduct.yml`; return its path and what it holds. Raises UserError."""
    from dataduct.migration.tidy_settings import tidy_settings, write_tidy_settings

    settings = tidy_settings(config)
    return write_tidy_settings(directory, settings), settings
