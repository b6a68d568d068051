"""Other tools over the same path, each in an environment of its own.

    python -m benchmarks.peers DIRECTORY     make the environments

The versions are the newest that need nothing but the package registry: later ones of sling download their binary.
"""

import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Usage, run

DUCKDB_CLI = "1.4.4"
PACKAGES = {
    "dlt": [
        "dlt[duckdb,postgres,parquet]==1.31.0",
        "sqlalchemy",
        "connectorx",
        "pymysql",
        "psycopg[binary]",
        "duckdb<2",
    ],
    "sling": ["sling-linux-amd64==1.4.11", f"duckdb-cli=={DUCKDB_CLI}.post2"],
}
DLT = """
import sys, dlt
from dlt.sources.sql_database import sql_table
source, target, backend = sys.argv[1:]
is_file = "://" not in target
destination = dlt.destinations.duckdb(target) if is_file else dlt.destinations.postgres(target)
options = {"connectorx": {"return_type": "arrow_stream"}}.get(backend)
# connectorx spells the driver its own way.
url = source if backend == "connectorx" else source.replace("mysql://", "mysql+pymysql://")
options = dict(options or {}, **({"conn": url} if backend == "connectorx" else {}))
table = sql_table(source.replace("mysql://", "mysql+pymysql://"), table="li", backend=backend, backend_kwargs=options,
                  chunk_size=100_000, reflection_level="full_with_precision")
pipeline = dlt.pipeline("bench", destination=destination, dataset_name="bench_peer", pipelines_dir="dlt_state")
loader_format = "parquet" if is_file else "csv"
print(pipeline.run(table, write_disposition="replace", loader_file_format=loader_format))
"""


@dataclass(frozen=True)
class Peer:
    """A tool, and how it copies table `li` of a source into a target."""

    name: str
    environment: Path

    def copy(self, source: str, target: str, directory: Path) -> Usage:
        """Copy the table and return what that used.

        Args:
            source: URL of the source database.
            target: URL of a PostgreSQL database, or path of a DuckDB file.
            directory: Where to work.
        """
        Path(target).unlink(missing_ok=True)
        if self.name == "sling":
            return self._sling(source, target, directory)
        subprocess.run(["rm", "-rf", str(directory / "dlt_state")], check=True)
        python = str(self.environment / "bin" / "python")
        os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
        return run([python, "-c", DLT, source, target, "connectorx"], directory)

    def _sling(self, source: str, target: str, directory: Path) -> Usage:
        is_file = "://" not in target
        os.environ["DUCKDB_PATH"] = str(self.environment / "bin" / "duckdb")
        os.environ["DUCKDB_VERSION"] = DUCKDB_CLI
        is_mysql = source.startswith("mysql")
        os.environ["SLING_SOURCE"] = f"{source}?{'tls=skip-verify' if is_mysql else 'sslmode=disable'}"
        os.environ["SLING_TARGET"] = f"duckdb://{target}" if is_file else f"{target}?sslmode=disable"
        binary = next(self.environment.glob("lib/python*/site-packages/sling_linux_amd64/bin/sling*"))
        table = f"{source.rpartition('/')[2] if is_mysql else 'public'}.li"
        target_table = "main.li" if is_file else "bench_peer.li"
        return run(
            [
                *(str(binary), "run", "--mode", "full-refresh"),
                *("--src-conn", "SLING_SOURCE", "--src-stream", table),
                *("--tgt-conn", "SLING_TARGET", "--tgt-object", target_table),
            ],
            directory,
        )


def peers(directory: Path) -> list[Peer]:
    """Return the tools whose environments are in `directory`."""
    return [
        Peer(name, directory / name) for name in PACKAGES if (directory / name / "bin" / "python").exists()
    ]


def install(directory: Path) -> None:
    """Make the environments."""
    for name, packages in PACKAGES.items():
        venv.create(directory / name, with_pip=True)
        subprocess.run(
            [directory / name / "bin" / "python", "-m", "pip", "install", "-q", *packages], check=True
        )


if __name__ == "__main__":
    install(Path(sys.argv[1]))
