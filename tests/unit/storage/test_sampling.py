"""What a sample says of the columns of files."""

import bz2
import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataduct.errors import DataError
from dataduct.model.operations import FileFormat
from dataduct.storage.rows import open_rows
from dataduct.storage.sampling import SampledColumn, sample_schema, text_type


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], "null"),
        (["1", "-20"], "int64"),
        (["0", "10"], "int64"),
        (["007", "1"], "string"),
        (["1", "2.50"], "decimal128(3, 2)"),
        (["12345678901234567890"], "decimal128(20, 0)"),
        (["1e5", "2"], "double"),
        (["true", "F"], "bool"),
        (["2026-01-31"], "date32[day]"),
        (["2026-13-01"], "string"),
        (["2026-01-31 10:00", "2026-01-31T10:00:00.5"], "timestamp[us]"),
        (["2026-01-31 10:00:00+02:00"], "timestamp[us, tz=UTC]"),
        (["1", "x"], "string"),
        ([".", ""], "string"),
    ],
)
def test_the_narrowest_type_that_all_values_fit(values: list[str], expected: str) -> None:
    assert text_type(values) == expected


@pytest.mark.parametrize(
    ("name", "format", "data"),
    [
        ("x.csv", "csv", b"id,name\n1,\n2,b\n"),
        ("x.csv.gz", "csv", gzip.compress(b"id,name\n1,\n2,b\n", mtime=0)),
        ("x.jsonl.bz2", "jsonl", bz2.compress(b'{"id": 1}\n{"id": 2, "name": "b"}\n')),
    ],
)
def test_files_with_names(name: str, format: Any, data: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    file_format = FileFormat(null_values=("",))
    assert sample_schema([str(tmp_path / name)], format, file_format) == (
        SampledColumn("id", "int64", "1"),
        SampledColumn("name", "string", "b"),
    )


def test_files_without_names_and_empty_files_before_them(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").touch()
    (tmp_path / "b.tsv").write_text("1\t" + "x" * 100 + "\n")
    paths = [str(tmp_path / name) for name in ("a.tsv", "b.tsv")]
    columns = sample_schema(paths, "tsv", FileFormat())
    assert columns == (
        SampledColumn("column_0", "int64", "1"),
        SampledColumn("column_1", "string", "x" * 59 + "…"),
    )
    assert sample_schema(paths[:1], "tsv", FileFormat()) == ()


def test_parquet_says_its_types(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": pa.array([None, 7], pa.int8())}), tmp_path / "x.parquet")
    assert sample_schema([str(tmp_path / "x.parquet")], "parquet", FileFormat()) == (
        SampledColumn("id", "int8", "7"),
    )


def test_only_the_beginning_of_a_file_is_looked_at(tmp_path: Path) -> None:
    data = b"1\n" * 2_000_000
    (tmp_path / "x.tsv").write_bytes(data + b"x\ty\xff\n")
    (tmp_path / "cut.tsv.gz").write_bytes(gzip.compress(data, 1)[:2_000])
    for name in ("x.tsv", "cut.tsv.gz"):
        assert sample_schema([str(tmp_path / name)], "tsv", FileFormat()) == (
            SampledColumn("column_0", "int64", "1"),
        )


def test_an_error_names_the_file_itself(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,a\n1,2\n")
    with pytest.raises(DataError) as caught:
        sample_schema([str(tmp_path / "x.csv")], "csv", FileFormat())
    assert caught.value.message.startswith(f"{tmp_path}/x.csv, row 1: ")


@pytest.mark.parametrize("format", ["tsv", "csv", "jsonl", "parquet"])
def test_rows_of_every_format_come_through_one_door(format: Any, tmp_path: Path) -> None:
    path = tmp_path / "x"
    if format == "parquet":
        pq.write_table(pa.table({"a": [1, 2]}), path)
    else:
        path.write_text({"tsv": "1\n2\n", "csv": "a\n1\n2\n", "jsonl": '{"a":1}\n{"a":2}\n'}[format])
    table = open_rows([str(path), str(path)], format, FileFormat()).read_all()
    assert [str(value) for value in table.columns[0].to_pylist()] == ["1", "2", "1", "2"]
