"""The types of what steps bring into a run, asked of databases and sampled from files."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from engine_bench import STAGING, Bench, PlanBuilder

from dataduct.engine.source_types import StepTypes, source_types
from dataduct.engine.workbench import Workbench
from dataduct.model.dataset import DatasetFormat, DatasetRef
from dataduct.model.operations import CopyDataset, FileFormat
from dataduct.plan.plan import PlanStep

TSV = b"1\tone\n2\t\\N\n"


def asked(bench: Bench, build: PlanBuilder, *steps: PlanStep, step: str | None = None) -> list[StepTypes]:
    with Workbench(bench.project) as workbench:
        return list(source_types(build.plan(*steps), workbench, step=step))


def copy(bench: Bench, build: PlanBuilder, path: str, format: DatasetFormat, name: str = "copy") -> PlanStep:
    source = str(bench.root / path)
    return build.step(name, CopyDataset(source=source, output=DatasetRef(name, name), format=format))


def test_an_extract_shows_each_type_on_its_way(bench: Bench, build: PlanBuilder) -> None:
    (types,) = asked(bench, build, build.extract(), build.load())
    assert (types.step, types.where, types.kind, types.loaded_into) == (
        "extract",
        "shop",
        "database",
        "staging.orders",
    )
    assert [(c.name, c.source, c.dataset, c.warehouse, c.table, c.example) for c in types.columns] == [
        ("id", "INTEGER", "int64", "BIGINT", "INTEGER", None),
        ("name", "VARCHAR(20)", "string", "VARCHAR", "VARCHAR", None),
    ]


@pytest.mark.parametrize(
    ("name", "format", "data", "columns"),
    [
        ("a.tsv", "tsv", TSV, ("column_0", "column_1")),
        ("a.tsv.gz", "tsv", gzip.compress(TSV, mtime=0), ("column_0", "column_1")),
        ("a.csv", "csv", b"name,id\none,1\n", ("name", "id")),
        ("a.jsonl", "jsonl", b'{"id": 1, "name": "one"}\n', ("id", "name")),
    ],
)
def test_text_files_show_what_a_sample_of_them_says(
    name: str,
    format: DatasetFormat,
    data: bytes,
    columns: tuple[str, str],
    bench: Bench,
    build: PlanBuilder,
) -> None:
    (bench.root / name).write_bytes(data)
    (types,) = asked(bench, build, copy(bench, build, name, format), build.load(of="copy"))
    assert (types.step, types.where, types.kind, types.loaded_into) == (
        "copy",
        name,
        "files",
        "staging.orders",
    )
    assert types.failure is None
    assert tuple(column.name for column in types.columns) == columns
    by_example = {column.example: column for column in types.columns}
    number, word = by_example["1"], by_example["one"]
    assert (number.dataset, number.warehouse, number.table) == ("int64", "BIGINT", "INTEGER")
    assert (word.dataset, word.warehouse, word.table) == ("string", "VARCHAR", "VARCHAR")


def test_parquet_files_show_their_own_types(bench: Bench, build: PlanBuilder) -> None:
    pq.write_table(pa.table({"id": pa.array([7], pa.int16())}), bench.root / "a.parquet")
    (types,) = asked(bench, build, copy(bench, build, "a.parquet", "parquet"))
    assert [(c.name, c.dataset, c.example, c.table) for c in types.columns] == [("id", "int16", "7", None)]
    assert types.loaded_into is None


def test_a_sample_is_read_as_the_load_reads_it(bench: Bench, build: PlanBuilder) -> None:
    (bench.root / "a.tsv").write_bytes(b"1|-\n")
    load = build.load(of="copy", file_format=FileFormat(delimiter="|", null_values=("-",)))
    (types,) = asked(bench, build, copy(bench, build, "a.tsv", "tsv"), load)
    assert [(c.dataset, c.example) for c in types.columns] == [("int64", "1"), ("null", None)]


def test_columns_that_do_not_match_the_table_are_shown_without_it(bench: Bench, build: PlanBuilder) -> None:
    (bench.root / "a.tsv").write_bytes(b"1\ta\tb\n")
    (types,) = asked(bench, build, copy(bench, build, "a.tsv", "tsv"), build.load(of="copy"))
    assert [column.table for column in types.columns] == [None, None, None]
    assert types.loaded_into is None


@pytest.mark.parametrize(
    ("path", "format", "code"), [("missing.tsv", "tsv", "DD781"), ("a.bin", "files", "DD717")]
)
def test_files_that_cannot_be_sampled_fail_alone(
    path: str, format: DatasetFormat, code: str, bench: Bench, build: PlanBuilder
) -> None:
    (bench.root / "a.bin").write_bytes(b"\x00")
    failed, fine = asked(bench, build, copy(bench, build, path, format), build.extract())
    assert failed.failure is not None
    assert failed.failure.code == code
    assert failed.columns == ()
    assert fine.failure is None


def test_a_database_that_cannot_be_asked_fails_alone(bench: Bench, build: PlanBuilder) -> None:
    (bench.root / "a.tsv").write_bytes(TSV)
    broken, fine = asked(
        bench, build, build.extract(query="SELECT nothing FROM orders"), copy(bench, build, "a.tsv", "tsv")
    )
    assert broken.failure is not None
    assert "nothing" in broken.failure.message
    assert len(fine.columns) == 2


def test_one_step_can_be_asked_for(bench: Bench, build: PlanBuilder) -> None:
    (bench.root / "a.tsv").write_bytes(TSV)
    steps = (build.extract(), copy(bench, build, "a.tsv", "tsv"), build.load())
    assert [types.step for types in asked(bench, build, *steps, step="copy")] == ["copy"]
    assert asked(bench, build, *steps, step="load") == []


def test_nothing_is_written(bench: Bench, build: PlanBuilder) -> None:
    (bench.root / "a.tsv").write_bytes(TSV)
    before = sorted(path for path in Path(bench.root).rglob("*"))
    asked(bench, build, copy(bench, build, "a.tsv", "tsv"), build.load(of="copy", definition=STAGING))
    assert sorted(path for path in Path(bench.root).rglob("*")) == before
