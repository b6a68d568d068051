"""Fixtures for the whole suite."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["conformance.summary", "projects.fixtures", "redshift_standin.fixtures", "servers.fixtures"]

settings.register_profile("dataduct", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dataduct")

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(autouse=True, scope="session")
def no_settings_of_this_machine(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the settings of this machine and of its user out of the suite and of the processes it starts."""
    from dataduct.config import layers

    layers.SYSTEM_FILE = tmp_path_factory.mktemp("etc") / layers.SYSTEM_FILE.name
    os.environ |= {layers.SYSTEM_VARIABLE: "", layers.USER_VARIABLE: ""}
    os.environ.pop(layers.PATH_VARIABLE, None)


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with the golden file of that name; `UPDATE_GOLDEN=1` rewrites the file instead."""

    def compare(name: str, actual: str) -> None:
        path = GOLDEN / name
        if os.environ.get("UPDATE_GOLDEN"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(actual, encoding="utf-8")
            return
        assert path.exists(), f"golden file {name} is missing; run with UPDATE_GOLDEN=1 and read it"
        assert actual == path.read_text(encoding="utf-8")

    return compare
