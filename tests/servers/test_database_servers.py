"""The MariaDB and PostgreSQL servers of a test run."""

from typing import Any

import psycopg
import pymysql
import pytest

from servers import PrivateServer, Server

DATABASES = ("mariadb_server", "postgres_server")
PRIVATE_DATABASES = ("private_mariadb", "private_postgres")
DRIVER_ERRORS = (psycopg.Error, pymysql.Error)


@pytest.fixture(params=DATABASES)
def database_server(request: pytest.FixtureRequest) -> Server:
    server: Server = request.getfixturevalue(request.param)
    return server


@pytest.fixture(params=PRIVATE_DATABASES)
def private_server(request: pytest.FixtureRequest) -> PrivateServer:
    server: PrivateServer = request.getfixturevalue(request.param)
    return server


def test_fresh_databases_are_empty_and_apart(database_server: Server) -> None:
    first, second = database_server.fresh_database("shop"), database_server.fresh_database("shop")
    database_server.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)", database=first)

    assert first != second
    assert first.startswith("shop_")
    assert database_server.execute("SELECT * FROM t", database=first) == [(1,)]
    with pytest.raises(DRIVER_ERRORS):
        database_server.execute("SELECT * FROM t", database=second)


def test_a_wrong_password_is_refused(database_server: Server) -> None:
    for password in ("wrong", ""):
        with pytest.raises(DRIVER_ERRORS, match=r"(?i)denied|authentication failed|no password supplied"):
            database_server.connect(password=password)


def test_a_restricted_user_only_selects(database_server: Server) -> None:
    database = database_server.fresh_database("orders")
    database_server.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)", database=database)
    reader = database_server.connect(database, **database_server.restricted_user())
    with reader.cursor() as cursor:
        cursor.execute("SELECT * FROM t")
        assert list(cursor.fetchall()) == [(1,)]
        for statement in (
            "INSERT INTO t VALUES (2)",
            "CREATE TABLE u (a int)",
            "CREATE TEMPORARY TABLE u (a int)",
            "DROP TABLE t",
        ):
            with pytest.raises(DRIVER_ERRORS, match=r"(?i)denied|must be owner"):
                cursor.execute(statement)
    reader.close()


def test_tls_is_offered_not_required(mariadb_server: Server, postgres_server: Server) -> None:
    assert _mysql_cipher(mariadb_server.connect(ssl_disabled=True)) == ""
    assert _mysql_cipher(
        mariadb_server.connect(
            ssl_ca=str(mariadb_server.ca_file), ssl_verify_cert=True, ssl_verify_identity=True
        )
    )
    for sslmode, encrypted in (("disable", False), ("verify-full", True)):
        connection = postgres_server.connect(sslmode=sslmode, sslrootcert=str(postgres_server.ca_file))
        assert connection.pgconn.ssl_in_use is encrypted
        connection.close()


def test_the_other_authority_did_not_sign_the_certificates(
    mariadb_server: Server, postgres_server: Server
) -> None:
    with pytest.raises(pymysql.Error, match="CERTIFICATE_VERIFY_FAILED"):
        mariadb_server.connect(ssl_ca=str(mariadb_server.other_ca_file), ssl_verify_cert=True)
    with pytest.raises(psycopg.Error, match="certificate verify failed"):
        postgres_server.connect(sslmode="verify-full", sslrootcert=str(postgres_server.other_ca_file))


def test_a_url_names_user_and_password(postgres_server: Server) -> None:
    with psycopg.connect(postgres_server.url("postgres")) as connection:
        assert connection.info.user == postgres_server.user


def test_sessions_begin_in_a_time_zone_of_their_own(mariadb_server: Server, postgres_server: Server) -> None:
    assert mariadb_server.execute("SELECT @@session.time_zone") == [("+05:30",)]
    assert postgres_server.execute("SHOW timezone") == [("Asia/Kolkata",)]


def test_what_is_committed_outlives_a_kill(private_server: PrivateServer) -> None:
    database = private_server.fresh_database("crash")
    private_server.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)", database=database)
    open_session = private_server.connect(database)

    private_server.kill()

    assert not private_server.accepts_connections()
    with pytest.raises(DRIVER_ERRORS):
        open_session.cursor().execute("SELECT 1")
    open_session.close()
    private_server.restart()
    assert private_server.execute("SELECT * FROM t", database=database) == [(1,)]


def test_a_stopped_server_starts_again_on_its_port(private_server: PrivateServer) -> None:
    port = private_server.port
    private_server.stop()
    assert not private_server.accepts_connections()
    private_server.stop()

    private_server.restart()

    assert private_server.port == port
    assert private_server.accepts_connections()


def _mysql_cipher(connection: Any) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
        cipher: str = cursor.fetchone()[1]
    connection.close()
    return cipher
