"""Real servers for tests: MariaDB, PostgreSQL and S3, and proxies that make their networks fail.

The fixtures are in `servers.fixtures`. Elsewhere, `Run.begin()` starts servers and `close()` ends them.
"""

from servers.database_server import PrivateServer, Server
from servers.mariadb import MariaDb, PrivateMariaDb
from servers.postgres import Postgres, PrivatePostgres
from servers.run import Run
from servers.s3 import S3Server
from servers.s3_faults import S3Faults
from servers.tcp_proxy import TcpProxy

__all__ = [
    "MariaDb",
    "Postgres",
    "PrivateMariaDb",
    "PrivatePostgres",
    "PrivateServer",
    "Run",
    "S3Faults",
    "S3Server",
    "Server",
    "TcpProxy",
]
