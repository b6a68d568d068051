from dataclasses import replace

import pytest

from dataduct.errors import UserError
from dataduct.plan.plan import Plan
from dataduct.plan.selection import select_steps


@pytest.mark.parametrize(
    ("expressions", "chosen"),
    [
        (["load"], {"load"}),
        (["load+"], {"load", "upsert", "check"}),
        (["+upsert"], {"extract", "load", "upsert"}),
        (["+load+"], {"extract", "load", "upsert", "check"}),
        (["extract", "check"], {"extract", "check"}),
        (["extract,check"], {"extract", "check"}),
    ],
)
def test_expressions_choose_steps(plan: Plan, expressions: list[str], chosen: set[str]) -> None:
    assert select_steps(plan, expressions) == chosen


def test_the_name_of_a_composite_chooses_its_sub_steps(plan: Plan) -> None:
    steps = tuple(
        replace(step, parent="all") if step.name in ("load", "upsert") else step for step in plan.steps
    )
    assert select_steps(replace(plan, steps=steps), ["all"]) == {"load", "upsert"}


def test_an_unknown_step_gets_the_nearest_name(plan: Plan) -> None:
    with pytest.raises(UserError, match="`--select upsrt`: pipeline `courses` has no step `upsrt`") as raised:
        select_steps(plan, ["upsrt"])
    assert raised.value.hint == "did you mean `upsert`?"
