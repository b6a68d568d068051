"""Step types and patterns of a project, and the schemas made of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataduct.config.project import Project
    from dataduct.definition.patterns import PatternCatalog
    from dataduct.steps.base import Step
    from dataduct.steps.catalog import StepCatalog


def step_catalog(project: Project | None = None) -> StepCatalog:
    """Return the step types of a project; without one, those built in and of installed packages."""
    from dataduct.steps.catalog import StepCatalog, catalog_of

    return catalog_of(project.root, project.settings) if project is not None else StepCatalog()


def pattern_catalog(project: Project) -> PatternCatalog:
    """Return the patterns of a project."""
    from dataduct.definition.patterns import PatternCatalog

    directories = [project.root / Path(path).expanduser() for path in project.settings.patterns]
    return PatternCatalog(directories, project.root)


def step_types(project: Project | None = None) -> list[type[Step[Any]]]:
    """Return every step type once, by its first name. Raises UserError for one of the project that is wrong."""
    catalog = step_catalog(project)
    types = {step_type.step_type: step_type for step_type in map(catalog.find, catalog.names())}
    return [types[name] for name in sorted(types)]


def step_type(name: str, project: Project | None = None) -> type[Step[Any]]:
    """Return the step type called `name`. Raises UserError with the nearest name."""
    return step_catalog(project).find(name)


def pipeline_schema(project: Project | None = None) -> dict[str, Any]:
    """Return the JSON Schema of a pipeline file, with the step types and patterns of a project."""
    from dataduct.generation.editor_schemas import pipeline_schema

    return pipeline_schema(step_catalog(project), pattern_catalog(project) if project else None)


def pattern_schema(project: Project | None = None) -> dict[str, Any]:
    """Return the JSON Schema of a pattern file, with the step types and patterns of a project."""
    from dataduct.generation.editor_schemas import pattern_schema

    return pattern_schema(step_catalog(project), pattern_catalog(project) if project else None)


def settings_schema() -> dict[str, Any]:
    """Return the JSON Schema of the settings file."""
    from dataduct.generation.editor_schemas import settings_schema

    return settings_schema()
