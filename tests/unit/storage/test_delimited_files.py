"""What delimited files mean, byte by byte."""

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dataduct.errors import DataError, StorageError
from dataduct.model.operations import FileFormat
from dataduct.storage import csv_records, text_blocks, tsv_records
from dataduct.storage.delimited import open_delimited

Rows = list[tuple[str | None, ...]]
Format = Literal["tsv", "csv"]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Rows]:
    def read(
        data: bytes, format: Format = "tsv", *, name: str = "x", bad: Any = None, **options: Any
    ) -> Rows:
        path = tmp_path / name
        path.write_bytes(data)
        return rows_of([path], format, FileFormat(**options), bad)

    return read


def rows_of(
    paths: list[Path], format: Format, file_format: FileFormat | None = None, bad: Any = None
) -> Rows:
    reader = open_delimited(list(map(str, paths)), format, file_format or FileFormat(), on_bad_row=bad)
    table = reader.read_all()
    table.validate(full=True)
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b"a\tb\nc\td\n", [("a", "b"), ("c", "d")]),
        (b"a\tb\nc\td", [("a", "b"), ("c", "d")]),
        (b"a\tb\r\nc\td\r\n", [("a", "b"), ("c", "d")]),
        (b"a\rb\tc\n", [("a\rb", "c")]),
        (b"a\\r\n", [("a\r",)]),
        (b"\\N\tNULL\t\n", [(None, None, "")]),
        (b"\\NULL\t\\\\N\tx\\N\n", [("NULL", "\\N", "xN")]),
        (b"a\\tb\\nc\\rd\\\\e\\f\tz\n", [("a\tb\nc\rd\\ef", "z")]),
        (b"one\\\ntwo\tz\n", [("one\ntwo", "z")]),
        (b"one\\\\\ntwo\n", [("one\\",), ("two",)]),
        (b"one\\\ttwo\tz\n", [("one\ttwo", "z")]),
        (b"one\\\\\ttwo\n", [("one\\", "two")]),
        (b"a\\\r\nb\n", [("a\r",), ("b",)]),
        (b"end\\", [("end\\",)]),
        (b"\n\n", [("",), ("",)]),
        (b"", []),
        (b"nul\0\tx\n", [("nul\0", "x")]),
        (b'"a"\t"\n', [('"a"', '"')]),
        (b"\xef\xbb\xbfa\tb\n", [("\ufeffa", "b")]),
        ("ü€😀\t漢\n".encode(), [("ü€😀", "漢")]),
    ],
)
def test_tab_separated_text(read: Callable[..., Rows], data: bytes, rows: Rows) -> None:
    assert read(data) == rows


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b"a,b\n1,2\n", [("1", "2")]),
        (b"a,b\r\n1,2\r\n", [("1", "2")]),
        (b"\xef\xbb\xbfa,b\n1,2", [("1", "2")]),
        (b'a,b\n"x,y","say ""hi"""\n', [("x,y", 'say "hi"')]),
        (b'a,b\n"two\nlines","two\r\nlines"\r\n', [("two\nlines", "two\r\nlines")]),
        (b'a,b\nNULL,"NULL"\n\\N,""\n', [(None, "NULL"), (None, "")]),
        (b'a,b\n5" disk,x\n', [('5" disk', "x")]),
        (b'a,b\n5" disk,"x\ny"\n', [('5" disk', "x\ny")]),
        (b"a,b\n,\n", [("", "")]),
        (b"a,b\nback\\slash,\\t\n", [("back\\slash", "\\t")]),
        (b'"a","b c"\n1,2\n', [("1", "2")]),
        (b"a,b\nx\ry,z\n", [("x\ry", "z")]),
        (b"a,b\n", []),
        (b"", []),
    ],
)
def test_comma_separated_text(read: Callable[..., Rows], data: bytes, rows: Rows) -> None:
    assert read(data, "csv") == rows


def test_without_escape_a_backslash_is_a_backslash(read: Callable[..., Rows]) -> None:
    assert read(b"a\\tb\\\n\\N\n", escape=False, null_values=()) == [("a\\tb\\",), ("\\N",)]


