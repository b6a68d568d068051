"""Both drivers talk to the stand-in as they talk to Redshift."""

import decimal
import gc
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import redshift_connector

from redshift_standin import Standin
from redshift_standin.fixtures import RedshiftServer


@pytest.fixture(scope="module")
def database(redshift_server: RedshiftServer) -> str:
    return redshift_server.fresh_database("drivers")


def psycopg_settings(server: RedshiftServer, database: str) -> dict[str, Any]:
    settings = server.settings(database)
    settings["dbname"] = settings.pop("database")
    settings.pop("ssl")
    return settings


@pytest.fixture(params=["redshift_connector", "psycopg", "psycopg never prepares", "psycopg always prepares"])
def connection(
    request: pytest.FixtureRequest, redshift_server: RedshiftServer, database: str
) -> Iterator[Any]:
    if request.param == "redshift_connector":
        made = redshift_connector.connect(**redshift_server.settings(database))
    else:
        made = psycopg.connect(**psycopg_settings(redshift_server, database))
        if "never" in request.param:
            made.prepare_threshold = None
        if "always" in request.param:
            made.prepare_threshold = 0
    with made:
        yield made


def test_it_says_that_it_is_redshift(connection: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("SELECT version()")
    (version,) = cursor.fetchone()
    assert version.startswith("PostgreSQL 8.0.2 on i686-pc-linux-gnu")
    assert "Redshift 1.0." in version
    cursor.execute("SHOW server_version")
    assert cursor.fetchone()[0] == "8.0.2"


def test_values_come_back_exactly(connection: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("CREATE TEMP TABLE v (i bigint, d decimal(38,10), s varchar(max), b boolean, x float8)")
    row = (
        2**63 - 1,
        decimal.Decimal("-1234567890123456789012345678.0123456789"),
        "žlutý \\ 'kůň'",
        True,
        0.1,
    )
    cursor.execute("INSERT INTO v VALUES (%s, %s, %s, %s, %s)", row)
    assert cursor.rowcount == 1
    cursor.execute("SELECT * FROM v WHERE i = %s", (row[0],))
    assert tuple(cursor.fetchone()) == row


def test_a_failed_transaction_refuses_until_it_is_rolled_back(connection: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE failing (i int)")
    connection.rollback()
    with pytest.raises(Exception, match="SAVEPOINT is not supported"):
        cursor.execute("SAVEPOINT a")
    connection.rollback()
    cursor.execute("SELECT 1")
    with pytest.raises(Exception, match="RETURNING"):
        cursor.execute("INSERT INTO pg_user VALUES (1) RETURNING 1")
    with pytest.raises(Exception, match="current transaction is aborted"):
        cursor.execute("SELECT 1")
    connection.rollback()
    with pytest.raises(Exception, match="does not exist"):
        cursor.execute("SELECT * FROM failing")
    connection.rollback()


def test_many_rows_stream(connection: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("SELECT i, 'row ' || i FROM generate_series(1, 20000) g(i) ORDER BY 1")
    rows = cursor.fetchall()
    assert len(rows) == 20000
    assert tuple(rows[-1]) == (20000, "row 20000")


@pytest.mark.filterwarnings("ignore:ssl.*is deprecated:DeprecationWarning")
def test_tls_is_on_by_default_for_redshift_connector(
    redshift_server: RedshiftServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(redshift_server.standin.certificate))
    settings = redshift_server.settings(database)
    del settings["ssl"]
    with redshift_connector.connect(**settings) as made:
        assert made.cursor().execute("SELECT 1").fetchone()[0] == 1


def test_psycopg_verifies_the_certificate(redshift_server: RedshiftServer, database: str) -> None:
    settings = psycopg_settings(redshift_server, database)
    certificate = str(redshift_server.standin.certificate)
    with psycopg.connect(**settings, sslmode="verify-full", sslrootcert=certificate) as made:
        assert made.pgconn.ssl_in_use
        assert made.pgconn.parameter_status(b"padb_version")
        assert made.info.server_version == 80002


def test_a_cluster_without_tls_and_with_cleartext_passwords(
    redshift_server: RedshiftServer, database: str
) -> None:
    shared = redshift_server.standin
    plain = Standin(
        shared.postgres, shared.s3, shared.users, shared.iam_roles, tls=False, authentication="cleartext"
    )
    settings = psycopg_settings(redshift_server, database) | {"port": plain.start()}
    try:
        with psycopg.connect(**settings, sslmode="prefer") as made:
            assert not made.pgconn.ssl_in_use
        with pytest.raises(psycopg.OperationalError, match="SSL"):
            psycopg.connect(**settings, sslmode="require")
    finally:
        plain.stop()


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_wrong_password_is_refused(redshift_server: RedshiftServer, database: str) -> None:
    settings = redshift_server.settings(database)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**psycopg_settings(redshift_server, database) | {"password": "wrong"})
    with pytest.raises(redshift_connector.Error, match="password authentication failed"):
        redshift_connector.connect(**settings | {"password": "wrong"})
    gc.collect()  # the driver leaves its socket open: let it be found here, where that is expected


def test_an_unknown_database_is_refused(redshift_server: RedshiftServer) -> None:
    with pytest.raises(psycopg.OperationalError, match='database "nowhere" does not exist'):
        psycopg.connect(**psycopg_settings(redshift_server, "nowhere"))


def test_a_query_can_be_cancelled(redshift_server: RedshiftServer, database: str) -> None:
    import threading

    with psycopg.connect(**psycopg_settings(redshift_server, database)) as made:
        timer = threading.Timer(0.3, made.cancel)
        timer.start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            made.execute("SELECT count(*) FROM pg_class a, pg_class b, pg_class c, pg_class d, pg_class e")
        timer.join()


def test_rights_are_real(redshift_server: RedshiftServer, database: str) -> None:
    settings = redshift_server.settings(database)
    with redshift_connector.connect(**settings) as owner:
        owner.cursor().execute("CREATE TABLE secret_rows (i int)")
        owner.commit()
    denied = pytest.raises(redshift_connector.Error, match="permission denied for table secret_rows")
    with redshift_connector.connect(**settings | {"user": redshift_server.reader}) as reader, denied:
        reader.cursor().execute("SELECT * FROM secret_rows")
