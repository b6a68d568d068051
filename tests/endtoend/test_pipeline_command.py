"""`dataduct pipeline create|validate|activate|visualize`."""

import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from projects import COURSES, Project

DAILY = COURSES.replace("name: courses\n", "name: courses\nfrequency: daily\nload_time: 00:00\n", 1)
MODES = "modes:\n  one: {warehouse: {path: one.duckdb}}\n  two: {warehouse: {path: two.duckdb}}\n"
BAD = COURSES.replace("name: courses", "name: bad").replace("step_type: upsert", "step_type: upsrt")
FAILING = DAILY.replace("FROM courses\n", "FROM no_such_table\n")


def today(back: int = 0) -> str:
    return (datetime.now(UTC) - timedelta(days=back)).strftime("%Y-%m-%d")


def run_dates(project: Project) -> list[tuple[str, str]]:
    """Return run date and status of each run, oldest first."""
    return [(run["run_date"], run["status"]) for run in reversed(project.runs())]


@pytest.fixture
def daily(school: Project) -> Project:
    school.write({"pipelines/courses.yaml": DAILY})
    return school


@pytest.fixture
def plan(school: Project) -> Path:
    return school.root / ".dataduct" / "plans" / "courses.json"


def test_create_keeps_a_plan_that_execute_takes(school: Project, plan: Path) -> None:
    ended = school("pipeline", "create", "courses")

    assert (ended.exit_code, ended.stdout) == (0, "created: courses, 5 steps, .dataduct/plans/courses.json\n")
    assert json.loads(plan.read_text())["pipeline"] == "courses"
    assert school("execute", str(plan), "--step", "extract", "--run-date", "2026-01-01").exit_code == 0


def test_the_same_plan_is_unchanged(school: Project) -> None:
    school("pipeline", "create", "courses")
    school.write({"pipelines/courses.yaml": "# a remark\n" + COURSES})

    assert school("pipeline", "create", "--no-force", "courses").stdout.startswith("unchanged: courses")


def test_another_plan_is_replaced_only_with_force(school: Project, plan: Path) -> None:
    school("pipeline", "create", "courses")
    before = plan.read_text()
    changed = COURSES.replace("name: extract", "name: get").replace("tolerance: 0", "tolerance: 5")
    school.write({"pipelines/courses.yaml": changed})

    refused = school("pipeline", "create", "-nf", "courses")

    assert refused.exit_code == 2
    assert refused.stderr.splitlines()[:4] == [
        "courses differs from the plan that is kept:",
        "  new: get",
        "  gone: extract",
        "  changed: load, check-count",
    ]
    assert "DD961" in refused.stderr
    assert plan.read_text() == before
    assert school("pipeline", "create", "-f", "courses").stdout.startswith("replaced: courses")
    assert plan.read_text() != before


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1), ("", 1)])
def test_on_a_terminal_it_asks(school: Project, plan: Path, answer: str, code: int) -> None:
    school("pipeline", "create", "courses")
    before = plan.read_text()
    school.write({"pipelines/courses.yaml": COURSES.replace("name: extract", "name: get")})
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())

    ended = subprocess.run(
        [sys.executable, "-m", "dataduct", "--no-color", "pipeline", "create", "courses"],
        cwd=school.root,
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.PIPE,
        timeout=60,
        check=False,
    )

    os.close(theirs)
    assert b"Replace the plan of courses? [y/N]" in os.read(ours, 10_000)
    assert ended.returncode == code
    assert (plan.read_text() != before) == (code == 0)


@pytest.mark.parametrize("action", ["create", "validate", "activate"])
def test_one_bad_file_stops_all(school: Project, plan: Path, action: str) -> None:
    school.write({"pipelines/bad.yaml": BAD})

    ended = school("pipeline", action, "courses", "bad")

    assert ended.exit_code == 2
    assert "pipelines/bad.yaml" in ended.stderr
    assert "did you mean `upsert`?" in ended.stderr
    assert not plan.exists()
    assert not (school.root / "warehouse.duckdb").exists()


def test_two_files_of_one_name_are_refused(school: Project) -> None:
    school.write({"pipelines/again.yaml": COURSES})

    ended = school("pipeline", "create", "courses", "again")

    assert ended.exit_code == 2
    assert "DD515" in ended.stderr


def test_validate_touches_nothing(school: Project, plan: Path) -> None:
    school("pipeline", "create", "courses")
    before = plan.read_text()
    school.write({"pipelines/courses.yaml": COURSES.replace("name: extract", "name: get")})

    ended = school("pipeline", "validate", "-f", "-t", "1h", "--frequency", "daily", "courses")

    assert (ended.exit_code, ended.stdout) == (0, "valid: 1 pipeline file\n")
    assert plan.read_text() == before


def test_an_unknown_frequency_is_refused(school: Project) -> None:
    ended = school("pipeline", "create", "--frequency", "dayly", "courses")

    assert ended.exit_code == 2
    assert "error[DD960]: there is no frequency `dayly`\n  hint: did you mean `daily`?" in ended.stderr


