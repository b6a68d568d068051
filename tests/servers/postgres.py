"""PostgreSQL servers."""

import contextlib
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from servers.certificates import CA_FILE, CERTIFICATE_FILE, KEY_FILE, write_certificates
from servers.database_server import PrivateServer, Server, first_existing
from servers.supervised import Command

_INSTALLATIONS = ("usr/lib/postgresql/*/bin", "usr/local/pgsql/bin", "usr/pgsql-*/bin", "opt/homebrew/bin")


@dataclass(frozen=True)
class Postgres(Server):
    """A running PostgreSQL server."""

    kind: ClassVar[str] = "postgres"
    scheme: ClassVar[str] = "postgresql"
    user: ClassVar[str] = "postgres"

    def connect(self, database: str | None = None, **options: Any) -> Any:
        import psycopg

        settings = self.root_settings() | {"autocommit": True} | options
        return psycopg.connect(dbname=database or "postgres", **settings)

    def accepts_connections(self) -> bool:
        import psycopg

        try:
            self.connect(connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    @classmethod
    def missing(cls) -> str | None:
        return None if _programs() else "needs postgres and initdb: apt-get install postgresql"

    def prepare(self) -> Command:
        programs = _programs()
        data = self.directory / "data"
        write_certificates(self.directory)
        password_file = self.directory / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password + "\n", encoding="utf-8")
        initdb = [
            f"{programs}/initdb",
            f"--pgdata={data}",
            f"--username={self.user}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        ]
        settings = {
            "port": self.port,
            "listen_addresses": self.host,
            "unix_socket_directories": self.directory,
            "ssl": "on",
            "ssl_ca_file": self.directory / CA_FILE,
            "ssl_cert_file": self.directory / CERTIFICATE_FILE,
            "ssl_key_file": self.directory / KEY_FILE,
            **_SETTINGS,
            **({} if self.durable else _FAST),
        }
        serve = [f"{programs}/postgres", "-D", str(data)]
        for name, value in settings.items():
            serve += ["-c", f"{name}={value}"]
        return Command(
            serve=serve,
            setup=[initdb],
            account="postgres",
            stop_signal=signal.SIGINT,
            end_signal=signal.SIGQUIT,
        )

    def _create_database(self, name: str) -> None:
        self.execute(f'CREATE DATABASE "{name}"', f'REVOKE TEMPORARY ON DATABASE "{name}" FROM PUBLIC')

    def _create_reader(self, user: str) -> None:
        import psycopg.sql

        create = psycopg.sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
            psycopg.sql.Identifier(user), psycopg.sql.Literal(self.password)
        )
        self.execute(create.as_string(), f"GRANT pg_read_all_data TO {user}")


class PrivatePostgres(Postgres, PrivateServer):
    """A PostgreSQL server of a test's own."""

    def kill(self) -> None:
        lock_file = self.directory / "data" / "postmaster.pid"
        memory = lock_file.read_text(encoding="ascii").splitlines()[6].split() if lock_file.exists() else []
        super().kill()
        if memory:
            with contextlib.suppress(FileNotFoundError):
                subprocess.run(["ipcrm", "-m", memory[-1]], capture_output=True, check=False)


_SETTINGS = {
    "timezone": "Asia/Kolkata",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "max_wal_size": "256MB",
    "dynamic_shared_memory_type": "mmap",
    "logging_collector": "off",
}
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def _programs() -> Path | None:
    """Return the folder of the newest `postgres` and `initdb` of this machine."""
    installed = [path for pattern in _INSTALLATIONS for path in Path("/").glob(pattern)]
    installed.sort(
        key=lambda folder: [int(number) for number in re.findall(r"\d+", str(folder))], reverse=True
    )
    on_path = shutil.which("initdb")
    folders = [*installed, *([Path(on_path).resolve().parent] if on_path else [])]
    initdb = first_existing(folder / "initdb" for folder in folders if folder.joinpath("postgres").exists())
    return initdb.parent if initdb else None
