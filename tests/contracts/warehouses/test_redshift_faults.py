"""A cluster, a bucket or a network that fails in the middle of a load: no row lost or doubled, nothing left in S3."""

import secrets
import threading

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataduct.errors import DataductError, TransientError
from dataduct.model.cancellation import Cancellation
from dataduct.model.dataset import Manifest
from dataduct.model.operations import FileFormat
from dataduct.model.table import TableName
from dataduct.registry import WAREHOUSES
from dataduct.warehouses.base import ColumnMatch, DatasetFiles
from dataduct.warehouses.loads import Load, find_loads, record_load

LOAD = Load(pipeline="p", step="s", table="courses", run_date="2026-01-01")
ROWS = 50_000
TABLE = TableName("courses")


class Cluster:
    """A database on the stand-in with the table to load, and a load that is tried as the engine does."""

    def __init__(self, server, tmp_path):
        self.server, self.tmp_path = server, tmp_path
        self.prefix = f"{secrets.token_hex(8)}/"
        self.settings = {
            "host": server.host,
            "port": server.port,
            "user": server.user,
            "password": server.password,
            "database": server.fresh_database("faults"),
            "connect_retries": 0,
            "iam_role": server.iam_role,
            "staging": f"s3://{server.bucket}/{self.prefix}",
            "endpoint_url": server.s3.endpoint,
            "access_key_id": server.s3.access_key,
            "secret_access_key": server.s3.secret_key,
            "region": server.s3.region,
            "s3_max_retries": 1,
        }
        path = tmp_path / "part.parquet"
        # int64 into INTEGER: the rows go through the staging area.
        table = pa.table(
            {"id": pa.array(range(ROWS), pa.int64()), "name": [f"course {n}" for n in range(ROWS)]}
        )
        pq.write_table(table, path)
        self.dataset = DatasetFiles(Manifest(format="parquet", parts=()), (str(path),))
        self.create()

    def create(self):
        warehouse = self.open()
        try:
            with warehouse.transaction(Cancellation()) as transaction:
                transaction.execute("CREATE TABLE courses (id INTEGER NOT NULL, name VARCHAR(40) NOT NULL)")
        finally:
            warehouse.close()

    def open(self, **settings):
        return WAREHOUSES.load("redshift").open_warehouse(
            {"type": "redshift", **self.settings, **settings},
            project_directory=self.tmp_path,
            lock_timeout=20,
            on_wait=lambda message: None,
        )

    def attempt(self, *, run_id="r", before_load=lambda: None, before_commit=lambda: None, **settings):
        warehouse = self.open(**settings)
        try:
            with warehouse.transaction(Cancellation()) as transaction:
                if find_loads(transaction, [LOAD]):
                    return "found"
                matches = [ColumnMatch(column.name, column) for column in transaction.columns(TABLE)]
                before_load()
                rows = transaction.load(TABLE, self.dataset, matches, FileFormat()).rows
                record_load(transaction, LOAD, run_id=run_id, rows=rows)
                before_commit()
            return "loaded"
        finally:
            warehouse.close()

    def fails(self, **settings):
        with pytest.raises(TransientError) as failed:
            self.attempt(**settings)
        return failed.value

    def state(self):
        """Return the rows, the loads, and what is left in the staging prefix: objects and uploads under way."""
        warehouse = self.open()
        try:
            with warehouse.transaction(Cancellation()) as transaction:
                rows = transaction.fetch("SELECT count(*), count(DISTINCT id) FROM courses")[0]
                loads = len(find_loads(transaction, [LOAD]))
                if loads:
                    assert transaction.fetch("SELECT count(*) FROM dataduct.loads") == [(1,)]
        finally:
            warehouse.close()
        client = self.server.s3.client()
        objects = client.list_objects_v2(Bucket=self.server.bucket, Prefix=self.prefix).get("Contents", [])
        uploads = client.list_multipart_uploads(Bucket=self.server.bucket).get("Uploads", [])
        begun = [upload for upload in uploads if upload["Key"].startswith(self.prefix)]
        return {"rows": rows, "loads": loads, "staged": len(objects) + len(begun)}


EMPTY = {"rows": (0, 0), "loads": 0, "staged": 0}
LOADED = {"rows": (ROWS, ROWS), "loads": 1, "staged": 0}


@pytest.fixture
def cluster(redshift_server, tmp_path):
    yield Cluster(redshift_server, tmp_path)
    redshift_server.standin.clear_faults()


def test_a_cluster_that_dies_before_the_commit(cluster):
    failure = cluster.fails(before_commit=cluster.server.standin.die_before_commit)

    assert failure.code == "DD720"
    assert cluster.state() == EMPTY
    assert cluster.attempt() == "loaded"
    assert cluster.state() == LOADED


def test_a_cluster_that_dies_while_the_guards_are_made(cluster):
    cluster.settings["database"] = cluster.server.fresh_database("unguarded")
    cluster.server.standin.die_before_commit()

    with pytest.raises(TransientError) as failed:
        cluster.create()

    assert failed.value.code == "DD824"
    cluster.create()
    assert cluster.state() == EMPTY
    assert cluster.attempt() == "loaded"
    assert cluster.state() == LOADED


