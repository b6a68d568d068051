"""MariaDB servers."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from servers.certificates import CA_FILE, CERTIFICATE_FILE, KEY_FILE, write_certificates
from servers.database_server import PrivateServer, Server, first_existing, quoted
from servers.supervised import Command

_FOLDERS = ("/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin", "/usr/libexec")


@dataclass(frozen=True)
class MariaDb(Server):
    """A running MariaDB server."""

    kind: ClassVar[str] = "mariadb"
    scheme: ClassVar[str] = "mysql"
    user: ClassVar[str] = "root"

    def connect(self, database: str | None = None, **options: Any) -> Any:
        import pymysql

        settings = self.root_settings() | {"autocommit": True, "charset": "utf8mb4"} | options
        return pymysql.connect(database=database, **settings)

    def accepts_connections(self) -> bool:
        import pymysql

        try:
            self.connect(connect_timeout=5).close()
        except pymysql.OperationalError:
            return False
        return True

    @classmethod
    def missing(cls) -> str | None:
        if _program("mariadbd") and _program("mariadb-install-db"):
            return None
        return "needs mariadbd: apt-get install mariadb-server"

    def prepare(self) -> Command:
        data = self.directory / "data"
        write_certificates(self.directory)
        first_statements = self.directory / "init.sql"
        first_statements.write_text(_ACCOUNTS.format(password=quoted(self.password)), encoding="utf-8")
        install = [
            str(_program("mariadb-install-db")),
            "--no-defaults",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
            *_LOG_SIZE,
            *_FAST,
        ]
        serve = [
            str(_program("mariadbd")),
            "--no-defaults",
            f"--datadir={data}",
            f"--socket={self.directory / 'mariadb.sock'}",
            f"--pid-file={self.directory / 'mariadb.pid'}",
            f"--port={self.port}",
            f"--bind-address={self.host}",
            f"--init-file={first_statements}",
            f"--ssl-ca={self.directory / CA_FILE}",
            f"--ssl-cert={self.directory / CERTIFICATE_FILE}",
            f"--ssl-key={self.directory / KEY_FILE}",
            *_SETTINGS,
            *_LOG_SIZE,
            *(() if self.durable else _FAST),
        ]
        return Command(serve=serve, setup=[install], account="mysql")

    def _create_database(self, name: str) -> None:
        self.execute(f"CREATE DATABASE `{name}`")

    def _create_reader(self, user: str) -> None:
        self.execute(
            f"CREATE USER '{user}'@'%' IDENTIFIED BY {quoted(self.password)}",
            f"GRANT SELECT ON *.* TO '{user}'@'%'",
        )


class PrivateMariaDb(MariaDb, PrivateServer):
    """A MariaDB server of a test's own."""


_ACCOUNTS = """\
CREATE USER IF NOT EXISTS 'root'@'%' IDENTIFIED BY {password};
GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION;
DELETE FROM mysql.global_priv WHERE User IN ('root', '') AND Host <> '%';
FLUSH PRIVILEGES;
"""
_SETTINGS = (
    "--skip-name-resolve",
    "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_general_ci",
    "--default-time-zone=+05:30",
    "--innodb-buffer-pool-size=128M",
    "--max-allowed-packet=256M",
    "--max-connections=300",
    "--local-infile=1",
)
_LOG_SIZE = ("--innodb-log-file-size=32M",)
_FAST = ("--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--innodb-doublewrite=0")


def _program(name: str) -> Path | None:
    return first_existing([shutil.which(name), *(Path(folder) / name for folder in _FOLDERS)])
