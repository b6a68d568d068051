"""A project whose hooks a test writes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dataduct.config.project import Project, open_project
from dataduct.hooks.around import ProjectHooks


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "dataduct.yml").write_text("hooks:\n  timeout: 0.2\n")
    return tmp_path


@pytest.fixture
def project(root: Path) -> Project:
    return open_project(root, environment={})


@pytest.fixture
def hooks(project: Project) -> Callable[..., ProjectHooks]:
    """Write hooks by the names of their files and return them."""

    def written(**files: str) -> ProjectHooks:
        (project.root / "hooks").mkdir(exist_ok=True)
        for name, text in files.items():
            (project.root / "hooks" / f"{name}.py").write_text(text)
        return ProjectHooks(project)

    return written
