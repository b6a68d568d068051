"""The databases that the contract of the run store is held against."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataduct.runs.queries import RunQueries
from dataduct.runs.store import RunStore, open_store
from servers.database_server import Server


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A path or URL of an empty store."""
    if request.param == "sqlite":
        return str(tmp_path / "deep" / "runs.sqlite")
    server: Server = request.getfixturevalue("postgres_server")
    return server.url(server.fresh_database("runs"))


@pytest.fixture
def store(location: str) -> Iterator[RunStore]:
    opened = open_store(location, redact=lambda text: text.replace("hunter2", "***"))
    yield opened
    opened.close()


@pytest.fixture
def queries(store: RunStore) -> RunQueries:
    return RunQueries(store)