def test_null_values_are_compared_with_the_text_as_written(read: Callable[..., Rows]) -> None:
    assert read(b"-\t\\-\t--\n", null_values=("-",)) == [(None, "-", "--")]


@pytest.mark.parametrize("delimiter", ["|", ",", "||", "§", "\x01"])
def test_any_text_can_be_the_delimiter(read: Callable[..., Rows], delimiter: str) -> None:
    assert read(f"a{delimiter}b\n".encode(), delimiter=delimiter) == [("a", "b")]


def test_columns_have_names_and_are_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name\n1,x\n")
    (tmp_path / "a.tsv").write_text("1\tx\n")
    csv = open_delimited([str(tmp_path / "a.csv")], "csv", FileFormat())
    tsv = open_delimited([str(tmp_path / "a.tsv")], "tsv", FileFormat())
    assert csv.schema.names == ["id", "name"]
    assert tsv.schema.names == ["column_0", "column_1"]
    assert {str(field.type) for field in [*csv.schema, *tsv.schema]} == {"string"}


def test_files_are_read_one_after_another_empty_ones_too(tmp_path: Path) -> None:
    for name, text in (("1", ""), ("2", "a\tb"), ("3", ""), ("4", "c\td\n")):
        (tmp_path / name).write_text(text)
    assert rows_of([tmp_path / name for name in "1234"], "tsv") == [("a", "b"), ("c", "d")]


def test_compressed_files_are_known_by_their_names(read: Callable[..., Rows]) -> None:
    assert read(gzip.compress(b"a\n", mtime=0) + gzip.compress(b"b\n"), name="x.tsv.gz") == [("a",), ("b",)]
    assert read(bz2.compress(b"a\tb\n"), name="x.bz2") == [("a", "b")]


@pytest.mark.parametrize(
    "data", [b"not gzip", gzip.compress(b"a\n" * 1000, mtime=0)[:-12], b"\x1f\x8b\x08\0\0\0\0\0\0\0\xff\xff"]
)
def test_a_damaged_compressed_file_is_named(read: Callable[..., Rows], data: bytes) -> None:
    with pytest.raises(StorageError, match=r"cannot decompress .*x\.gz") as caught:
        read(data, name="x.gz")
    assert caught.value.code == "DD754"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot read .*gone: no such file") as caught:
        rows_of([tmp_path / "gone"], "tsv")
    assert caught.value.code == "DD743"


@pytest.mark.parametrize(
    ("data", "format", "message", "code"),
    [
        (b"a\tb\nc\n", "tsv", "x, row 2: 1 field found, 2 expected", "DD750"),
        (b"a\tb\nc\td\te\n", "tsv", "x, row 2: 3 fields found, 2 expected", "DD750"),
        (b"a\tb\n\n", "tsv", "x, row 2: 1 field found, 2 expected", "DD750"),
        (b"a,b\n1,2\n1,2,3\n", "csv", "x, row 3: 3 fields found, 2 expected", "DD750"),
        (b'a,b\n"x"y,2\n', "csv", "x, row 2: text follows the closing quote of field 1", "DD755"),
        (b'a,b\n1,"never\n', "csv", "x, row 2: a quoted field is never closed", "DD755"),
        (b"a\tb\nc\td\xff\n", "tsv", "x, row 2: byte 4 of the row (0xFF) is not UTF-8", "DD751"),
        (b"ok\nab\xe2\x82", "tsv", "x, row 2: byte 3 of the row (0xE2) is not UTF-8", "DD751"),
        (b"a,\xff\n", "csv", "x, row 1: byte 3 of the row (0xFF) is not UTF-8", "DD751"),
        (b"a,,b\n1,2,3\n", "csv", "x, row 1: in the header column 2 has no name", "DD752"),
        (b"a,A\n1,2\n", "csv", "x, row 1: in the header two columns are named `A`", "DD752"),
    ],
)
def test_bad_rows_are_named_with_file_and_row(
    read: Callable[..., Rows], data: bytes, format: Format, message: str, code: str
) -> None:
    with pytest.raises(DataError) as caught:
        read(data, format)
    assert caught.value.message.endswith(f"/{message}")
    assert caught.value.code == code


