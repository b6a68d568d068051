import json

import pytest

from dataduct.errors import UserError
from dataduct.plan.codec import plan_from_json, plan_to_json
from dataduct.plan.plan import PLAN_VERSION, Plan


def test_a_plan_comes_back_equal(plan: Plan) -> None:
    assert plan_from_json(plan_to_json(plan), file="plan.json") == plan


def test_the_document_names_its_version(plan: Plan) -> None:
    assert json.loads(plan_to_json(plan))["version"] == PLAN_VERSION


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 99}, "it has version 99 and this Dataduct reads version 1"),
        ({"version": None}, "it has version None and this Dataduct reads version 1"),
        ({"steps": 5}, "steps: "),
        ({"dialect": None}, "dialect: "),
    ],
)
def test_a_document_that_is_no_plan_is_refused_by_name(
    plan: Plan, change: dict[str, object], message: str
) -> None:
    document = {**json.loads(plan_to_json(plan)), **change}
    with pytest.raises(UserError, match=r"plan\.json cannot be read as a plan: ") as raised:
        plan_from_json(json.dumps(document), file="plan.json")
    assert message in str(raised.value)
    assert raised.value.code == "DD514"


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"version": 1}', "\x00"])
def test_text_that_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        plan_from_json(text, file="plan.json")
