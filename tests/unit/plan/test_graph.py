import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataduct.plan.graph import CycleError, Graph

DIAMOND = Graph({"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]})


def test_the_order_respects_every_edge_and_the_order_given() -> None:
    assert Graph({"z": [], "y": ["z"], "x": []}).order() == ("z", "y", "x")
    assert Graph({"late": ["early"], "early": []}).order() == ("early", "late")


def test_ancestors_descendants_and_leaves() -> None:
    assert DIAMOND.ancestors("d") == {"a", "b", "c"}
    assert DIAMOND.descendants("a") == {"b", "c", "d"}
    assert DIAMOND.leaves() == ("d",)
    assert DIAMOND.children("a") == ("b", "c")


def test_a_cycle_is_printed_in_running_order() -> None:
    with pytest.raises(CycleError) as raised:
        Graph({"start": [], "a": ["start", "c"], "b": ["a"], "c": ["b"]}).order()
    assert set(raised.value.cycle) == {"a", "b", "c"}
    assert raised.value.cycle[0] == raised.value.cycle[-1]
    pairs = set(zip(raised.value.cycle, raised.value.cycle[1:], strict=False))
    assert pairs == {("a", "b"), ("b", "c"), ("c", "a")}


def test_a_name_that_waits_for_itself_is_a_cycle_of_one() -> None:
    with pytest.raises(CycleError) as raised:
        Graph({"a": ["a"]}).order()
    assert raised.value.cycle == ("a", "a")


@given(st.lists(st.lists(st.integers(0, 30), max_size=4), max_size=30))
def test_an_acyclic_graph_is_always_ordered(parents: list[list[int]]) -> None:
    graph = {str(i): [str(p) for p in waits if p < i] for i, waits in enumerate(parents)}
    order = Graph(graph).order()
    rank = {name: index for index, name in enumerate(order)}
    assert sorted(order) == sorted(graph)
    assert all(rank[parent] < rank[name] for name, waits in graph.items() for parent in waits)


def test_ten_thousand_names_in_a_chain_need_no_recursion() -> None:
    chain = {str(i): [str(i - 1)] if i else [] for i in range(10_000)}
    assert Graph(chain).order() == tuple(chain)
    assert len(Graph(chain).ancestors("9999")) == 9_999
