"""The project that `init` writes, from the first command to the last, with nothing faked."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SLOW = """\
name: slow
steps:
  - step_type: transform
    name: wait
    command: echo begun >&2; sleep 60
    no_output: true
  - step_type: transform
    name: after
    depends_on: wait
    command: "true"
    no_output: true
    input_node: []
"""


def dataduct(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dataduct", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture(scope="module")
def school(tmp_path_factory) -> Path:
    """A project written by `init` whose pipeline has run once."""
    directory = tmp_path_factory.mktemp("project")
    assert dataduct("init", cwd=directory).returncode == 0
    ran = dataduct("run", "courses", "--run-date", "2026-01-01", "--json", cwd=directory)
    assert ran.returncode == 0, ran.stderr
    document = json.loads(ran.stdout)
    assert document["run"]["status"] == "succeeded"
    assert {step["step"]: step["rows"] for step in document["steps"]} == {
        "extract-courses": 40, "load-courses": 40, "upsert-courses": 40,
        "check-key": None, "check-count": None, "check-columns": None,
    }  # fmt: skip
    assert [(verdict["step"], verdict["passed"]) for verdict in document["verdicts"]] == [
        ("check-key", True), ("check-count", True), ("check-columns", True),
    ]  # fmt: skip
    return directory


def test_it_is_valid_without_a_warning(school):
    checked = dataduct("validate", "pipelines", cwd=school)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "valid: 1 pipeline file\n", "")


def test_the_plan_shows_the_sql_of_every_step(school):
    told = dataduct("plan", "courses", "--run-date", "2026-01-01", cwd=school).stdout
    assert "run date: 2026-01-01, from 2026-01-01 01:00 to 2026-01-02 01:00 UTC" in told
    for text in (
        "FROM courses;",
        "CREATE TABLE IF NOT EXISTS staging.courses",
        "DELETE FROM prod.courses",
        "ANALYZE",
    ):
        assert text in told


def test_the_run_is_remembered(school):
    (run,) = json.loads(dataduct("history", "--json", cwd=school).stdout)["runs"]
    assert (run["pipeline"], run["run_date"], run["status"]) == ("courses", "2026-01-01", "succeeded")
    told = dataduct("history", run["id"], "--sql", cwd=school).stdout
    assert "check-count  passed  the source has 40 rows and the warehouse 40" in told
    assert "INSERT INTO prod.courses" in told
    assert "SELECT id, slug" in dataduct("logs", "courses", "extract-courses", cwd=school).stdout


def test_runs_and_their_steps_complete(school):
    def complete(*words: str) -> list[str]:
        asked = {
            "_DATADUCT_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(words),
            "COMP_CWORD": str(len(words) - 1),
        }
        ran = subprocess.run(
            [sys.executable, "-m", "dataduct"], env={**os.environ, **asked}, cwd=school.parent,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return [entry.partition(",")[2] for entry in ran.stdout.splitlines()]

    (run,) = complete("dataduct", "-C", school.name, "history", "20")
    assert complete("dataduct", "-C", school.name, "logs", run, "check-c") == ["check-count", "check-columns"]


def test_a_second_run_loads_nothing_again(school, tmp_path):
    (tmp_path / "copy").mkdir()
    for path in sorted(school.rglob("*")):
        target = tmp_path / "copy" / path.relative_to(school)
        target.mkdir(exist_ok=True) if path.is_dir() else target.write_bytes(path.read_bytes())
    again = dataduct("run", "courses", "--run-date", "2026-01-01", cwd=tmp_path / "copy")
    assert again.returncode == 0
    assert "load-courses     kept      already loaded by run " in again.stderr


def test_the_steps_of_a_plan_document_are_executed_one_by_one(school, tmp_path):
    assert dataduct("init", "fresh", cwd=tmp_path).returncode == 0
    project = tmp_path / "fresh"
    assert dataduct("plan", "courses", "-o", "plan.json", cwd=project).returncode == 0
    steps = [step["name"] for step in json.loads((project / "plan.json").read_text())["steps"]]
    for step in steps[:2]:
        ran = dataduct(
            "execute", "plan.json", "--step", step, "--run-date", "2026-01-05", "--run-id", "r1", cwd=project
        )
        assert ran.returncode == 0, ran.stderr


def test_a_signal_stops_the_run_and_says_how_to_go_on(school):
    import signal

    (school / "pipelines" / "slow.yaml").write_text(SLOW)
    with subprocess.Popen(
        [sys.executable, "-m", "dataduct", "run", "slow", "--run-date", "2026-01-01"],
        cwd=school, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        told = ""
        while "wait   started" not in told:
            told += running.stderr.readline()
        running.send_signal(signal.SIGTERM)
        told += running.stderr.read()
        assert running.wait(30) == 130
    (school / "pipelines" / "slow.yaml").unlink()
    assert "interrupted[DD910]: " in told
    assert told.endswith(
        "\ndid not run: after\nto go on:    dataduct run pipelines/slow.yaml --run-date 2026-01-01 --resume\n"
    )