def test_a_cluster_that_dies_after_the_commit(cluster):
    failure = cluster.fails(before_commit=cluster.server.standin.die_after_commit)

    assert failure.code == "DD720"
    assert cluster.state() == LOADED
    assert cluster.attempt() == "found"
    assert cluster.state() == LOADED


@pytest.mark.parametrize(
    "statement", ["copy ", "insert into dataduct.loads", "update dataduct.writer", "lock table"]
)
def test_a_serializable_isolation_violation(cluster, statement):
    cluster.server.standin.serialization_failure_next(matching=statement)

    assert cluster.fails().code == "DD706"
    assert cluster.state() == EMPTY
    assert cluster.attempt() == "loaded"
    assert cluster.state() == LOADED


def test_a_bucket_that_does_not_answer_the_cluster(cluster):
    words = "S3ServiceException:Please reduce your request rate.,Status 503,Error SlowDown,Rid 1,ExtRid 2,CanRetry 1"
    cluster.server.standin.fail_next("XX000", words, matching="copy ")

    assert cluster.fails().code == "DD723"
    assert cluster.state() == EMPTY
    assert cluster.attempt() == "loaded"
    assert cluster.state() == LOADED


@pytest.mark.parametrize("name", ["part-*", "manifest.json"])
def test_a_bucket_that_answers_503_while_rows_are_staged(cluster, s3_faults, name):
    proxy = s3_faults()
    rule = proxy.answer(503, "SlowDown", method="PUT", path=f"*/{name}*", times=100)

    cluster.fails(endpoint_url=proxy.endpoint)

    assert rule.injected >= 2
    assert cluster.state() == EMPTY
    proxy.clear()
    assert cluster.attempt(endpoint_url=proxy.endpoint) == "loaded"
    assert cluster.state() == LOADED


@pytest.mark.parametrize("fault", ["reset", "cut_upload", "lose_answer"])
def test_a_network_that_fails_while_rows_are_staged(cluster, s3_faults, fault):
    proxy = s3_faults()
    rule = getattr(proxy, fault)(method="PUT", path="*/part-*")

    assert cluster.attempt(endpoint_url=proxy.endpoint) == "loaded"

    assert rule.injected == 1
    assert cluster.state() == LOADED


def test_a_bucket_that_answers_503_while_staged_rows_are_deleted(cluster, s3_faults):
    proxy = s3_faults()
    rule = proxy.answer(503, "SlowDown", method="POST", path="*delete*", times=3)

    assert cluster.attempt(endpoint_url=proxy.endpoint) == "loaded"

    assert rule.injected == 3
    assert cluster.state() == LOADED


@pytest.mark.parametrize("moment", ["before the load", "before the commit"])
def test_a_connection_that_is_cut(cluster, tcp_proxy, moment):
    proxy = tcp_proxy(cluster.server.host, cluster.server.port)
    name = "before_load" if moment == "before the load" else "before_commit"

    failure = cluster.fails(port=proxy.port, **{name: proxy.cut})

    assert failure.code in ("DD720", "DD824")
    assert cluster.state() == EMPTY
    assert cluster.attempt() == "loaded"
    assert cluster.state() == LOADED


def test_an_interrupt_while_rows_are_staged(cluster):
    cancellation = Cancellation()
    warehouse = cluster.open()
    with pytest.raises(DataductError), warehouse.transaction(cancellation) as transaction:
        matches = [ColumnMatch(column.name, column) for column in transaction.columns(TABLE)]
        threading.Timer(0.05, cancellation.request, ["stop"]).start()
        transaction.load(TABLE, cluster.dataset, matches, FileFormat())
        cancellation.wait(5)
    warehouse.close()

    assert cluster.state() == EMPTY


def test_runs_that_do_the_same_load_at_the_same_time_commit_it_once(cluster):
    both_have_looked = threading.Barrier(3)
    results = []

    def attempt(number):
        try:
            results.append(cluster.attempt(run_id=f"run-{number}", before_load=both_have_looked.wait))
        except DataductError as error:
            results.append(error.code)

    threads = [threading.Thread(target=attempt, args=[number]) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert results.count("loaded") == 1
    assert set(results) - {"loaded"} <= {"DD712", "DD706"}
    assert cluster.state() == LOADED
    assert cluster.attempt() == "found"


def test_an_export_that_fails_leaves_nothing_in_the_bucket(cluster, s3_faults):
    cluster.attempt()
    proxy = s3_faults()
    proxy.answer(503, "SlowDown", method="GET", path="*/rows_*", times=100)
    warehouse = cluster.open(endpoint_url=proxy.endpoint)

    with (
        pytest.raises(TransientError),
        warehouse.stream("SELECT * FROM courses", Cancellation(), bulk=True) as reader,
    ):
        reader.read_all()
    warehouse.close()

    assert cluster.state() == LOADED
