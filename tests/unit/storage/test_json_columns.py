"""Lines of one shape become columns that say what the decoder says."""

import json

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dataduct.storage.json_columns import Shape, shape_of
from dataduct.storage.json_objects import exact_object

WORDS = {True: "true", False: "false"}
SPICED = st.text(st.sampled_from(',":{}[]\\/ \n\r\x1fé€😀nulab0'), max_size=8)
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | SPICED
)
records = st.lists(SPICED | st.sampled_from("abc"), min_size=1, max_size=4, unique=True).flatmap(
    lambda keys: st.lists(st.fixed_dictionaries(dict.fromkeys(keys, scalars)), min_size=1, max_size=5)
)


def decoded(line: str) -> dict[str, str | None]:
    return {
        key: WORDS[value] if isinstance(value, bool) else value for key, value in exact_object(line).items()
    }


def columns(text: str) -> tuple[Shape, list[list[str | None]] | None]:
    shape = shape_of(text.partition("\n")[0])
    assert shape is not None
    assert shape.fits(text.encode())
    found = shape.columns(text.encode())
    return shape, None if found is None else [column.to_pylist() for column in found]


@given(
    rows=records,
    separators=st.sampled_from([(",", ":"), (", ", ": "), (", ", ":")]),
    ascii=st.booleans(),
    end=st.sampled_from(["\n", "\r\n"]),
    ended=st.booleans(),
)
@example(rows=[{"a": ",", "b": "x"}], separators=(",", ":"), ascii=True, end="\n", ended=True)
@example(rows=[{"a": '","', "b": '":'}], separators=(",", ":"), ascii=True, end="\n", ended=True)
@example(rows=[{"a": "\\", "b": ',"b":'}], separators=(",", ":"), ascii=True, end="\n", ended=True)
@example(rows=[{"a": "null"}, {"a": None}], separators=(", ", ": "), ascii=True, end="\n", ended=True)
@example(rows=[{"a,": 1, "b": 2}], separators=(",", ":"), ascii=True, end="\n", ended=True)
def test_columns_say_what_the_decoder_says(
    rows: list[dict[str, object]], separators: tuple[str, str], ascii: bool, end: str, ended: bool
) -> None:
    rows = [{key: row[key] for key in rows[0]} for row in rows]
    lines = [json.dumps(row, separators=separators, ensure_ascii=ascii) for row in rows]
    text = end.join(lines) + (end if ended else "")
    shape = shape_of(lines[0])
    if shape is None or not shape.fits(text.encode()):
        plain = [bool(key) and json.dumps(key, ensure_ascii=ascii) == f'"{key}"' for key in rows[0]]
        assert not all(plain)
        return
    found = shape.columns(text.encode())
    if found is not None:
        values = zip(*(column.to_pylist() for column in found), strict=True)
        assert [dict(zip(shape.keys, row, strict=True)) for row in values] == [
            decoded(line) for line in lines
        ]


def test_every_value_is_as_it_is_written() -> None:
    shape, found = columns('{"a":1.10,"b":"null"}\n{"a":-1E+400,"b":null}\n{"a":true,"b":"\\u00e9\\n\\""}\n')
    assert shape.keys == ("a", "b")
    assert found == [["1.10", "-1E+400", "true"], ["null", None, 'é\n"']]


@pytest.mark.parametrize(
    "line",
    [
        '{"a":1,"a":2}',
        '{"a":[1],"b":2}',
        '{"a":{"b":1}}',
        '{"a":01}',
        '{"a":NaN}',
        '{"a":1}x',
        ' {"a":1}',
        '{"a" :1}',
        '{"a":1, "b":2,"c":3}',
        '{"":1}',
        "[1]",
        "{}",
        "",
    ],
)
def test_unusual_lines_have_no_shape(line: str) -> None:
    assert shape_of(line) is None


@pytest.mark.parametrize(
    "line",
    [
        '{"a":1}',
        '{"b":"x","a":1}',
        '{"a":1,"b":x}',
        '{"a":1,"b":"x\x01"}',
        '{"a":1,"b":"\\x"}',
        '{"a":1,"b":"x",}',
        '{"a":1,"b":"x"}{"a":1,"b":"x"}',
        '{"a": 1,"b":"x"}',
        "",
        '{"a":.5,"b":"x"}',
    ],
)
def test_a_line_that_is_written_otherwise_does_not_fit(line: str) -> None:
    shape = shape_of('{"a":1,"b":"x"}')
    assert shape is not None
    assert shape.fits(b'{"a":2,"b":null}\n')
    assert not shape.fits(f'{{"a":2,"b":null}}\n{line}\n'.encode())


def test_many_keys_fit_too() -> None:
    line = json.dumps({f"key {n} é": n for n in range(150)}, ensure_ascii=False)
    shape, found = columns(f"{line}\n{line}\n")
    assert len(shape.keys) == 150
    assert found is not None
    assert found[149] == ["149", "149"]


def test_half_a_surrogate_pair_is_left_to_the_decoder() -> None:
    assert columns('{"a":"\\ud800"}\n')[1] is None


def test_columns_are_nullable_text() -> None:
    shape = shape_of('{"a":1}')
    assert shape is not None
    found = shape.columns(b'{"a":null}')
    assert found is not None
    assert found[0].type == pa.string()
