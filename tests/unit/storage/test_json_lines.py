"""What JSON lines mean: every value as it is written."""

import bz2
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dataduct.errors import DataError, StorageError
from dataduct.model.operations import FileFormat
from dataduct.storage import json_lines, text_blocks
from dataduct.storage.json_lines import open_json_lines
from dataduct.storage.json_objects import BadLine, exact_object, has_only_keys, json_object, plain_objects


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    def read(
        data: bytes | str, *, name: str = "x.jsonl", bad: Any = None, **options: Any
    ) -> list[dict[str, Any]]:
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        table = open_json_lines([str(path)], FileFormat(**options), on_bad_row=bad).read_all()
        table.validate(full=True)
        assert all(column.type == pa.string() for column in table.schema)
        return table.to_pylist()

    return read


Read = Callable[..., list[dict[str, Any]]]


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ('{"a": 1.10, "b": -0, "c": 1e400, "d": 12345678901234567890.123456789}',
         {"a": "1.10", "b": "-0", "c": "1e400", "d": "12345678901234567890.123456789"}),
        ('{"a": "1.10", "b": true, "c": false, "d": null}', {"a": "1.10", "b": "true", "c": "false", "d": None}),
        ('{"a": "NULL", "b": "\\\\N", "c": ""}', {"a": "NULL", "b": "\\N", "c": ""}),
        ('{"a": "\\u00fc\\ud83d\\ude00\\n\\"", "ü": "漢"}', {"a": 'ü😀\n"', "ü": "漢"}),
        ('{"a": [1.10, {"b":  2}], "o": {"x":1.0 , "y":[]}}', {"a": '[1.10, {"b":  2}]', "o": '{"x":1.0 , "y":[]}'}),
        ('{"o": {"a": [1]}, "a": [2]}', {"o": '{"a": [1]}', "a": "[2]"}),
        ('{"o": {"a":[1]}, "a" :[1 ]}', {"o": '{"a":[1]}', "a": "[1 ]"}),
        ('{"o": {"a":["1"]}, "\\u0061":[1]}', {"o": '{"a":["1"]}', "a": "[1]"}),
        ('{"o": {"a/b":["1"]}, "a\\/b":[1]}', {"o": '{"a/b":["1"]}', "a/b": "[1]"}),
        (' { "a" : "x:y" , "b":"\\":" } ', {"a": "x:y", "b": '":'}),
        ('{"a": "[{", "b": ":x"}', {"a": "[{", "b": ":x"}),
        ('{"": 1}', {"": "1"}),
    ],
)  # fmt: skip
def test_values_keep_their_text(line: str, row: dict[str, str | None], read: Read) -> None:
    assert read(f"{line}\n") == [row]
    assert read(f"{line}\r\n{line}") == [row, row]


def test_keys_become_columns_in_the_order_in_which_they_appear_in_any_line(read: Read) -> None:
    rows = read('{"b": 1}\n\n{"a": 2, "b": 3}\n  \n{}\n{"late": "x"}\n')
    assert rows == [
        {"b": "1", "a": None, "late": None},
        {"b": "3", "a": "2", "late": None},
        {"b": None, "a": None, "late": None},
        {"b": None, "a": None, "late": "x"},
    ]
    assert list(rows[0]) == ["b", "a", "late"]


def test_a_key_may_appear_for_the_first_time_far_down_and_in_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "1.jsonl").write_text(
        "".join(f'{{"id": {n}}}\n' for n in range(5000)) + '{"id": 1, "x": 2}\n'
    )
    (tmp_path / "2.jsonl").write_text('{"y": 3}\n')
    paths = [str(tmp_path / "1.jsonl"), str(tmp_path / "2.jsonl")]
    monkeypatch.setattr(text_blocks.text_blocks, "__kwdefaults__", {"block_bytes": 1000})
    table = open_json_lines(paths, FileFormat()).read_all()
    assert table.schema.names == ["id", "x", "y"]
    assert table.num_rows == 5002
    assert table["y"].null_count == 5001