def test_a_one_time_pipeline_runs_once(school: Project) -> None:
    first, second = (school("pipeline", "activate", "courses") for _ in range(2))

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "courses: has run once and succeeded; --force runs it again" in second.stderr
    assert [status for _, status in run_dates(school)] == ["succeeded"]


def test_a_recurring_pipeline_runs_its_latest_due_run_date_once(daily: Project) -> None:
    first, second = (daily("pipeline", "activate", "courses") for _ in range(2))

    assert run_dates(daily) == [(today(), "succeeded")]
    assert f"courses: the next run is due at {today(-1)} 00:00 UTC" in first.stderr
    assert (
        "let cron or another scheduler call dataduct pipeline activate pipelines/courses.yaml" in first.stderr
    )
    assert f"courses: {today()} has succeeded already; --force runs it again" in second.stderr


def test_a_run_in_another_mode_does_not_count(daily: Project) -> None:
    daily.write({"dataduct.yml": (daily.root / "dataduct.yml").read_text() + MODES})
    for mode, succeeded in (("one", False), ("two", False), ("one", True)):
        told = daily("pipeline", "activate", "courses", "--mode", mode)
        assert told.exit_code == 0, told.text
        assert ("has succeeded already" in told.stderr) == succeeded
    assert [run["mode"] for run in daily.runs()] == ["two", "one"]
    assert "MODE" in daily("history").stdout
    assert "in mode two;" in daily("history", daily.runs()[0]["id"]).stdout
    assert daily("history", daily.runs()[0]["id"], "--json").document()["run"]["mode"] == "two"


def test_a_run_of_some_steps_does_not_count(daily: Project) -> None:
    daily("run", "courses", "--run-date", today(), "--select", "extract")
    assert "STEPS" in daily("history").stdout
    told = daily("pipeline", "activate", "courses")
    assert "has succeeded already" not in told.stderr
    assert [run["partial"] for run in daily.runs()] == [False, True]


def test_force_loads_again(daily: Project) -> None:
    daily("pipeline", "activate", "courses")

    forced = daily("pipeline", "activate", "--force", "courses")

    assert forced.exit_code == 0
    assert len(daily.runs()) == 2
    assert set(daily.steps().values()) == {"succeeded"}


def test_a_backfill_runs_every_due_run_date_oldest_first(daily: Project) -> None:
    daily("run", "courses", "--run-date", today(1))

    ended = daily("pipeline", "activate", "-b", "-t", "2 days", "courses")

    assert ended.exit_code == 0
    assert f"courses: {today(1)} has succeeded already" in ended.stderr
    assert [date for date, _ in run_dates(daily)] == [today(1), today(2), today()]


def test_time_delta_alone_is_one_earlier_run_date(daily: Project) -> None:
    daily("pipeline", "activate", "-t", "24h", "courses")

    assert run_dates(daily) == [(today(1), "succeeded")]


def test_the_first_failure_stops_a_backfill_and_the_pipelines_after_it(daily: Project) -> None:
    daily.write({"pipelines/broken.yaml": FAILING.replace("name: courses\n", "name: broken\n", 1)})

    ended = daily("pipeline", "activate", "-b", "-t", "2d", "broken", "courses")

    assert ended.exit_code == 1
    assert f"broken: stopped; 2 run dates not run: {today(1)}, {today()}" in ended.stderr
    assert f"dataduct run pipelines/broken.yaml --run-date {today(2)} --resume" in ended.stderr
    assert run_dates(daily) == [(today(2), "failed")]


def test_a_frequency_on_the_line_overrides_the_files(school: Project) -> None:
    ended = school("pipeline", "activate", "--frequency", "weekly", "courses")

    assert ended.exit_code == 0
    assert "activate pipelines/courses.yaml --frequency weekly" in ended.stderr
    [(date, _)] = run_dates(school)
    assert datetime.fromisoformat(date).strftime("%A") == "Monday"


def test_a_backfill_without_an_end_is_refused(daily: Project) -> None:
    ended = daily("pipeline", "activate", "--backfill", "courses")

    assert ended.exit_code == 2
    assert "--backfill needs --time_delta" in ended.stderr


def test_a_wrong_time_delta_is_refused(daily: Project) -> None:
    ended = daily("pipeline", "activate", "-t", "3 dais", "courses")

    assert ended.exit_code == 2
    assert "`dais` in `3 dais` is no unit of time" in ended.stderr


def test_one_pipeline_is_drawn_into_its_file(school: Project) -> None:
    assert school("pipeline", "visualize", "--activities_only", "flow.mmd", "courses").exit_code == 0
    assert (school.root / "flow.mmd").read_text().startswith("flowchart")


def test_several_pipelines_are_drawn_into_a_file_each(school: Project) -> None:
    school.write({"pipelines/other.yaml": COURSES.replace("name: courses\n", "name: other\n", 1)})

    ended = school("pipeline", "visualize", "flow.svg", "courses", "other")

    assert ended.exit_code == 0
    assert {path.name for path in school.root.glob("*.svg")} == {"flow-courses.svg", "flow-other.svg"}


def test_an_unknown_picture_format_is_refused(school: Project) -> None:
    ended = school("pipeline", "visualize", "flow.gif", "courses")

    assert ended.exit_code == 2
    assert "DD957" in ended.stderr
