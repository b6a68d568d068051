"""A load's rows and its row in `dataduct.loads` are committed together or not at all."""

import signal
from datetime import UTC, datetime, timedelta

import pytest

from dataduct.errors import SchemaMismatchError, TransientError
from dataduct.model.table import Column, ColumnType, TableDefinition, TableName
from dataduct.warehouses.loads import Load, create_or_compare, ensure_loads_table, find_loads, record_load

JANUARY_1 = Load(pipeline="p", step="s", table="courses", run_date="2026-01-01")
JANUARY_2 = Load(pipeline="p", step="s", table="courses", run_date="2026-01-02")
OTHER_TABLE = Load(pipeline="p", step="t", table="students", run_date="2026-01-01")


def record(bench, load, run_id="run-1", rows=3, watermark=None, replace=False):
    with bench.transaction() as transaction:
        record_load(transaction, load, run_id=run_id, rows=rows, watermark=watermark, replace=replace)


def find(bench, *loads):
    return find_loads(bench.warehouse, loads)


def test_an_id_depends_on_what_the_load_is_and_on_nothing_else():
    ids = {load.id for load in (JANUARY_1, JANUARY_2, OTHER_TABLE)}

    assert len(ids) == 3
    assert JANUARY_1.id == "7c8d271710f378db0d1dbb0efafd0898"
    assert all(len(each) == 32 for each in ids)


def test_nothing_is_found_in_a_warehouse_without_loads(bench):
    assert find(bench, JANUARY_1) == {}
    with bench.transaction() as transaction:
        assert find_loads(transaction, [JANUARY_1]) == {}


def test_a_recorded_load_is_found_with_all_it_says(bench):
    before = datetime.now(UTC)
    record(bench, JANUARY_1, run_id="it's \\ é", rows=2**40, watermark="2026-01-01 10:00")

    found = find(bench, JANUARY_1, JANUARY_2)

    assert set(found) == {JANUARY_1.id}
    load = found[JANUARY_1.id]
    assert (load.run_id, load.rows, load.watermark, load.latest) == (
        "it's \\ é",
        2**40,
        "2026-01-01 10:00",
        True,
    )
    assert timedelta(0) <= load.committed_at - before < timedelta(minutes=1)


def test_rows_and_watermark_may_be_unknown(bench):
    record(bench, JANUARY_1, rows=None)

    load = find(bench, JANUARY_1)[JANUARY_1.id]
    assert (load.rows, load.watermark) == (None, None)


def test_a_load_is_seen_by_its_own_transaction_only_until_it_is_committed(bench):
    with bench.transaction() as transaction:
        ensure_loads_table(transaction)
        record_load(transaction, JANUARY_1, run_id="r", rows=1)
        assert JANUARY_1.id in find_loads(transaction, [JANUARY_1])
        assert find(bench, JANUARY_1) == {}

    assert JANUARY_1.id in find(bench, JANUARY_1)


def test_the_same_load_is_never_recorded_twice(bench):
    record(bench, JANUARY_1, run_id="run-1")

    with pytest.raises(TransientError, match="committed by run-1 meanwhile"):
        record(bench, JANUARY_1, run_id="run-2")

    assert find(bench, JANUARY_1)[JANUARY_1.id].run_id == "run-1"


def test_a_forced_load_replaces_its_record(bench):
    record(bench, JANUARY_1, run_id="run-1", rows=3)
    record(bench, JANUARY_1, run_id="run-2", rows=4, replace=True)

    load = find(bench, JANUARY_1)[JANUARY_1.id]
    assert (load.run_id, load.rows) == ("run-2", 4)
    assert bench.rows("SELECT count(*) FROM dataduct.loads") == [(1,)]


def test_a_forced_load_that_is_new_is_recorded(bench):
    record(bench, JANUARY_1, replace=True)

    assert find(bench, JANUARY_1)[JANUARY_1.id].latest


def test_latest_says_whether_another_load_of_the_table_came_after(bench):
    record(bench, JANUARY_1)
    record(bench, OTHER_TABLE)
    assert find(bench, JANUARY_1)[JANUARY_1.id].latest

    record(bench, JANUARY_2)
    assert latest(bench) == {JANUARY_1.run_date: False, JANUARY_2.run_date: True}

    record(bench, JANUARY_1, replace=True)
    assert latest(bench) == {JANUARY_1.run_date: True, JANUARY_2.run_date: False}


def latest(bench):
    found = find(bench, JANUARY_1, JANUARY_2)
    return {load.run_date: found[load.id].latest for load in (JANUARY_1, JANUARY_2)}


def test_more_loads_than_one_query_asks_for(bench):
    loads = [Load(pipeline="p", step=str(number), table="t", run_date="d") for number in range(1100)]
    record(bench, loads[0])
    record(bench, loads[1099])

    assert set(find(bench, *loads)) == {loads[0].id, loads[1099].id}


@pytest.mark.parametrize("moment", ["before the commit", "after the commit"])
def test_a_killed_process_leaves_all_or_nothing(bench, moment):
    bench.run("CREATE TABLE courses (id BIGINT)")
    bench.warehouse.close()
    kill = "os.kill(os.getpid(), signal.SIGKILL)"

    child = bench.child(
        f"""
        with warehouse.transaction(Cancellation()) as transaction:
            transaction.execute("INSERT INTO courses SELECT range FROM {bench.series(300000)}")
            record_load(transaction, load, run_id="killed", rows=300000)
            if {moment == "before the commit"}:
                {kill}
        {kill}
        """
    )
    bench.reopen()

    assert child.returncode == -signal.SIGKILL, child.stderr
    found = find(bench, JANUARY_1)
    count = bench.rows("SELECT count(*) FROM courses")
    if moment == "before the commit":
        assert (found, count) == ({}, [(0,)])
    else:
        assert (found[JANUARY_1.id].rows, count) == (300000, [(300000,)])


def definition(*columns):
    return TableDefinition(
        name=TableName("courses", "prod"),
        columns=tuple(Column(name=name, type=ColumnType(kind)) for name, kind in columns),
        source="tables/courses.sql",
    )


def test_a_missing_table_is_created_and_then_equals_its_definition(bench):
    courses = definition(("id", "INTEGER"), ("name", "TEXT"))

    with bench.transaction() as transaction:
        assert create_or_compare(transaction, courses, bench.dialect)
        assert not create_or_compare(transaction, courses, bench.dialect)

    assert bench.rows("SELECT * FROM prod.courses") == []


def test_a_table_that_differs_is_an_error_with_each_difference(bench):
    with bench.transaction() as transaction:
        create_or_compare(transaction, definition(("id", "INTEGER"), ("name", "TEXT")), bench.dialect)

    with pytest.raises(SchemaMismatchError) as refused, bench.transaction() as transaction:
        create_or_compare(transaction, definition(("id", "BIGINT"), ("price", "REAL")), bench.dialect)

    assert refused.value.message == "the table prod.courses differs from its definition in tables/courses.sql"
    assert len(refused.value.details) == 3
