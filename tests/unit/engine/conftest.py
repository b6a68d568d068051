"""A project of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_bench import Bench, PlanBuilder

from dataduct.runs.store import open_store


@pytest.fixture
def build() -> PlanBuilder:
    return PlanBuilder()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    store = open_store(tmp_path / "runs.sqlite")
    bench = Bench(tmp_path, store)
    bench.fill_source([(1, "one"), (2, "two"), (3, "three")])
    yield bench
    store.close()
