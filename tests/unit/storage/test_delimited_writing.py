from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataduct.errors import DataError, StorageError
from dataduct.model.operations import FileFormat
from dataduct.storage.delimited import open_delimited
from dataduct.storage.delimited_writer import write_delimited

EXACT = FileFormat(null_values=())


def reader_of(table: pa.Table) -> pa.RecordBatchReader:
    return table.to_reader(max_chunksize=3)


values = st.none() | st.text(max_size=6) | st.text(st.sampled_from("\\Ntnr\t\n\r\0é\ufeff"), max_size=6)


@given(
    st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[values] * width), min_size=1, max_size=12))
)
@settings(deadline=None, max_examples=300)
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str | None, ...]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "written.tsv"
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    table = pa.table(columns, names=[f"column_{i}" for i in range(len(columns))])
    assert write_delimited(reader_of(table), path) == len(rows)
    assert open_delimited([str(path)], "tsv", EXACT).read_all().equals(table)


def test_the_text_is_that_of_copy(tmp_path: Path) -> None:
    table = pa.table(
        {
            "text": pa.array(["a\tb\nc\rd\\", None, "\\N", ""]),
            "number": pa.array([1, None, -(2**63), 0]),
            "bytes": pa.array([b"hi", None, b"", b"\x00"]),
        }
    )
    write_delimited(reader_of(table), tmp_path / "x.tsv")
    assert (tmp_path / "x.tsv").read_text().split("\n") == [
        "a\\tb\\nc\\rd\\\\\t1\t\\\\x6869",
        "\\N\t\\N\t\\N",
        "\\\\N\t-9223372036854775808\t\\\\x",
        "\t0\t\\\\x00",
        "",
    ]


@pytest.mark.parametrize(
    ("value", "type", "text"),
    [
        (True, pa.bool_(), "true"),
        (0.1, pa.float64(), "0.1"),
        (Decimal("1.50"), pa.decimal128(10, 2), "1.50"),
        (date(2026, 1, 31), pa.date32(), "2026-01-31"),
        (datetime(2026, 1, 31, 12, 0, 0, 5), pa.timestamp("us"), "2026-01-31 12:00:00.000005"),
        (datetime(2026, 1, 31, 12, tzinfo=UTC), pa.timestamp("us", "UTC"), "2026-01-31 12:00:00.000000Z"),
        (time(12, 0, 1), pa.time64("us"), "12:00:01.000000"),
        ("a\tb", pa.dictionary(pa.int32(), pa.string()), "a\\tb"),
        (None, pa.null(), "\\N"),
    ],
)
def test_every_scalar_type_has_a_text(tmp_path: Path, value: object, type: pa.DataType, text: str) -> None:
    table = pa.table({"x": pa.array([value], type)})
    write_delimited(reader_of(table), tmp_path / "x.tsv")
    assert (tmp_path / "x.tsv").read_text() == f"{text}\n"


def test_a_list_has_no_text(tmp_path: Path) -> None:
    table = pa.table({"tags": pa.array([["a", "b"]])})
    with pytest.raises(DataError, match=r"column `tags` of type list<.*> cannot be written") as caught:
        write_delimited(reader_of(table), tmp_path / "x.tsv")
    assert caught.value.code == "DD756"


def test_a_full_disk_is_told() -> None:
    table = pa.table({"x": pa.array(["y" * 100_000])})
    with pytest.raises(StorageError, match="the disk is full") as caught:
        write_delimited(reader_of(table), Path("/dev/full"))
    assert caught.value.code == "DD741"