def test_files_with_other_headers_are_refused(tmp_path: Path) -> None:
    (tmp_path / "1").write_text("a,b\n1,2\n")
    (tmp_path / "2").write_text("b,a\n2,1\n")
    with pytest.raises(DataError, match="the header is b, a, and the first file's is a, b"):
        rows_of([tmp_path / "1", tmp_path / "2"], "csv")


def test_bad_rows_can_be_reported_and_left_out(read: Callable[..., Rows]) -> None:
    bad: list[str] = []
    rows = read(b"a\tb\nc\n\nd\te\tf\ng\th\n", bad=bad.append)
    assert rows == [("a", "b"), ("g", "h")]
    assert [message.rpartition("/")[2] for message in bad] == [
        "x, row 2: 1 field found, 2 expected",
        "x, row 3: 1 field found, 2 expected",
        "x, row 4: 3 fields found, 2 expected",
    ]


def test_every_invalid_byte_is_replaced_if_a_character_is_given(read: Callable[..., Rows]) -> None:
    assert read(b"a\xff\xfe\tb\xe2\x82\nc\td\xc3", replace_invalid_char="?") == [("a??", "b??"), ("c", "d?")]


def test_a_row_without_an_end_is_an_error_and_not_all_of_memory(
    read: Callable[..., Rows], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_blocks, "LONGEST_RECORD", 1024 * 1024)
    with pytest.raises(DataError, match="row 2: no end of the row within 1 MB") as caught:
        read(b'a\n"' + b"x\n" * 3_000_000, "csv")
    assert caught.value.code == "DD753"


fields = st.text(st.sampled_from('ab\\Nnt"\t\r\n,\0\ufeffé'), max_size=5)


@given(text=st.text(st.sampled_from('ab\\Nnt"\t\r\n,é\ufeff'), max_size=40), escape=st.booleans())
@example(text="a\\N\n\\N\n", escape=True)
@settings(deadline=None, max_examples=400)
def test_the_fast_way_reads_tab_separated_text_as_the_exact_way_does(text: str, escape: bool) -> None:
    records = tsv_records.TsvRecords("\t", frozenset({"NULL", "n"}), escape)
    compare_ways(records, text)


@given(text=st.text(st.sampled_from('ab"",,\r\nn\\'), max_size=40))
@example(text='a,"b\r\nc"\r\n"","n"')
@settings(deadline=None, max_examples=400)
def test_the_fast_way_reads_comma_separated_text_as_the_exact_way_does(text: str) -> None:
    compare_ways(csv_records.CsvRecords(",", frozenset({"n"})), text)


def compare_ways(records: Any, text: str) -> None:
    exact = list(records.rows(text))
    if not exact or isinstance(exact[0], str):
        return
    batch = records.columns(text, [f"c{i}" for i in range(len(exact[0]))])
    if batch is not None:
        assert list(zip(*(column.to_pylist() for column in batch.columns), strict=True)) == [
            tuple(row) for row in exact
        ]


def test_the_fast_way_is_taken_for_ordinary_text() -> None:
    tsv = tsv_records.TsvRecords("\t", frozenset(), True)
    csv = csv_records.CsvRecords(",", frozenset())
    assert tsv.columns("a\t\\N\r\nx\\ty\t\\\\\r\n", ["a", "b"]) is not None
    assert csv.columns('a,"b ""c"""\r\n1,"x\ny"\r\n', ["a", "b"]) is not None


@given(
    st.text(st.sampled_from('ab\\"\t\r\n,é'), max_size=60), st.integers(1, 7), st.sampled_from(["tsv", "csv"])
)
@settings(deadline=None, max_examples=300)
def test_where_blocks_end_makes_no_difference(
    tmp_path_factory: pytest.TempPathFactory, text: str, block_bytes: int, format: Format
) -> None:
    path = tmp_path_factory.getbasetemp() / "blocks"
    path.write_bytes(text.encode())
    records: Any = (
        tsv_records.TsvRecords("\t", frozenset(), True)
        if format == "tsv"
        else csv_records.CsvRecords(",", frozenset())
    )
    blocks = text_blocks.text_blocks(
        str(path), cut=records.cut, replacement=None, skip_mark=False, block_bytes=block_bytes
    )
    assert [row for block in blocks for row in records.rows(block)] == list(records.rows(text))
