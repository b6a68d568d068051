"""Reading YAML: what values become, where they stand, and what is refused."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode, plain
from dataduct.definition.yaml import parse_yaml, read_yaml
from dataduct.errors import ProblemsError
from dataduct.model.position import Position


def value_of(text: str) -> object:
    return plain(parse_yaml(f"a: {text}", "f.yaml").entries["a"])


def codes_of(text: str) -> list[str]:
    with pytest.raises(ProblemsError) as caught:
        parse_yaml(text, "f.yaml")
    return [problem.code for problem in caught.value.problems]


def scalar(text: str) -> ScalarNode:
    node = parse_yaml(text, "f.yaml").entries["a"]
    assert isinstance(node, ScalarNode)
    return node


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True), ("No", False), ("on", True), ("OFF", False), ("true", True), ("y", "y"),
        ("~", None), ("null", None), ("", None), ("5", 5), ("-5", -5), ("+5", 5), ("0", 0), ("0x1F", 31),
        ("0b11", 3), ("1.50", 1.5), (".5", 0.5), ("1.0e+3", 1000.0), ("1e3", "1e3"), (".inf", float("inf")),
        ("10:30", "10:30"), ("1:00", "1:00"), ("10:30:00", "10:30:00"), ("010", "010"), ("08", "08"),
        ("1_000", "1_000"), ("1_0.5", "1_0.5"), ("2026-01-01", "2026-01-01"),
        ("2026-01-01 10:00:00", "2026-01-01 10:00:00"),
        ("'5'", "5"), ('"yes"', "yes"), ("!!str 5", "5"), ("!!int '5'", 5), ("!!float 5", 5.0), ("! 5", "5"),
        ("1.2.3", "1.2.3"), ("=", "="), ("[1, {b: c}]", [1, {"b": "c"}]), ("9" * 5000, "9" * 5000),
    ],
)  # fmt: skip
def test_scalars_are_what_yaml_1_1_makes_of_them_save_times_and_odd_numbers(text: str, value: object) -> None:
    assert value_of(text) == value
    assert type(value_of(text)) is type(value)


def test_text_is_kept_as_written() -> None:
    assert scalar("a: 1.50").text == "1.50"
    assert scalar("a: 0x1F").text == "0x1F"


def test_positions_point_at_values_and_keys() -> None:
    tree = parse_yaml("a: &x 'one'\nbb: {c: [1, two]}\n", "f.yaml")
    assert tree.entries["a"].position == Position("f.yaml", 1, 7, 12)
    assert tree.keys["bb"] == Position("f.yaml", 2, 1, 3)
    inner = tree.entries["bb"]
    assert isinstance(inner, MappingNode)
    assert inner.position == Position("f.yaml", 2, 5, 18)
    items = inner.entries["c"]
    assert isinstance(items, SequenceNode)
    assert items.items[1].position == Position("f.yaml", 2, 13, 16)


def test_positions_count_characters_and_lines_as_editors_do() -> None:
    tree = parse_yaml("\ufeffa: 'é😀'\r\nb: '\u2028x'\r\nc: 1\r\n", "f.yaml")
    assert tree.keys["a"].column == 1
    assert tree.entries["a"].position.end_column == 8
    assert tree.entries["c"].position == Position("f.yaml", 3, 4, 5)


@pytest.mark.parametrize(
    ("text", "first_line", "indent"),
    [
        ("a: |\n  x\n   y\n", 2, 2),
        ("a: |\n\n    x\n", 2, 4),
        ("a: |2\n    x\n", 2, 2),
        ("a: >-\n  x\n  y\n", 2, 2),
        ("# c\na: | # note\n x\n", 3, 1),
    ],
)
def test_blocks_tell_where_their_text_begins(text: str, first_line: int, indent: int) -> None:
    node = scalar(text)
    assert (node.first_line, node.indent, node.quoted) == (first_line, indent, True)


def test_merge_keys_take_in_what_is_not_there() -> None:
    text = "d: &d {x: 1, y: 2}\ne: &e {y: 3, z: 4}\na:\n  <<: [*d, *e]\n  x: 0\nb: {<<: *d}\n'<<': text\n"
    tree = plain(parse_yaml(text, "f.yaml"))
    assert isinstance(tree, dict)
    assert tree["a"] == {"x": 0, "y": 2, "z": 4}
    assert tree["b"] == {"x": 1, "y": 2}
    assert tree["<<"] == "text"


def test_all_problems_come_at_once_and_in_order() -> None:
    assert codes_of("a: 1\na: 2\nyes: 3\nb: !foo x\nc: *n\nd: [") == [
        "DD108",
        "DD116",
        "DD115",
        "DD117",
        "DD112",
    ]


def test_aliases_that_multiply_are_refused_without_being_written_out() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert codes_of("\n".join(lines)) == ["DD119"]


def test_deep_nesting_is_refused() -> None:
    assert codes_of("a: " + "[" * 100_000) == ["DD120"]
    assert codes_of("a: " + "{b: " * 5_000) == ["DD120"]
    assert codes_of("- " * 50_000) == ["DD120"]
    assert isinstance(value_of("[" * 90 + "]" * 90), list)


def test_aliases_count_towards_the_depth() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 200)]
    assert codes_of("\n".join(lines)) == ["DD120"]


def test_large_files_are_read_in_about_a_second() -> None:
    steps = "".join(
        f"- step_type: sql-command\n  name: s{n}\n  command: select {n}\n  depends_on: [a]\n"
        for n in range(10_000)
    )
    started = time.process_time()
    tree = parse_yaml("steps:\n" + steps, "f.yaml")
    assert time.process_time() - started < 10
    steps_node = tree.entries["steps"]
    assert isinstance(steps_node, SequenceNode)
    assert len(steps_node.items) == 10_000


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"a: \xe9\n", "DD103", "byte 3 of the file (0xE9)"),
        ("a: b".encode("utf-16"), "DD103", "byte 0"),
        (b"a: \x00\n", "DD104", "NUL"),
        (b"a: \x1b[0m\n", "DD104", "U+001B"),
        (b"", "DD105", "empty"),
        (b"---\n", "DD105", "empty"),
        (b"name:x\n", "DD113", "no space after the colon"),
        (b"just text\n", "DD106", "a single value"),
    ],
)
def test_files_that_hold_no_mapping_in_utf_8(tmp_path: Path, content: bytes, code: str, words: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(content)
    with pytest.raises(ProblemsError) as caught:
        read_yaml(path)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert words in problem.message


def test_a_missing_file_names_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "orders.yaml").write_text("a: 1")
    with pytest.raises(ProblemsError) as caught:
        read_yaml(tmp_path / "order.yaml")
    (problem,) = caught.value.problems
    assert (problem.code, problem.hint) == ("DD101", "did you mean `orders.yaml`?")


def test_directories_and_devices_are_no_files(tmp_path: Path) -> None:
    for path in (tmp_path, Path(os.devnull)):
        with pytest.raises(ProblemsError) as caught:
            read_yaml(path)
        assert caught.value.problems[0].code == "DD102"


def test_a_path_that_cannot_be_is_a_problem_too() -> None:
    for path in ("a\0b.yaml", "x" * 5_000 + ".yaml"):
        with pytest.raises(ProblemsError) as caught:
            read_yaml(path)
        assert caught.value.problems[0].code in ("DD101", "DD102")


YAML_LIKE = st.lists(
    st.one_of(
        st.sampled_from(list("abc:-[]{}'\"#&*!|>%@`,?~<=\\\t \n")),
        st.sampled_from(
            ["\n", "\n  ", "\n- ", ": ", "key: ", "- a: b\n", "&x ", "*x", "<<: *x\n", "!!str ", "{{ ", " }}"]
        ),
        st.characters(),
    ),
    max_size=40,
).map("".join)


def check_positions(node: Node, lines: list[str]) -> None:
    position = node.position
    assert 1 <= position.line <= len(lines)
    assert 1 <= position.column <= len(lines[position.line - 1]) + 1
    children: tuple[Node, ...] = ()
    if isinstance(node, SequenceNode):
        children = node.items
    elif isinstance(node, MappingNode):
        children = tuple(node.entries.values())
    for child in children:
        check_positions(child, lines)


@settings(max_examples=300, deadline=None)
@given(YAML_LIKE)
@example("a: |\n\n\n")
@example("? [a]\n: b")
@example("\x85a: b")
@example("a: &a [*a]")
@example('"\\U99999999": 1')
def test_any_text_is_read_or_refused_with_positions_inside_it(text: str) -> None:
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    try:
        tree = parse_yaml(text, "f.yaml")
    except ProblemsError as error:
        for problem in error.problems:
            assert problem.position is not None
            assert 1 <= problem.position.line <= len(lines)
            assert 1 <= problem.position.column <= len(lines[problem.position.line - 1]) + 1
        return
    check_positions(tree, lines)


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(data)
    try:
        read_yaml(path)
    except ProblemsError as error:
        assert error.problems