def test_a_file_that_was_written_anew_is_looked_at_anew(read: Read) -> None:
    assert read('{"a": 1}\n') == [{"a": "1"}]
    assert read('{"b": 12}\n') == [{"b": "12"}]


@pytest.mark.parametrize("data", ["", "\n\n", "\ufeff"])
def test_files_without_objects_have_no_columns(data: str, read: Read) -> None:
    assert read(data) == []


def test_a_byte_order_mark_is_left_out(read: Read) -> None:
    assert read('\ufeff{"a": 1}\n') == [{"a": "1"}]


@pytest.mark.parametrize(
    ("name", "compress"),
    [
        ("x.jsonl.gz", gzip.compress),
        ("x.jsonl.bz2", bz2.compress),
        ("x.jsonl.zst", lambda data: pa.Codec("zstd").compress(data, asbytes=True)),
    ],
)
def test_compressed_files_are_known_by_their_names(
    name: str, compress: Callable[[bytes], bytes], read: Read
) -> None:
    data = b'{"a": 1}\n' * 1000
    assert read(compress(data) + compress(data), name=name) == [{"a": "1"}] * 2000
    with pytest.raises(StorageError, match="cannot decompress") as caught:
        read(compress(data)[:-3], name=name)
    assert caught.value.code == "DD754"


@pytest.mark.parametrize("name", ["x.jsonl.lzo", "x.tsv.LZOP", "x.xz"])
def test_other_compressions_are_refused_by_name(name: str, read: Read) -> None:
    with pytest.raises(StorageError, match="are not supported") as caught:
        read(b"x", name=name)
    assert caught.value.code == "DD865"
    assert "bzip2" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("[1, 2]", "it is no JSON object"),
        ("7", "it is no JSON object"),
        ("hello", "it is no JSON object"),
        ('{"a": 1', "a comma or a closing brace is expected at character 8"),
        ('{"a": 1}, {"a": 2}', "text follows the object, at character 9"),
        ('{"a": 1},', "text follows the object, at character 9"),
        ('{"a": 1}{"a": 2}', "text follows the object, at character 9"),
        ('{"a": 1, "a": 2}', "the key `a` stands twice"),
        ('{"a": [1], "a": 2}', "the key `a` stands twice"),
        ('{"a": "10:30", "a": 2}', "the key `a` stands twice"),
        ("{'a': 1}", "a key in quotes is expected at character 2"),
        ('{"a": 1,}', "a key in quotes is expected at character 9"),
        ('{"a" 1}', "a colon is expected at character 6"),
        ('{"a": }', "a value is expected at character 7"),
        ('{"a": 01}', "a comma or a closing brace is expected at character 8"),
        ('{"a": NaN}', "NaN is no JSON value"),
        ('{"a": [Infinity]}', "Infinity is no JSON value"),
        ('{"a": "\t"}', "invalid control character at at character 8"),
        ('{"a": "\\x"}', "invalid \\escape at character 8"),
        ('{"a": ' + "[" * 100_000, "nested too deeply"),
        ('{"a": "\\ud800"}', "`a` holds half a surrogate pair"),
    ],
)
def test_a_line_that_is_no_object_is_named_by_number(line: str, what: str, read: Read) -> None:
    good = '{"a": 1}\n'
    with pytest.raises(DataError) as caught:
        read(f"{good}\n{line}\n{good}")
    assert caught.value.code == "DD866"
    assert caught.value.message.endswith(f"x.jsonl, line 3: {what}") or what in caught.value.message
    bad: list[str] = []
    assert read(f"{good}\n{line}\n{good}", bad=bad.append) == [{"a": "1"}, {"a": "1"}]
    assert len(bad) == 1
    assert "line 3" in bad[0]


