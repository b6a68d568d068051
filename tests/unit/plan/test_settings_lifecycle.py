"""Bootstrap and teardown of the settings: who gets them, what replaces them, and where their problems stand."""

from pathlib import Path

import pytest

from dataduct import api
from dataduct.errors import ProblemsError
from dataduct.plan.plan import Plan

SETTINGS = """\
bootstrap:
  ec2:
  - {step_type: transform, name: install, command: pip list, input_node: [], no_output: true}
  emr:
  - {step_type: transform, name: tune, command: tune, input_node: [], no_output: true}
teardown:
  step_type: transform
  name: tell
  command: tell
  input_node: []
  no_output: true
modes:
  quiet:
    teardown: {step_type: sql-command, name: note, command: SELECT 1}
"""
STEP = "- {step_type: transform, name: work, command: work, input_node: [], no_output: true}\n"


def compiled(root: Path, pipeline: str, *, settings: str = SETTINGS, mode: str | None = None) -> Plan:
    (root / "dataduct.yml").write_text(settings)
    (root / "p.yaml").write_text(f"name: p\n{pipeline}")
    return api.compile_pipeline(api.open_project(root, mode=mode), root / "p.yaml")


def phases(plan: Plan) -> dict[str, str]:
    return {step.name: step.phase for step in plan.steps}


def test_a_pipeline_without_its_own_gets_the_settings(tmp_path: Path) -> None:
    plan = compiled(tmp_path, f"steps:\n{STEP}")
    assert phases(plan) == {"install": "bootstrap", "work": "main", "tell": "teardown"}
    assert [edge.reason for edge in plan.step("work").depends_on] == ["bootstrap"]
    assert plan.step("install").position is not None
    assert str(plan.step("install").position).endswith("dataduct.yml:3:5")


def test_what_the_pipeline_writes_replaces_the_settings_whole(tmp_path: Path) -> None:
    own = STEP.replace("work", "own").removeprefix("- ")
    assert phases(compiled(tmp_path, f"teardown: {own}steps:\n{STEP}")) == {
        "install": "bootstrap",
        "work": "main",
        "own": "teardown",
    }
    assert phases(
        compiled(tmp_path, f"bootstrap:\n  local:\n  {STEP.replace('work', 'own')}steps:\n{STEP}")
    ) == {
        "own": "bootstrap",
        "work": "main",
        "tell": "teardown",
    }


def test_a_key_without_a_value_means_none(tmp_path: Path) -> None:
    assert phases(compiled(tmp_path, f"teardown:\nbootstrap:\nsteps:\n{STEP}")) == {"work": "main"}


@pytest.mark.parametrize(
    "step",
    [
        "- {step_type: transform, name: work, command: work, input_node: [], no_output: true, resource_type: emr}",
    ],
)
def test_the_cluster_is_set_up_only_for_steps_that_run_on_it(tmp_path: Path, step: str) -> None:
    assert phases(compiled(tmp_path, f"steps:\n{step}\n")) == {
        "install": "bootstrap",
        "tune": "bootstrap",
        "work": "main",
        "tell": "teardown",
    }


def test_a_mode_replaces_the_teardown_whole(tmp_path: Path) -> None:
    plan = compiled(tmp_path, f"steps:\n{STEP}", mode="quiet")
    assert plan.step("note").step_type == "sql-command"
    assert plan.step("note").phase == "teardown"


@pytest.mark.parametrize(
    ("settings", "code", "place"),
    [
        ("bootstrap:\n  ec3: []\n", "DD248", "2:3"),
        ("teardown:\n  step_typ: transform\n", "DD244", "2:3"),
        ("teardown:\n  step_type: transfrm\n", "DD501", "2:14"),
        ("teardown:\n  step_type: transform\n  comand: x\n", "DD201", "3:3"),
    ],
)
def test_a_problem_points_into_the_settings_once(
    tmp_path: Path, settings: str, code: str, place: str
) -> None:
    with pytest.raises(ProblemsError) as raised:
        compiled(tmp_path, f"steps:\n{STEP}", settings=settings)
    first = raised.value.problems[0]
    assert first.code == code
    assert str(first.position) == str(tmp_path / "dataduct.yml") + f":{place}"
    (tmp_path / "q.yaml").write_text((tmp_path / "p.yaml").read_text().replace("name: p", "name: q"))
    found = api.validate(api.open_project(tmp_path), [tmp_path / "p.yaml", tmp_path / "q.yaml"])
    assert len(found) == len(raised.value.problems)


def test_the_example_of_the_page_runs_before_and_after(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "running.md").read_text()
    [block] = [text.partition("```")[0] for text in page.split("```yaml\n")[1:] if "teardown:" in text]
    assert phases(compiled(tmp_path, f"steps:\n{STEP}", settings=block)) == {
        "install": "bootstrap",
        "work": "main",
        "tell": "teardown",
    }


def test_a_pattern_in_the_bootstrap_of_the_cluster_is_left_out_too(tmp_path: Path) -> None:
    (tmp_path / "patterns").mkdir()
    (tmp_path / "patterns" / "prepare.yaml").write_text(
        f"description: x\nsteps:\n{STEP.replace('work', 'tune')}"
    )
    settings = "bootstrap:\n  emr:\n  - {step_type: prepare}\n"
    assert phases(compiled(tmp_path, f"steps:\n{STEP}", settings=settings)) == {"work": "main"}
    on_cluster = STEP.replace("}", ", resource_type: emr}")
    assert list(phases(compiled(tmp_path, f"steps:\n{on_cluster}", settings=settings)).values()) == [
        "bootstrap",
        "main",
    ]
