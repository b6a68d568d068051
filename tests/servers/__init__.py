"""Real servers for tests: MariaDB, PostgreSQL and S3, with proxies that make their networks fail."""

from servers.database_server import PrivateServer, Server
from servers.mariadb import MariaDb
from servers.postgres import Postgres
from servers.run import Run
from servers.s3 import S3Server

__all__ = ["MariaDb", "Postgres", "PrivateServer", "Run", "S3Server", "Server"]
