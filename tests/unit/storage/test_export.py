"""Datasets exported: rows in the format of the file's ending, files as they are."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataduct.errors import DataError
from dataduct.model.cancellation import Cancellation
from dataduct.model.operations import FileFormat
from dataduct.storage.datasets import write_files, write_rows
from dataduct.storage.export import ExportedFile, exported_files, write_rows_as
from dataduct.storage.local import open_storage
from dataduct.storage.parquet import PartLimits
from dataduct.storage.rows import open_rows

SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("name", pa.string()),
        ("price", pa.decimal128(10, 2)),
        ("on", pa.date32()),
        ("at", pa.timestamp("us")),
        ("raw", pa.binary()),
    ]
)
ROWS: list[dict[str, Any]] = [
    {
        "id": 1,
        "name": 'tab\t, "quoted" and \\ line\nend',
        "price": Decimal("1.50"),
        "on": date(2026, 1, 1),
        "at": datetime(2026, 1, 1, 10, 30),
        "raw": b"hi",
    },
    {"id": 2, "name": "", "price": None, "on": None, "at": None, "raw": None},
    {"id": 3, "name": None, "price": None, "on": None, "at": None, "raw": None},
]


def exported(
    tmp_path: Path, rows: Sequence[dict[str, Any]], file: str | None, **limits: Any
) -> dict[str, Path]:
    """Return the exported files of a dataset of rows, by name."""
    storage = open_storage({"path": "data"}, project_directory=tmp_path)
    batch = pa.RecordBatch.from_pylist(list(rows), SCHEMA)
    write_rows(
        storage,
        "a/b",
        pa.RecordBatchReader.from_batches(SCHEMA, [batch]),
        producer="extract",
        cancellation=Cancellation(),
        limits=PartLimits(**limits) if limits else None,
    )
    return _written(storage, tmp_path, file)


def _written(storage: Any, tmp_path: Path, file: str | None) -> dict[str, Path]:
    manifest = storage.manifest("a/b")
    files: list[ExportedFile] = exported_files(
        storage, "a/b", manifest, file=file, cancellation=Cancellation()
    )
    places = {}
    for number, each in enumerate(files):
        places[each.name] = tmp_path / f"out-{number}-{Path(file or each.name).name}"
        each.write(places[each.name])
    return places


def test_a_directory_gets_the_rows_as_tab_separated_files(tmp_path: Path) -> None:
    files = exported(tmp_path, ROWS, None)
    assert list(files) == ["part-00000.tsv"]
    assert files["part-00000.tsv"].read_text() == (
        '1\ttab\\t, "quoted" and \\\\ line\\nend\t1.50\t2026-01-01\t2026-01-01 10:30:00.000000\t\\\\x6869\n'
        "2\t\t\\N\t\\N\t\\N\t\\N\n"
        "3\t\\N\t\\N\t\\N\t\\N\t\\N\n"
    )


def test_csv_has_a_header_and_tells_null_from_an_empty_text(tmp_path: Path) -> None:
    text = exported(tmp_path, ROWS, "/x/courses.csv")[""].read_text()
    assert text.startswith('"id","name","price","on","at","raw"\n')
    assert '\n2,"",,,,\n3,,,,,\n' in text
    back = pyarrow.csv.read_csv(
        tmp_path / "out-0-courses.csv",
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""]
        ),
    ).to_pylist()
    assert [row["name"] for row in back] == [row["name"] for row in ROWS]
    assert back[0]["raw"] == "\\x6869"


def test_json_lines_has_an_object_a_row(tmp_path: Path) -> None:
    lines = exported(tmp_path, ROWS, "/x/courses.jsonl")[""].read_text().splitlines()
    assert json.loads(lines[0]) == {
        "id": 1,
        "name": ROWS[0]["name"],
        "price": "1.50",
        "on": "2026-01-01",
        "at": "2026-01-01T10:30:00",
        "raw": "\\x6869",
    }
    assert json.loads(lines[2])["name"] is None


def test_parquet_keeps_the_types(tmp_path: Path) -> None:
    file = exported(tmp_path, ROWS, "s3://b/courses.parquet")[""]
    table = pq.read_table(file)
    assert table.to_pylist() == ROWS
    assert table.schema.field("price").type == pa.decimal128(10, 2)


@pytest.mark.parametrize("ending", ["csv.gz", "tsv.bz2", "jsonl.zst"])
def test_an_ending_of_compression_compresses(tmp_path: Path, ending: str) -> None:
    file = exported(tmp_path, ROWS, f"/x/courses.{ending}")[""]
    plain = exported(tmp_path, ROWS, f"/x/courses.{ending.partition('.')[0]}")[""]
    with pa.input_stream(file, compression="detect") as stream:
        assert stream.read() == plain.read_bytes()


@pytest.mark.parametrize("ending", ["tsv", "csv", "jsonl", "parquet"])
def test_no_rows_are_a_file_all_the_same(tmp_path: Path, ending: str) -> None:
    file = exported(tmp_path, [], f"/x/courses.{ending}")[""]
    rows = open_rows([str(file)], ending, FileFormat())  # type: ignore[arg-type]
    assert rows.read_all().num_rows == 0


def test_several_parts_become_one_file(tmp_path: Path) -> None:
    rows = [{**ROWS[1], "id": number, "name": "x" * 50} for number in range(3000)]
    limits = {"part_bytes": 1, "group_rows": 1000}
    directory = exported(tmp_path, rows, None, **limits)
    assert len(directory) > 1
    file = exported(tmp_path, rows, "/x/all.tsv", **limits)[""]
    assert file.read_bytes() == b"".join(path.read_bytes() for path in directory.values())


def test_files_of_a_command_are_copied_whatever_the_ending(tmp_path: Path) -> None:
    storage = open_storage({"path": "data"}, project_directory=tmp_path)
    (tmp_path / "made.txt").write_text("a,b\n")
    sources = [(tmp_path / "made.txt", "sub/made.txt")]
    write_files(storage, "a/b", sources, format="tsv", producer="x", cancellation=Cancellation())
    assert {name: path.read_text() for name, path in _written(storage, tmp_path, None).items()} == {
        "sub/made.txt": "a,b\n"
    }
    assert _written(storage, tmp_path, "/x/made.csv")[""].read_text() == "a,b\n"


def test_nested_values_are_refused_where_they_have_no_form(tmp_path: Path) -> None:
    batch = pa.RecordBatch.from_pylist([{"tags": ["a"]}])
    with pytest.raises(DataError) as caught:
        write_rows_as([batch], tmp_path / "x.csv", "csv")
    assert caught.value.code == "DD756"
    write_rows_as([batch], tmp_path / "x.jsonl", "jsonl")
    assert json.loads((tmp_path / "x.jsonl").read_text()) == {"tags": ["a"]}


TEXTS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=8)


@given(rows=st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), TEXTS), min_size=1, max_size=8))
def test_any_text_comes_back_from_tsv_and_json_lines(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, str]]
) -> None:
    batch = pa.RecordBatch.from_pylist([{"id": number, "text": text} for number, text in rows])
    for format in ("tsv", "jsonl"):
        path = tmp_path_factory.getbasetemp() / f"any.{format}"
        write_rows_as([batch], path, format)  # type: ignore[arg-type]
        back = open_rows([str(path)], format, FileFormat(null_values=("\\N",))).read_all()  # type: ignore[arg-type]
        assert back.column(0).to_pylist() == [str(number) for number, _ in rows]
        assert back.column(1).to_pylist() == [text for _, text in rows]
