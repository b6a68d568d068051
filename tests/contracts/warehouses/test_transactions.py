"""A transaction is a real one: all of it or nothing, one writer, interruptible, blind to nobody's half."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from dataduct.errors import DataError, Interrupted, SqlError
from dataduct.model.cancellation import Cancellation
from dataduct.model.table import TableName


def long_query(bench):
    numbers = f"(SELECT range FROM {bench.series(1000000)})"
    return f"SELECT sum(a.range * b.range) FROM {numbers} a, {numbers} b"


def test_what_the_block_did_is_there_after_it(bench):
    bench.run("CREATE TABLE courses (id INTEGER)", "INSERT INTO courses VALUES (1), (2)")

    assert bench.rows("SELECT id FROM courses ORDER BY id") == [(1,), (2,)]


def test_an_exception_in_the_block_rolls_everything_back_tables_too(bench):
    bench.run("CREATE TABLE courses (id INTEGER)")

    with pytest.raises(ZeroDivisionError), bench.transaction() as transaction:
        transaction.execute("INSERT INTO courses VALUES (1)")
        transaction.execute("CREATE TABLE others (id INTEGER)")
        raise ZeroDivisionError

    with bench.transaction() as transaction:
        assert transaction.fetch("SELECT count(*) FROM courses") == [(0,)]
        assert transaction.columns(TableName("others")) is None


def test_a_refused_statement_rolls_back_what_came_before(bench):
    bench.run("CREATE TABLE courses (id INTEGER NOT NULL)")

    with pytest.raises(DataError), bench.transaction() as transaction:
        transaction.execute("INSERT INTO courses VALUES (1)")
        transaction.execute("INSERT INTO courses VALUES (NULL)")

    assert bench.rows("SELECT count(*) FROM courses") == [(0,)]


def test_statements_say_how_many_rows_they_changed(bench):
    changed = bench.run(
        "CREATE TABLE courses (id INTEGER, name VARCHAR(10))",
        f"INSERT INTO courses SELECT range, 'x' FROM {bench.series(7)}",
        "UPDATE courses SET name = 'y' WHERE id < 5",
        "DELETE FROM courses WHERE id = 0",
        "DELETE FROM courses WHERE id = 99",
        "SELECT 1",
        "-- nothing but a comment",
    )

    assert changed == [None, 7, 5, 1, 0, None, None]


def test_columns_of_tables_and_views(bench):
    bench.create(
        "courses", id="!INTEGER", slug="VARCHAR(20)", price="NUMERIC(8,2)", at="TIMESTAMP WITH TIME ZONE"
    )
    bench.run(
        "CREATE SCHEMA prod",
        "CREATE TABLE prod.other (id BIGINT DEFAULT 7)",
        "CREATE VIEW prod.view AS SELECT id FROM prod.other",
    )

    with bench.transaction() as transaction:
        courses = transaction.columns(TableName("courses"))
        other = transaction.columns(TableName("other", "prod"))
        view = transaction.columns(TableName("view", "prod"))
        missing = transaction.columns(TableName("other"))

    assert [(column.name, str(column.type), column.nullable) for column in courses] == [
        ("id", "INTEGER", False),
        ("slug", "VARCHAR(20)", True),
        ("price", "NUMERIC(8,2)", True),
        ("at", "TIMESTAMP WITH TIME ZONE", True),
    ]
    assert [(str(column.type), column.default) for column in other] == [("BIGINT", "7")]
    assert [column.name for column in view] == ["id"]
    assert missing is None


@pytest.mark.parametrize("statement", ["COMMIT", "BEGIN", "ROLLBACK", "INSERT INTO c VALUES (1); COMMIT"])
def test_a_script_cannot_end_the_transaction_it_runs_in(bench, statement):
    bench.run("CREATE TABLE c (id INTEGER)")

    with pytest.raises(SqlError) as refused, bench.transaction() as transaction:
        transaction.execute("INSERT INTO c VALUES (1)")
        transaction.execute(statement)

    assert refused.value.code == "DD716"
    assert bench.rows("SELECT count(*) FROM c") == [(0,)]


def test_an_interrupt_from_another_thread_stops_the_statement_under_way(bench):
    cancellation = Cancellation()
    bench.run("CREATE TABLE courses (id INTEGER)")
    threading.Timer(0.2, cancellation.request, ["the user asked to stop"]).start()
    started = time.monotonic()

    with (
        pytest.raises(Interrupted, match="the user asked to stop"),
        bench.warehouse.transaction(cancellation) as tx,
    ):
        tx.execute("INSERT INTO courses VALUES (1)")
        tx.fetch(long_query(bench))

    assert time.monotonic() - started < 5
    assert bench.rows("SELECT count(*) FROM courses") == [(0,)]


def test_an_interrupt_between_two_statements_is_not_lost(bench):
    cancellation = Cancellation()
    bench.run("CREATE TABLE courses (id INTEGER)")

    with pytest.raises(Interrupted), bench.warehouse.transaction(cancellation) as transaction:
        transaction.execute("INSERT INTO courses VALUES (1)")
        cancellation.request("stop")

    assert bench.rows("SELECT count(*) FROM courses") == [(0,)]


def test_waiting_for_another_writer_can_be_interrupted(bench):
    cancellation = Cancellation()
    bench.run("CREATE TABLE courses (id INTEGER)")
    threading.Timer(0.5, cancellation.request, ["stop"]).start()

    with bench.transaction() as first:
        first.execute("INSERT INTO courses VALUES (1)")
        with pytest.raises(Interrupted), bench.warehouse.transaction(cancellation) as second:
            second.execute("INSERT INTO courses VALUES (2)")

    assert bench.rows("SELECT id FROM courses") == [(1,)]


def test_a_writer_sees_what_the_writer_it_waited_for_has_done(bench):
    bench.run("CREATE TABLE courses (id INTEGER)")
    began = threading.Event()

    def replace_rows() -> None:
        began.set()
        bench.run("DELETE FROM courses", "INSERT INTO courses VALUES (2)")

    with ThreadPoolExecutor(1) as threads, bench.transaction() as first:
        first.execute("DELETE FROM courses")
        second = threads.submit(replace_rows)
        began.wait()
        time.sleep(0.3)
        first.execute("INSERT INTO courses VALUES (1)")
        assert not second.done()
        threads.shutdown(wait=False)
    second.result(timeout=20)

    assert bench.rows("SELECT id FROM courses") == [(2,)]


def test_writers_of_different_tables_wait_as_the_warehouse_says(bench):
    bench.run("CREATE TABLE courses (id INTEGER)", "CREATE TABLE students (id INTEGER)")

    with ThreadPoolExecutor(1) as threads, bench.transaction() as first:
        first.execute("INSERT INTO courses VALUES (1)")
        second = threads.submit(bench.run, "INSERT INTO students VALUES (1)")
        waited = not wait([second], timeout=1).done
        threads.shutdown(wait=False)
    second.result(timeout=20)

    assert waited == (bench.kind.writers_wait_for == "transaction")


def test_eight_threads_write_their_tables(bench):
    def write(number: int) -> None:
        for _ in range(5):
            bench.run(
                f"CREATE TABLE IF NOT EXISTS t{number} (id INTEGER)",
                f"INSERT INTO t{number} SELECT range FROM {bench.series(100)}",
            )

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(8)))

    counts = [bench.rows(f"SELECT count(*) FROM t{number}") for number in range(8)]
    assert counts == [[(500,)]] * 8


def test_a_statement_outside_transactions_commits_by_itself(bench):
    bench.run("CREATE TABLE courses (id INTEGER)")

    assert bench.warehouse.execute("INSERT INTO courses VALUES (1), (2)", Cancellation()) == 2
    assert bench.warehouse.execute("VACUUM", Cancellation()) is None
    assert bench.rows("SELECT count(*) FROM courses") == [(2,)]


def test_a_session_keeps_its_temporary_tables_and_every_statement_commits_by_itself(bench):
    bench.run("CREATE TABLE courses (id INTEGER)")

    with bench.warehouse.session(Cancellation()) as execute:
        execute("CREATE TEMPORARY TABLE new_courses (id INTEGER)")
        assert execute("INSERT INTO new_courses VALUES (1), (2)") == 2
        execute("INSERT INTO courses SELECT id FROM new_courses")
        with pytest.raises(SqlError):
            execute("INSERT INTO courses SELECT nothing FROM new_courses")
        execute("DELETE FROM courses WHERE id = 1")

    assert bench.rows("SELECT id FROM courses") == [(2,)]
    with bench.warehouse.session(Cancellation()) as execute, pytest.raises(SqlError, match="new_courses"):
        execute("SELECT id FROM new_courses")


def test_a_wrong_name_is_shown_with_its_line_and_the_nearest_name(bench):
    bench.run("CREATE TABLE courses (slug VARCHAR(10))")

    with pytest.raises(SqlError) as refused:
        bench.run("SELECT 1,\n       slugg FROM courses")

    assert refused.value.hint == "did you mean `slug`?"
    assert refused.value.details[0] == "2 |        slugg FROM courses"
    assert refused.value.details[1].startswith("  |        ^")
