"""The fixtures, and the hooks by which all processes of a test run share its servers."""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import Any, Protocol

import pytest

from servers.mariadb import MariaDb, PrivateMariaDb
from servers.postgres import Postgres, PrivatePostgres
from servers.run import Run
from servers.s3 import S3Server
from servers.s3_faults import S3Faults
from servers.tcp_proxy import TcpProxy

_RUN = pytest.StashKey[Run]()
_INVITATION = "servers_run"


class _Missable(Protocol):
    @classmethod
    def missing(cls) -> str | None: ...


def pytest_configure(config: pytest.Config) -> None:
    invitation: str | None = getattr(config, "workerinput", {}).get(_INVITATION)
    config.stash[_RUN] = Run.joined(invitation) if invitation else Run.begin()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput[_INVITATION] = node.config.stash[_RUN].invitation()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _RUN in config.stash and not hasattr(config, "workerinput"):
        config.stash[_RUN].close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Give all tests that miss one program the same place, so that the summary has one line for them."""
    report = yield
    if call.excinfo is not None and isinstance(call.excinfo.value, ProgramMissing):
        report.longrepr = (__file__, None, f"Skipped: {call.excinfo.value}")
    return report


class ProgramMissing(pytest.skip.Exception):
    """A server's program is not installed."""


def require(server: type[_Missable]) -> None:
    """Skip the test if the server's program is missing; in CI (`CI=true`) fail it."""
    reason = server.missing()
    if reason is None:
        return
    if os.environ.get("CI", "").lower() in {"true", "1"}:
        pytest.fail(reason, pytrace=False)
    raise ProgramMissing(reason)


@pytest.fixture(scope="session")
def servers_run(pytestconfig: pytest.Config) -> Run:
    """The servers of this test run."""
    return pytestconfig.stash[_RUN]


@pytest.fixture(scope="session")
def mariadb_server(servers_run: Run) -> MariaDb:
    """A MariaDB server that all tests share; each makes databases of its own in it."""
    require(MariaDb)
    return servers_run.mariadb()


@pytest.fixture(scope="session")
def postgres_server(servers_run: Run) -> Postgres:
    """A PostgreSQL server that all tests share; each makes databases of its own in it."""
    require(Postgres)
    return servers_run.postgres()


@pytest.fixture(scope="session")
def s3_server(servers_run: Run) -> S3Server:
    """An S3 server that all tests share; each makes buckets of its own in it."""
    require(S3Server)
    return servers_run.s3()


@pytest.fixture
def private_mariadb(servers_run: Run) -> Iterator[PrivateMariaDb]:
    """A durable MariaDB server for this test alone, which it may stop and kill."""
    require(MariaDb)
    server = servers_run.private_mariadb()
    yield server
    servers_run.end(server)


@pytest.fixture
def private_postgres(servers_run: Run) -> Iterator[PrivatePostgres]:
    """A durable PostgreSQL server for this test alone, which it may stop and kill."""
    require(Postgres)
    server = servers_run.private_postgres()
    yield server
    servers_run.end(server)


@pytest.fixture
def tcp_proxy() -> Iterator[Callable[[str, int], TcpProxy]]:
    """Make TCP proxies before a host and port; they close after the test."""
    with ExitStack() as proxies:

        def proxy(host: str, port: int) -> TcpProxy:
            made = TcpProxy(host, port)
            proxies.callback(made.close)
            return made

        yield proxy


@pytest.fixture
def s3_faults(s3_server: S3Server) -> Iterator[Callable[[], S3Faults]]:
    """Make failing HTTP proxies before the S3 server; they close after the test."""
    with ExitStack() as proxies:

        def proxy() -> S3Faults:
            made = S3Faults(s3_server.host, s3_server.port)
            proxies.callback(made.close)
            return made

        yield proxy
