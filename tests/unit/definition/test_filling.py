"""Filling `{{ param.x }}` and `{{ item.y }}` into a tree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataduct.definition.filling import Values, fill, fill_step
from dataduct.definition.pattern_values import TableValue
from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode, at_position, plain
from dataduct.definition.yaml import parse_yaml
from dataduct.model.position import Position
from dataduct.model.problem import Problem

PLACE = Position("x.yaml", 1, 1)
TABLE = TableValue(
    ScalarNode("tables/orders.sql", "tables/orders.sql", PLACE),
    at_position({"name": "orders", "columns": ["id", "items"]}, PLACE),  # type: ignore[arg-type]
)
VALUES = Values(
    parameters={
        "text": at_position("a", PLACE),
        "number": at_position(3, PLACE),
        "list": at_position(["a", "b"], PLACE),
        "mapping": at_position({"items": 1, "keys": [2]}, PLACE),
        "null": at_position(None, PLACE),
        "yes": at_position(True, PLACE),
        "table": TABLE,
    },
    item=at_position({"name": "n"}, PLACE),
    pattern="p",
)


def filled(text: str) -> object:
    problems: list[Problem] = []
    tree = fill(parse_yaml(f"x: {text}\n", "x.yaml"), VALUES, problems)
    assert problems == []
    return plain(tree)["x"]  # type: ignore[index, call-overload]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("'{{ param.text }}'", "a"),
        ("'{{param.number}}'", 3),
        ("'{{ param.list }}'", ["a", "b"]),
        ("'{{ param.mapping }}'", {"items": 1, "keys": [2]}),
        ("'{{ param.mapping.items }}'", 1),
        ("'{{ param.yes }}'", True),
        ("'{{ param.table }}'", "tables/orders.sql"),
        ("'{{ param.table.columns }}'", ["id", "items"]),
        ("'{{ item.name }}'", "n"),
        ("a {{ param.text }} {{ item.name }} {{ param.number }}", "a a n 3"),
        ("'{{ param.list | join(\", \") }}'", "a, b"),
        ("'{{ param.mapping.keys | first + 1 }}'", 3),
        ("'{{ param.table.columns | join(\",\") | upper }}!'", "ID,ITEMS!"),
        ("'{{ param[\"text\"] }}'", "a"),
        ("'a {{- param.text -}} b'", "aab"),
        ("'[{{ param.null }}]'", "[]"),
        ("'{{ run_date }} {{ param.text }}'", "{{ run_date }} a"),
        ("'{% raw %}{{ param.text }}{% endraw %}'", "{% raw %}{{ param.text }}{% endraw %}"),
        ("'{% for item in var.x %}{{ item }}{% endfor %}'", "{% for item in var.x %}{{ item }}{% endfor %}"),
        ("'{{ \"{{\" }} param'", '{{ "{{" }} param'),
        ("'${#param} #{param}'", "${#param} #{param}"),
        ("{'{{ param.text }}': 1}", {"a": 1}),
        ("[1, '{{ param.number }}']", [1, 3]),
    ],
)
def test_what_placeholders_come_to(written: str, value: object) -> None:
    assert filled(written) == value


def test_a_key_whose_value_comes_to_null_is_left_out() -> None:
    problems: list[Problem] = []
    tree = fill(parse_yaml("a: '{{ param.null }}'\nb: ~\n", "x.yaml"), VALUES, problems)
    assert plain(tree) == {"b": None}


def test_what_is_filled_in_is_not_looked_at_again() -> None:
    values = Values(parameters={"x": at_position("{{ param.y }}", PLACE)}, pattern="p")
    assert plain(fill(at_position("a {{ param.x }}", PLACE), values, [])) == "a {{ param.y }}"


def test_an_entry_with_items_of_its_own_keeps_its_placeholders() -> None:
    entry = parse_yaml(
        "for_each: '{{ item.name }}'\ncommand: '{{ item }} {{ param.text }}'\nsteps: [{x: '{{ item }}'}]\n",
        "x.yaml",
    )
    assert plain(fill_step(entry, VALUES, [])) == {
        "for_each": "n",
        "command": "{{ item }} a",
        "steps": [{"x": "{{ item }}"}],
    }


def test_a_value_stands_where_its_placeholder_stands() -> None:
    tree = fill(parse_yaml("a: 1\nb: '{{ param.list }}'\n", "x.yaml"), VALUES, [])
    assert isinstance(tree, MappingNode)
    assert (tree.entries["b"].position.line, tree.entries["b"].position.column) == (2, 4)


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text().filter(lambda text: "{{" not in text and "{%" not in text)
)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)


def nodes(node: Node) -> list[Node]:
    match node:
        case SequenceNode():
            return [node, *(found for item in node.items for found in nodes(item))]
        case MappingNode():
            return [node, *(found for item in node.entries.values() for found in nodes(item))]
        case _:
            return [node]


@given(trees)
def test_what_holds_no_placeholder_is_kept(value: object) -> None:
    tree = at_position(value, PLACE)
    assert all(a is b for a, b in zip(nodes(fill(tree, VALUES, [])), nodes(tree), strict=True))


@given(st.text(alphabet="ab {}%#$'\"\n.param[]", max_size=40), st.text(max_size=5))
def test_the_text_around_a_placeholder_is_kept(text: str, value: str) -> None:
    values = Values(parameters={"x": at_position(value, PLACE)}, pattern="p")
    for written in (f"{text.replace('{', '').replace('}', '')}{{{{ param.x }}}}|",):
        before = written.removesuffix("{{ param.x }}|")
        assert plain(fill(at_position(written, PLACE), values, [])) == f"{before}{value}|"


@given(
    st.lists(st.text(alphabet="ab", max_size=8), min_size=2, max_size=5), st.text(alphabet="xy", max_size=12)
)
def test_places_in_a_filled_text_are_those_of_the_text_as_written(parts: list[str], value: str) -> None:
    from dataduct.definition.tree import text_source

    written = "{{ param.x }}".join(parts) + "!"
    values = Values(parameters={"x": at_position(value, PLACE)}, pattern="p")
    node = fill(ScalarNode(written, written, PLACE), values, [])
    assert isinstance(node, ScalarNode)
    assert text_source(node).position_at(len(node.text) - 1).column == len(written)


def test_places_stay_when_a_text_is_filled_twice() -> None:
    from dataduct.definition.tree import text_source

    written = "{{ item }} A {{ param.x }} B {{ item }} C {{ param.x }} !"
    first = fill(
        ScalarNode(written, written, PLACE),
        Values(parameters={"x": at_position("long" * 9, PLACE)}, pattern="p"),
        [],
    )
    node = fill(first, Values(item=at_position("", PLACE)), [])
    assert isinstance(node, ScalarNode)
    assert node.text == f" A {'long' * 9} B  C {'long' * 9} !"
    source = text_source(node)
    for mark in "ABC!":
        assert source.position_at(node.text.rindex(mark)).column == written.rindex(mark) + 1, mark
    assert source.position_at(node.text.index("long") + 5).column == written.index("{{ param") + 1
