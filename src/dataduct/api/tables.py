"""Table definitions as a whole, and the clients that open a database."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataduct.config.project import Project
    from dataduct.database.entity_diagram import EntityPicture
    from dataduct.engine.native_clients import NativeClient
    from dataduct.engine.table_scripts import TableAction, TableScript


def table_script(
    project: Project, action: TableAction, files: Sequence[Path], *, empty: bool = False
) -> TableScript:
    """Return what an action on the tables and views of SQL files is; the warehouse is not asked.

    Raises ProblemsError for everything wrong in the files, and UserError.
    """
    from dataduct.database.ordering import ordered
    from dataduct.database.relations import read_relations
    from dataduct.engine.table_scripts import written_script
    from dataduct.registry import WAREHOUSES

    dialect = WAREHOUSES.load(project.settings.warehouse["type"]).dialect
    ordering = ordered(read_relations(files, dialect))
    permissions = project.settings.database.permissions
    return written_script(action, ordering, dialect, permissions=permissions, empty=empty)


def look_up_tables(project: Project, script: TableScript) -> TableScript:
    """Return the script for what the warehouse has; see `dataduct.engine.table_scripts.looked_up_script`."""
    from dataduct.engine.table_scripts import looked_up_script
    from dataduct.engine.workbench import Workbench

    with Workbench(project) as workbench:
        return looked_up_script(workbench, script)


def execute_table_script(project: Project, script: TableScript) -> None:
    """Execute a script that was looked up; see `dataduct.engine.table_scripts.execute_script`."""
    from dataduct.engine.table_scripts import execute_script
    from dataduct.engine.workbench import Workbench

    with Workbench(project) as workbench:
        execute_script(workbench, script)


def draw_tables(project: Project, files: Sequence[Path], picture: EntityPicture) -> bytes:
    """Return the entity diagram of the tables and views of SQL files. Raises what `table_script` raises."""
    from dataduct.database.entity_diagram import draw_relations

    return draw_relations(table_script(project, "create", files).ordering.relations, picture)


def native_client(project: Project, kind: str, alias: str | None) -> NativeClient:
    """Return the call of a database's own shell. Raises UserError; see `dataduct.engine.native_clients`."""
    from dataduct.engine.native_clients import native_client
    from dataduct.engine.workbench import Workbench

    with Workbench(project) as workbench:
        return native_client(workbench, kind, alias)