def test_lines_that_only_together_are_json_are_no_objects(read: Read) -> None:
    bad: list[str] = []
    text = '{"a":1},{"b":2}\n{"c":[1\n2]}\n{"c":"x\ny"}\n{"d":4}\n'
    assert read(text, bad=bad.append) == [{"d": "4"}]
    assert len(bad) == 5


def test_bytes_that_are_not_utf_8_are_named_or_replaced(read: Read) -> None:
    data = b'{"a": 1}\n{"a": "\xff"}\n'
    with pytest.raises(DataError, match=r"x\.jsonl, line 2: byte 8 of the row \(0xFF\)") as caught:
        read(data)
    assert caught.value.code == "DD751"
    assert read(data, replace_invalid_char="?") == [{"a": "1"}, {"a": "?"}]
    assert read('{"a": "x\\ud800", "b": true}\n', replace_invalid_char="?") == [{"a": "x?", "b": "true"}]


def test_objects_without_any_key_are_not_lost_in_silence(read: Read) -> None:
    with pytest.raises(DataError, match="2 objects without any key"):
        read("{}\n{}\n")


def test_memory_is_bounded_by_the_block(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    with path.open("w") as file:
        for number in range(60):
            file.write(f'{{"n": {number}, "text": "{"x" * 1_000_000}"}}\n')
    before = pa.total_allocated_bytes()
    most = rows = 0
    for batch in open_json_lines([str(path)], FileFormat()):
        rows += batch.num_rows
        most = max(most, pa.total_allocated_bytes() - before)
    assert rows == 60
    assert most < 30_000_000


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.sampled_from('ab:",\\[]{} \n\tü\u2028😀'), max_size=8),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
)
objects = st.dictionaries(st.text(st.sampled_from('ab:",{ü'), max_size=3), values, max_size=4)
spacings = st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")])


def expected(value: Any, separators: tuple[str, str], ascii: bool) -> str | None:
    match value:
        case None:
            return None
        case str():
            return value
        case _:
            return json.dumps(value, separators=separators, ensure_ascii=ascii)


@given(rows=st.lists(objects, max_size=6), separators=spacings, ascii=st.booleans())
@example(rows=[{"a": [1], "b": {"a": [1]}}, {"a": "[{", ":": ',"a":'}], separators=(",", ":"), ascii=False)
@settings(deadline=None, max_examples=300)
def test_what_json_writes_is_read_again(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[dict[str, Any]],
    separators: tuple[str, str],
    ascii: bool,
) -> None:
    lines = [json.dumps(row, separators=separators, ensure_ascii=ascii) for row in rows]
    for line, row in zip(lines, rows, strict=True):
        exact = {key: _worded(value) for key, value in exact_object(line).items()}
        assert exact == {key: expected(value, separators, ascii) for key, value in row.items()}
        assert json_object(line) == exact_object(line)
    text = "\n".join(lines) + "\n"
    plain = plain_objects(text, lines) if lines else None
    if plain is not None:
        assert plain == [exact_object(line) for line in lines]
    keys = {key for row in rows for key in row}
    for known in (keys, set(list(keys)[1:]), {"a", "b", ","}):
        if lines and has_only_keys(text, lines, known):
            assert keys <= known
    if keys:
        path = tmp_path_factory.getbasetemp() / "roundtrip.jsonl"
        path.write_text(text)
        json_lines._scanned_keys.cache_clear()
        found = open_json_lines([str(path)], FileFormat()).read_all().to_pylist()
        assert found == [{key: expected(row.get(key), separators, ascii) for key in found[0]} for row in rows]


def _worded(value: Any) -> Any:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value


@given(st.text(st.sampled_from('{}[]":,a1 \\tn'), max_size=14))
@settings(deadline=None, max_examples=600)
def test_the_fast_ways_take_nothing_that_the_exact_way_refuses(text: str) -> None:
    try:
        exact: Any = exact_object(text)
    except BadLine:
        exact = None
    try:
        assert json_object(text) == exact
    except BadLine:
        assert exact is None
    plain = plain_objects(text, [text])
    assert plain is None or plain == [exact]
