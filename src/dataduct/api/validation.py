"""What is wrong with a project besides its pipelines: patterns, step types and hooks of its own."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from dataduct.api.catalogs import pattern_catalog, step_catalog

if TYPE_CHECKING:
    from dataduct.config.project import Project
    from dataduct.errors import UserError
    from dataduct.model.problem import Problem


def validate_patterns(project: Project, names: Collection[str] | None = None) -> list[Problem]:
    """Return the problems of the patterns of those names, or of all; those of their uses are found with pipelines."""
    from dataduct.plan.pattern_check import check_pattern
    from dataduct.registry import WAREHOUSES

    patterns, settings = pattern_catalog(project), project.settings
    systems = {"warehouse": WAREHOUSES.load(settings.warehouse["type"]).dialect}
    systems |= {alias: str(options["type"]) for alias, options in settings.connections.items()}
    return [
        problem
        for pattern in patterns
        if names is None or pattern.name in names
        for problem in check_pattern(pattern, patterns, step_catalog(project).find, systems)
    ]


def validate_code(project: Project) -> list[Problem]:
    """Return the problems of the project's own step types and hooks, whose files are imported for that."""
    from dataduct.errors import UserError
    from dataduct.hooks.around import ProjectHooks

    catalog = step_catalog(project)
    problems = [problem for file in catalog.broken_files for problem in file.problems]
    for name in catalog.own_names():
        try:
            catalog.find(name)
        except UserError as error:
            problems += _problems_of(error)
    try:
        _ = ProjectHooks(project).catalog
    except UserError as error:
        problems += _problems_of(error)
    return list(dict.fromkeys(problems))


def _problems_of(error: UserError) -> list[Problem]:
    from dataduct.errors import ProblemsError
    from dataduct.model.problem import Problem

    if isinstance(error, ProblemsError):
        return list(error.problems)
    return [Problem(code=error.code, message=error.message, hint=error.hint)]
