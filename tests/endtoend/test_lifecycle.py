"""Bootstrap and teardown of the settings, through every way that a run may end."""

import signal
import time
from pathlib import Path
from typing import Any

import pytest

SETTINGS = """\
engine: {workers: 2, retry_delay: 0.05, max_retries: 0}
bootstrap:
  local:
  - step_type: transform
    name: prepare
    command: test ! -e $DATADUCT_PROJECT_DIRECTORY/broken && echo prepared >> $DATADUCT_PROJECT_DIRECTORY/order
    input_node: []
    no_output: true
teardown:
  step_type: transform
  name: tell
  command: |
    cd $DATADUCT_PROJECT_DIRECTORY
    echo torn down >> order
    env | grep ^DATADUCT_ > told
  input_node: []
  no_output: true
"""
SECRET = "hunter2-and-more"
LEAK = "echo {{ env.VAULT_PASSWORD }}; exit 1"


def step(name: str, command: str, more: str = "") -> str:
    return f"step_type: transform\nname: {name}\ncommand: {command}\ninput_node: []\nno_output: true\n{more}".rstrip()


@pytest.fixture
def project(empty: Any) -> Any:
    empty.write({"dataduct.yml": SETTINGS})
    return empty


def told(project: Any) -> dict[str, str | None]:
    """Return what the teardown was told of the run."""
    lines = (project.root / "told").read_text().splitlines()
    told = dict(line.split("=", 1) for line in lines)
    return {name: told.get(f"DATADUCT_{name}") for name in ("RUN_STATUS", "FAILED_STEP", "ERROR", "STEP")}


def order(project: Any) -> list[str]:
    return (project.root / "order").read_text().splitlines()


def test_a_run_that_succeeds(project: Any) -> None:
    project.pipeline("work", step("work", "echo worked >> $DATADUCT_PROJECT_DIRECTORY/order"))
    assert project("run", "work").exit_code == 0
    assert told(project) == {"RUN_STATUS": "succeeded", "FAILED_STEP": None, "ERROR": None, "STEP": "tell"}
    assert order(project) == ["prepared", "worked", "torn down"]


def test_a_step_that_fails(project: Any) -> None:
    project.pipeline("work", step("work", "exit 3"), step("after", "echo never >> order", "depends_on: work"))
    assert project("run", "work").exit_code == 1
    assert told(project) == {
        "RUN_STATUS": "failed",
        "FAILED_STEP": "work",
        "ERROR": "the command ended with exit code 3",
        "STEP": "tell",
    }
    assert order(project) == ["prepared", "torn down"]


def test_a_bootstrap_step_that_fails_skips_the_rest(project: Any) -> None:
    project.write({"broken": ""})
    project.pipeline("work", step("work", "echo worked >> $DATADUCT_PROJECT_DIRECTORY/order"))
    assert project("run", "work").exit_code == 1
    assert told(project)["RUN_STATUS"] == "failed"
    assert told(project)["FAILED_STEP"] == "prepare"
    assert order(project) == ["torn down"]
    assert project.steps() == {"prepare": "failed", "work": "skipped", "tell": "succeeded"}


def test_a_bootstrap_step_that_fails_where_nothing_else_is_to_do(project: Any) -> None:
    project.write({"broken": "", "pipelines/none.yaml": "name: none\nsteps: []\n"})
    assert project("run", "none").exit_code == 1
    assert told(project)["FAILED_STEP"] == "prepare"


def test_a_run_that_is_interrupted(project: Any) -> None:
    project.pipeline("work", step("work", "touch $DATADUCT_PROJECT_DIRECTORY/begun; sleep 60"))
    process = project.begin("run", "work")
    wait_for(project.root / "begun")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert told(project) == {
        "RUN_STATUS": "interrupted",
        "FAILED_STEP": None,
        "ERROR": "the run was interrupted by SIGINT",
        "STEP": "tell",
    }


def test_a_run_that_takes_too_long(project: Any) -> None:
    project.pipeline("work", step("work", "sleep 60"))
    ended = project("run", "work", DATADUCT__ENGINE__RUN_TIMEOUT="1.5 seconds")
    assert ended.exit_code == 1
    seen = told(project)
    assert (seen["RUN_STATUS"], seen["FAILED_STEP"]) == ("failed", None)
    assert "took longer than its timeout of 1.5 seconds" in (seen["ERROR"] or "")


def test_a_run_that_is_resumed_is_torn_down_again(project: Any) -> None:
    project.pipeline("work", step("work", "test -e $DATADUCT_PROJECT_DIRECTORY/mended"))
    assert project("run", "work").exit_code == 1
    assert told(project)["RUN_STATUS"] == "failed"
    project.write({"mended": ""})
    assert project("run", "work", "--resume").exit_code == 0
    assert told(project)["RUN_STATUS"] == "succeeded"
    assert order(project) == ["prepared", "torn down", "torn down"]


def test_secrets_are_not_told(project: Any) -> None:
    project.pipeline("work", f"step_type: qa-transform\nname: check\ncommand: {LEAK}\ninput_node: []")
    assert project("run", "work", VAULT_PASSWORD=SECRET).exit_code == 1
    assert told(project)["ERROR"] == "the check's command ended with exit code 1: ***"


def test_steps_that_are_executed_alone(project: Any) -> None:
    """As other engines do it: each step in a call of its own, the teardown last."""
    file = project.pipeline("work", step("work", "exit $CODE"))
    project.write({"plan.json": project("plan", file, "--json").stdout})

    def execute(name: str, run: str, **environment: str) -> int:
        arguments = ("execute", "plan.json", "--step", name, "--run-date", "2026-01-31", "--run-id", run)
        code: int = project(*arguments, **environment).exit_code
        return code

    assert [execute(name, "good", CODE="0") for name in ("prepare", "work", "tell")] == [0, 0, 0]
    assert (told(project)["RUN_STATUS"], told(project)["ERROR"]) == ("succeeded", None)
    assert [execute(name, "bad", CODE="4") for name in ("prepare", "work", "tell")] == [0, 1, 0]
    assert told(project) == {
        "RUN_STATUS": "failed",
        "FAILED_STEP": "work",
        "ERROR": "the command ended with exit code 4",
        "STEP": "tell",
    }
    project.write({"broken": ""})
    assert [execute(name, "worse") for name in ("prepare", "tell")] == [1, 0]
    assert (told(project)["RUN_STATUS"], told(project)["FAILED_STEP"]) == ("failed", "prepare")


def test_a_step_executed_alone_that_is_interrupted(project: Any) -> None:
    file = project.pipeline("work", step("work", "touch $DATADUCT_PROJECT_DIRECTORY/begun; sleep 60"))
    project.write({"plan.json": project("plan", file, "--json").stdout})
    execute = ("execute", "plan.json", "--run-date", "2026-01-31", "--run-id", "r", "--step")
    process = project.begin(*execute, "work")
    wait_for(project.root / "begun")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert project(*execute, "tell").exit_code == 0
    assert told(project) == {
        "RUN_STATUS": "interrupted",
        "FAILED_STEP": None,
        "ERROR": "the run was interrupted",
        "STEP": "tell",
    }


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} was never written"
        time.sleep(0.02)


def test_the_plan_shows_the_settings_steps(project: Any) -> None:
    file = project.pipeline("work", step("work", "echo work"))
    planned = project("plan", file, "--json")
    assert planned.exit_code == 0, planned.stderr
    steps = planned.document()["steps"]
    assert [(each["name"], each["phase"]) for each in steps] == [
        ("prepare", "bootstrap"),
        ("work", "main"),
        ("tell", "teardown"),
    ]
