"""A stream is bounded, sees what was committed when it began, and raises Dataduct's errors while it is read."""

import threading

import pyarrow as pa
import pytest

from dataduct.errors import Interrupted, SqlError
from dataduct.model.cancellation import Cancellation


def test_batches_have_at_most_the_rows_asked_for(bench):
    with bench.warehouse.stream(
        f"SELECT range AS id FROM {bench.series(10000)}", Cancellation(), batch_rows=2048
    ) as reader:
        sizes = [batch.num_rows for batch in reader]

    assert sum(sizes) == 10000
    assert max(sizes) <= 2048


def test_an_empty_result_has_its_columns(bench):
    assert bench.stream("SELECT 1 AS id, 'x' AS name WHERE false").schema.names == ["id", "name"]


def test_a_stream_sees_what_was_committed_when_it_began(bench):
    bench.run(
        "CREATE TABLE courses (id BIGINT)", f"INSERT INTO courses SELECT range FROM {bench.series(300000)}"
    )

    with bench.warehouse.stream("SELECT id FROM courses", Cancellation(), batch_rows=1000) as reader:
        rows = reader.read_next_batch().num_rows
        writer = threading.Thread(
            target=bench.run, args=["DELETE FROM courses", "INSERT INTO courses VALUES (1)"]
        )
        writer.start()
        writer.join(timeout=20)
        assert not writer.is_alive()
        rows += sum(batch.num_rows for batch in reader)

    assert rows == 300000
    assert bench.rows("SELECT count(*) FROM courses") == [(1,)]


def test_rows_of_an_open_transaction_are_not_seen(bench):
    bench.run("CREATE TABLE courses (id BIGINT)")

    with bench.transaction() as transaction:
        transaction.execute("INSERT INTO courses VALUES (1)")
        assert bench.stream("SELECT * FROM courses").num_rows == 0


def test_a_stream_left_half_read_leaves_the_warehouse_usable(bench):
    with bench.warehouse.stream(
        f"SELECT * FROM {bench.series(1000000)}", Cancellation(), batch_rows=1000
    ) as reader:
        reader.read_next_batch()

    assert bench.stream("SELECT 1 AS one").num_rows == 1


def test_a_stream_is_interrupted(bench):
    cancellation = Cancellation()
    rows = f"(SELECT range FROM {bench.series(10000)})"

    with (
        pytest.raises(Interrupted, match="stop now"),
        bench.warehouse.stream(f"SELECT a.range FROM {rows} a, {rows} b", cancellation) as reader,
    ):
        reader.read_next_batch()
        cancellation.request("stop now")
        reader.read_all()


def test_an_error_in_the_middle_of_a_stream_is_dataducts(bench):
    query = (
        "SELECT CAST(CASE WHEN range = 900000 THEN 'x' ELSE '1' END AS INTEGER) AS n "
        f"FROM {bench.series(1000000)}"
    )

    with pytest.raises(Exception, match="x") as failed:
        bench.stream(query)

    assert failed.type.__module__ == "dataduct.errors"
    assert not isinstance(failed.value, pa.ArrowException)


@pytest.mark.parametrize(
    "text", ["CREATE TABLE c (id INTEGER)", "SELECT 1; SELECT 2", "", "INSERT INTO x VALUES (1)"]
)
def test_only_one_query_is_streamed(bench, text):
    with pytest.raises(SqlError, match="one query is expected"):
        bench.stream(text)

    assert bench.rows("SELECT count(*) FROM information_schema.tables WHERE table_name = 'c'") == [(0,)]


def test_a_wrong_query_is_shown(bench):
    with pytest.raises(SqlError) as refused:
        bench.stream("SELECT nothing FROM nowhere")

    assert "SELECT nothing FROM nowhere" in refused.value.details[0]
