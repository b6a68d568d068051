import struct
from collections.abc import Callable
from dataclasses import replace

from dataduct.model.schedule import Schedule
from dataduct.plan.drawing import draw, shown_edges
from dataduct.plan.plan import Plan


def test_mermaid(plan: Plan, golden: Callable[[str, str], None]) -> None:
    golden("plan/courses.mmd", draw(plan, "mermaid").decode())


def test_tree(plan: Plan, golden: Callable[[str, str], None]) -> None:
    golden("plan/courses.tree.txt", draw(plan, "text").decode())


def test_edges_that_others_imply_are_left_out(plan: Plan) -> None:
    edges = [(source, target) for source, target, _ in shown_edges(plan)]
    assert edges == [("extract", "load"), ("load", "upsert"), ("upsert", "check")]


def test_svg_shows_every_step(plan: Plan) -> None:
    picture = draw(plan, "svg").decode()
    assert "<svg" in picture
    assert all(f">{step.name}<" in picture for step in plan.steps)


def test_png_is_a_picture(plan: Plan) -> None:
    picture = draw(plan, "png")
    assert picture.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", picture[16:24])
    assert width > height > 10


def test_an_empty_plan_has_a_picture() -> None:
    empty = Plan(pipeline="empty", file="empty.yaml", schedule=Schedule(), dialect="duckdb", steps=())
    assert draw(empty, "text") == b"empty\n"
    assert draw(empty, "png").startswith(b"\x89PNG")


def test_names_are_escaped(plan: Plan) -> None:
    odd = replace(plan, steps=(replace(plan.steps[0], name='a "<b>" & c'),))
    assert "a &quot;&lt;b&gt;&quot; &amp; c" in draw(odd, "mermaid").decode()
    assert draw(odd, "svg")
