"""The pytest plugin of Dataduct: the fixture `dataduct_project`.

A project's `conftest.py` asks for it: `pytest_plugins = ["dataduct.testing.plugin"]`. It is no entry point, because
pytest rewrites the assertions of every module of a package that has one.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from dataduct.testing.directory import ProjectDirectory


@pytest.fixture
def dataduct_project(tmp_path: "Path") -> "ProjectDirectory":
    """An empty project in a directory of its own: write files to it, call `dataduct` in it, run its steps."""
    from dataduct.testing.directory import ProjectDirectory

    return ProjectDirectory(tmp_path / "project")
