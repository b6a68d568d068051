"""What the command line's specifications share: calling it, and a project that answers from memory."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from dataduct import api

Call = Callable[..., Result]


@pytest.fixture
def dataduct(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Call the command line in an empty working directory; returns stdout, stderr and the exit code."""
    from dataduct.cli.main import dataduct as group

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def call(*arguments: str, **environment: str) -> Result:
        return CliRunner().invoke(group, arguments, env=environment, prog_name="dataduct")

    return call


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A project in the working directory, opened by every command of the test."""
    fake = SimpleNamespace(
        root=tmp_path,
        mode=None,
        warnings=(),
        settings=SimpleNamespace(patterns=("patterns",)),
        log_directory=tmp_path / ".dataduct" / "logs",
        secrets=SimpleNamespace(redact=lambda text: text.replace("s3cret", "***")),
    )

    def open_project(directory: Path | None = None, *, mode: str | None = None) -> SimpleNamespace:
        fake.opened = (directory, mode)
        return fake

    monkeypatch.setattr(api, "open_project", open_project)
    return fake
