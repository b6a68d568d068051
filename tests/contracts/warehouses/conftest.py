"""The warehouses that the contract is run against."""

import json
import secrets
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataduct.model.cancellation import Cancellation
from dataduct.model.dataset import DatasetFormat, Manifest
from dataduct.model.operations import FileFormat
from dataduct.model.table import Column, ColumnType, TableDefinition, TableName
from dataduct.registry import WAREHOUSES
from dataduct.sql.create import create_table
from dataduct.sql.dialect import DIALECTS, Dialect
from dataduct.warehouses.base import ColumnMatch, DatasetFiles, LoadResult, Row, Transaction, Warehouse

_PRELUDE = """
import json, os, signal, sys
from pathlib import Path
from dataduct.model.cancellation import Cancellation
from dataduct.registry import WAREHOUSES
from dataduct.warehouses.loads import Load, find_loads, record_load
settings = json.loads(sys.argv[1])
warehouse = WAREHOUSES.load(settings["type"]).open_warehouse(
    settings, project_directory=Path(sys.argv[2]), lock_timeout=30, on_wait=lambda message: None
)
load = Load(pipeline="p", step="s", table="courses", run_date="2026-01-01")
"""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What the contract lets differ between kinds of warehouses, as data.

    Attributes:
        settings: Gives the settings of an empty warehouse.
        series: SQL of a FROM clause with the whole numbers from 0 to before `{count}` in a column `range`.
        numeric: What messages call NUMERIC.
        text: What messages call TEXT.
        json: SQL of a value of the type that JSON becomes, from the literal `{}`.
        most_digits: Digits that the type of a dataset's decimals may have; None where only the values must fit.
        counts_bytes: Whether the length of a VARCHAR is one in bytes.
        keeps_duplicate_keys: Whether a second row of the same PRIMARY KEY goes in.
        keeps_nul: Whether a text may hold the character NUL.
        writers_wait_for: What a writer waits for: `transaction` of another writer, or `table` that it writes.
    """

    settings: Callable[[pytest.FixtureRequest], dict[str, Any]]
    series: str
    numeric: str
    text: str
    json: str
    most_digits: int | None
    keeps_nul: bool
    counts_bytes: bool
    keeps_duplicate_keys: bool
    writers_wait_for: Literal["transaction", "table"]


def duckdb_settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"type": "duckdb", "path": "warehouse.duckdb", "threads": 2}


def postgres_settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    server = request.getfixturevalue("postgres_server")
    return {
        "type": "postgres",
        **server.root_settings(),
        "sslmode": "disable",
        "database": server.fresh_database("warehouse"),
    }


def redshift_settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    server = request.getfixturevalue("redshift_server")
    return {
        "type": "redshift",
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": server.password,
        "database": server.fresh_database("warehouse"),
        "iam_role": server.iam_role,
        "staging": f"s3://{server.bucket}/{secrets.token_hex(8)}",
        "endpoint_url": server.s3.endpoint,
        "access_key_id": server.s3.access_key,
        "secret_access_key": server.s3.secret_key,
        "region": server.s3.region,
    }


def digits_series() -> str:
    """Whole numbers for a warehouse whose generate_series does not go into tables."""
    digits = " UNION ALL ".join(f"SELECT CAST({digit} AS BIGINT) AS n" for digit in range(10))
    joined = " CROSS JOIN ".join(f"({digits}) AS d{place}" for place in range(6))
    number = " + ".join(f"{10**place} * d{place}.n" for place in range(6))
    return (
        f"(SELECT range FROM (SELECT {number} AS range FROM {joined}) AS n WHERE range < {{count}}) AS series"
    )


KINDS = {
    "duckdb": Kind(
        settings=duckdb_settings,
        series="range({count})",
        numeric="DECIMAL",
        text="VARCHAR",
        json="CAST({} AS JSON)",
        most_digits=38,
        counts_bytes=False,
        keeps_duplicate_keys=False,
        keeps_nul=True,
        writers_wait_for="transaction",
    ),
    "postgres": Kind(
        settings=postgres_settings,
        series="generate_series(0, {count} - 1) AS series(range)",
        numeric="NUMERIC",
        text="TEXT",
        json="CAST({} AS JSON)",
        most_digits=None,
        counts_bytes=False,
        keeps_duplicate_keys=False,
        keeps_nul=False,
        writers_wait_for="table",
    ),
    "redshift": Kind(
        settings=redshift_settings,
        series=digits_series(),
        numeric="NUMERIC",
        text="VARCHAR(256)",
        json="JSON_PARSE({})",
        most_digits=None,
        counts_bytes=True,
        keeps_duplicate_keys=True,
        keeps_nul=False,
        writers_wait_for="table",
    ),
}


@dataclass
class Bench:
    """A warehouse under test, with short names for what the tests do all the time."""

    kind: Kind
    settings: dict[str, Any]
    project: Path
    warehouse: Warehouse

    @property
    def dialect(self) -> Dialect:
        return DIALECTS[self.warehouse.capabilities.dialect]

    def series(self, count: int) -> str:
        return self.kind.series.format(count=count)

    def reopen(self) -> None:
        self.warehouse = open_warehouse(self.settings, self.project)

    def transaction(self) -> Any:
        return self.warehouse.transaction(Cancellation())

    def run(self, *statements: str) -> list[int | None]:
        with self.transaction() as transaction:
            return [transaction.execute(statement) for statement in statements]

    def rows(self, query: str) -> list[Row]:
        with self.transaction() as transaction:
            return transaction.fetch(query)

    def stream(self, query: str) -> pa.Table:
        with self.warehouse.stream(query, Cancellation()) as reader:
            return reader.read_all()

    def create(self, table: str, /, **types: str | ColumnType) -> TableDefinition:
        """Create a table; a type that begins with `!` is NOT NULL."""
        columns = []
        for column, written in types.items():
            text = str(written)
            base, _, arguments = text.lstrip("!").rstrip(")").partition("(")
            numbers = tuple(int(number) for number in arguments.split(",") if number)
            columns.append(
                Column(name=column, type=ColumnType(base, numbers), nullable=not text.startswith("!"))
            )
        definition = TableDefinition(name=TableName(table), columns=tuple(columns))
        with self.transaction() as transaction:
            for statement in create_table(definition, self.dialect):
                transaction.execute(statement.text)
        return definition

    def parquet(self, *tables: pa.Table) -> DatasetFiles:
        paths = []
        for table in tables:
            path = self.project / f"part-{len(list(self.project.glob('part-*')))}.parquet"
            pq.write_table(table, path, row_group_size=1000)
            paths.append(str(path))
        return DatasetFiles(Manifest(format="parquet", parts=()), tuple(paths))

    def text_files(self, dataset_format: DatasetFormat, *contents: str) -> DatasetFiles:
        paths = []
        for content in contents:
            path = self.project / f"text-{len(list(self.project.glob('text-*')))}"
            path.write_text(content, encoding="utf-8")
            paths.append(str(path))
        return DatasetFiles(Manifest(format=dataset_format, parts=()), tuple(paths))

    def in_s3(self, files: DatasetFiles, client: Any, bucket: str) -> DatasetFiles:
        """Move a dataset's files into a bucket."""
        uris = []
        for path in map(Path, files.paths):
            key = f"datasets/{secrets.token_hex(8)}/{path.name}"
            client.upload_file(str(path), bucket, key)
            path.unlink()
            uris.append(f"s3://{bucket}/{key}")
        return DatasetFiles(files.manifest, tuple(uris))

    def load(
        self,
        definition: TableDefinition,
        files: DatasetFiles,
        file_format: FileFormat | None = None,
        sources: Sequence[str | int] | None = None,
    ) -> LoadResult:
        """Load a dataset, by position unless `sources` says otherwise."""
        with self.transaction() as transaction:
            return load_into(transaction, definition, files, file_format, sources)

    def child(self, script: str) -> "subprocess.CompletedProcess[str]":
        """Run a script in a process of its own, with `warehouse` open and `load` a load; close ours before."""
        text = _PRELUDE + textwrap.dedent(script)
        return subprocess.run(
            [sys.executable, "-c", text, json.dumps(self.settings), str(self.project)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def load_into(
    transaction: Transaction,
    definition: TableDefinition,
    files: DatasetFiles,
    file_format: FileFormat | None = None,
    sources: Sequence[str | int] | None = None,
) -> LoadResult:
    named = sources or range(len(definition.columns))
    matches = [ColumnMatch(source, column) for source, column in zip(named, definition.columns, strict=True)]
    return transaction.load(definition.name, files, matches, file_format or FileFormat())


def open_warehouse(settings: dict[str, Any], project: Path) -> Warehouse:
    provider: Any = WAREHOUSES.load(settings["type"])
    opened = provider.open_warehouse(
        settings, project_directory=project, lock_timeout=5, on_wait=lambda message: None
    )
    assert isinstance(opened, Warehouse)
    return opened


@pytest.fixture(params=list(KINDS))
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """Every warehouse in turn, empty."""
    yield from opened_bench(KINDS[request.param], request, tmp_path)


@pytest.fixture
def postgres(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """The PostgreSQL warehouse, empty."""
    yield from opened_bench(KINDS["postgres"], request, tmp_path)


@pytest.fixture
def redshift(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """The Amazon Redshift warehouse, empty."""
    yield from opened_bench(KINDS["redshift"], request, tmp_path)


def opened_bench(kind: Kind, request: pytest.FixtureRequest, project: Path) -> Iterator[Bench]:
    settings = kind.settings(request)
    bench = Bench(kind, settings, project, open_warehouse(settings, project))
    yield bench
    bench.warehouse.close()
