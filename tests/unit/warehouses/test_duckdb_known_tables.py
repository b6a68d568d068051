"""The table of loads is looked for once, and again after what may have taken it away."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataduct.model.cancellation import Cancellation
from dataduct.model.table import TableName
from dataduct.warehouses.base import Transaction, Warehouse
from dataduct.warehouses.duckdb import DuckDbProvider
from dataduct.warehouses.loads import Load, find_loads, record_load

LOADS = TableName("loads", "dataduct")
LOAD = Load(pipeline="p", step="s", table="t", run_date="2026-01-01")


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    opened = DuckDbProvider.open_warehouse(
        {"type": "duckdb", "path": "warehouse.duckdb"},
        project_directory=tmp_path,
        lock_timeout=1.0,
        on_wait=lambda message: None,
    )
    yield opened
    opened.close()


def record(warehouse: Warehouse, load: Load = LOAD) -> None:
    with warehouse.transaction(Cancellation()) as transaction:
        find_loads(transaction, [load])
        record_load(transaction, load, run_id="r", rows=1)


def test_a_table_that_was_found_is_known(warehouse: Warehouse) -> None:
    record(warehouse)
    assert not warehouse.knows_table(LOADS)

    assert LOAD.id in find_loads(warehouse, [LOAD])

    assert warehouse.knows_table(LOADS)


def test_a_table_that_the_transaction_made_is_not_known_when_it_is_rolled_back(warehouse: Warehouse) -> None:
    def make_and_fail(transaction: Transaction) -> None:
        record_load(transaction, LOAD, run_id="r", rows=1)
        assert LOAD.id in find_loads(transaction, [LOAD])
        raise RuntimeError

    with pytest.raises(RuntimeError), warehouse.transaction(Cancellation()) as transaction:
        make_and_fail(transaction)

    assert not warehouse.knows_table(LOADS)
    assert find_loads(warehouse, [LOAD]) == {}


@pytest.mark.parametrize("statement", ["DROP TABLE dataduct.loads", "DROP SCHEMA Dataduct CASCADE"])
def test_a_table_that_is_dropped_is_not_known_any_more(warehouse: Warehouse, statement: str) -> None:
    record(warehouse)
    find_loads(warehouse, [LOAD])

    with warehouse.transaction(Cancellation()) as transaction:
        assert transaction.knows_table(LOADS)
        transaction.execute(statement)
        assert find_loads(transaction, [LOAD]) == {}

    assert find_loads(warehouse, [LOAD]) == {}


def test_dropping_another_table_leaves_it_known(warehouse: Warehouse) -> None:
    record(warehouse)
    find_loads(warehouse, [LOAD])

    with warehouse.transaction(Cancellation()) as transaction:
        transaction.execute("CREATE TEMPORARY TABLE passing (id INTEGER)")
        transaction.execute("DROP TABLE passing")
        assert transaction.knows_table(LOADS)

    assert warehouse.knows_table(LOADS)


def test_columns_are_read_anew_after_the_table_was_changed(warehouse: Warehouse) -> None:
    table = TableName("courses")
    with warehouse.transaction(Cancellation()) as transaction:
        assert transaction.columns(table) is None
        transaction.execute("CREATE TABLE courses (id INTEGER)")
        assert [column.name for column in transaction.columns(table) or ()] == ["id"]
        transaction.execute("ALTER TABLE courses ADD COLUMN title VARCHAR")
        assert [column.name for column in transaction.columns(table) or ()] == ["id", "title"]
