"""The fixtures: a project directory with nothing in it, and one with a pipeline of courses."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dataduct.config.layers import SYSTEM_VARIABLE, USER_VARIABLE
from projects import COURSES, PRODUCTION, SETTINGS, SOURCE, STAGING, Project


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project directory with nothing in it, as the working directory."""
    project = Project(tmp_path / "project")
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("COLUMNS", "120")
    for name in [name for name in os.environ if name.startswith("DATADUCT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv(SYSTEM_VARIABLE, "")
    monkeypatch.setenv(USER_VARIABLE, "")
    return project


@pytest.fixture
def school(empty: Project) -> Project:
    """A project with a source of three courses and a warehouse in which production holds two older ones."""
    empty.write(
        {
            "dataduct.yml": SETTINGS,
            "tables/staging.courses.sql": STAGING,
            "tables/prod.courses.sql": PRODUCTION,
            "pipelines/courses.yaml": COURSES,
        }
    )
    empty.change_source(SOURCE)
    return empty


@pytest.fixture
def begin(school: Project) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the command line in a process of its own, and end it and its children with the test."""
    begun: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        process = school.begin(*arguments, **environment)
        begun.append(process)
        return process

    yield start
    for process in begun:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
