"""Runs that are repeated, resumed, stopped, killed, and made two at a time."""

import json
import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

FIRST = ("--run-date", "2026-01-01")
SECOND = ("--run-date", "2026-01-02")
LOADED = [(1, "algebra", "Algebra"), (2, "biology", "Biology"), (3, "chemistry", None)]
STEPS = ["extract", "load", "upsert", "check-key", "check-count"]


def wait_for(process: subprocess.Popen[str], pattern: str) -> str:
    """Read the standard error of a process up to a line that matches."""
    assert process.stderr is not None
    read = ""
    for line in process.stderr:
        read += line
        if re.search(pattern, line):
            return read
    raise AssertionError(f"the process ended without `{pattern}`:\n{read}")


def production(project) -> list[tuple]:
    return project.rows("FROM prod.courses ORDER BY ALL")


def loads(project) -> list[tuple]:
    return project.rows("FROM dataduct.loads ORDER BY ALL")


# --- again ---------------------------------------------------------------------------------------------------------


def test_a_replay_changes_nothing(school):
    assert school("run", "courses", *FIRST).exit_code == 0
    before = school.tables(), loads(school)
    school.change_source("UPDATE courses SET title = 'Changed'; DELETE FROM courses WHERE id = 3")
    school.change_source("INSERT INTO courses VALUES (4, 'drama', 'Drama')")

    again = school("run", "courses", *FIRST)

    assert again.exit_code == 0, again.stderr
    assert (school.tables(), loads(school)) == before
    assert [school.steps()[name] for name in STEPS[1:]] == ["already-loaded"] * 2 + ["succeeded"] * 2
    assert "not needed: its rows are loaded already" in again.stderr


def test_force_loads_again(school):
    assert school("run", "courses", *FIRST).exit_code == 0
    first = loads(school)
    school.change_source("UPDATE courses SET title = 'Changed'")

    again = school("run", "courses", *FIRST, "--force")

    assert again.exit_code == 0, again.stderr
    assert [title for *_, title in production(school)] == ["Changed"] * 3
    assert len(loads(school)) == len(first)
    assert loads(school) != first
    assert set(school.steps().values()) == {"succeeded"}


def test_resume_repeats_only_what_is_not_done(school):
    marker = school.root / "go"
    school.pipeline(
        "courses",
        "step_type: extract-rds\nname: extract\nhost_name: school\nsql: SELECT id, slug, title FROM courses",
        f"step_type: transform\nname: gate\nno_output: true\ninput_node: []\ncommand: test -e {marker}",
        "step_type: create-load\nname: load\ninput_node: extract\ndepends_on: gate\n"
        "match_columns: position\ntable_definition: tables/staging.courses.sql",
        "step_type: create-load\nname: other\ninput_node: extract\n"
        "match_columns: position\ntable_definition: tables/prod.courses.sql",
    )
    failed = school("run", "courses", *FIRST)
    assert failed.exit_code == 1
    assert school.steps() == {
        "extract": "succeeded", "gate": "failed", "load": "skipped", "other": "succeeded",
    }  # fmt: skip
    school.change_source("DELETE FROM courses")
    marker.touch()
    go_on = re.search(r"^to go on: +dataduct (.*)$", failed.stderr, re.MULTILINE)
    assert go_on is not None

    resumed = school(*go_on[1].split())

    assert resumed.exit_code == 0, resumed.stderr
    assert len(school.runs()) == 1, "the run is the same one"
    assert school.rows("FROM staging.courses ORDER BY ALL") == LOADED, (
        "what was extracted is not extracted again"
    )
    attempts = school("history", school.runs()[0]["id"], "--json").document()["steps"]
    assert {step["step"]: len(step["attempts"]) for step in attempts} == {
        "extract": 1, "gate": 2, "load": 1, "other": 1,
    }  # fmt: skip


def test_two_run_dates_out_of_order(school):
    school.change_source(
        "ALTER TABLE courses ADD day TEXT; UPDATE courses SET day = '2026-01-0' || min(id, 2)"
    )
    school.write(
        {
            "pipelines/courses.yaml": (school.root / "pipelines/courses.yaml")
            .read_text()
            .replace("FROM courses", "FROM courses WHERE day = '{{ run_date }}'")
            .split("  - step_type: count-check")[0]
        }
    )
    assert school("run", "courses", *SECOND).exit_code == 0
    assert [row[0] for row in production(school)] == [2, 3]
    assert school("run", "courses", *FIRST).exit_code == 0
    assert production(school) == LOADED
    assert school.rows("SELECT course_id FROM staging.courses") == [(1,)]

    before = school.tables()
    for day in (SECOND, FIRST, SECOND):
        again = school("run", "courses", *day)
        assert again.exit_code == 0, again.stderr
        assert school.tables() == before


@pytest.mark.parametrize(
    ("expressions", "chosen"),
    [
        (["upsert"], ["upsert"]),
        (["upsert+"], ["upsert", "check-key", "check-count"]),
        (["+load"], ["extract", "load"]),
        (["extract", "check-count"], ["extract", "check-count"]),
    ],
)
def test_selected_steps(school, expressions, chosen):
    assert school("run", "courses", *FIRST).exit_code == 0
    options = [part for expression in expressions for part in ("--select", expression)]
    ended = school("run", "courses", *SECOND, *options)
    assert ended.exit_code == 0, ended.stderr
    assert list(school.steps()) == chosen
    assert production(school) == LOADED


# --- stopped and killed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_can_go_on(school, begin, stop):
    marker, told = school.root / "go", school.root / "told"
    steps = (school.root / "pipelines/courses.yaml").read_text().split("steps:\n")[1]
    school.write(
        {
            "pipelines/courses.yaml": f"name: courses\nsteps:\n{steps}"
            f"  - step_type: transform\n    name: gate\n    no_output: true\n    input_node: []\n"
            f"    command: test -e {marker} || sleep 66.6\n"
            f"teardown:\n  step_type: transform\n  name: tell\n  no_output: true\n"
            f"  command: echo $DATADUCT_RUN_STATUS > {told}\n"
        }
    )
    process = begin("run", "courses", *FIRST, "--workers", "2")
    wait_for(process, r"gate +started")
    process.send_signal(stop)
    _, rest = process.communicate(timeout=30)

    assert process.returncode == 130, rest
    assert "Traceback" not in rest
    assert f"the run was interrupted by {stop.name}" in rest
    assert told.read_text() == "interrupted\n"
    assert school.runs()[0]["status"] == "interrupted"
    assert not [entry for entry in Path("/proc").glob("[0-9]*/cmdline") if b"66.6" in read(entry)]

    marker.touch()
    resumed = school("run", "courses", "--resume")
    assert resumed.exit_code == 0, resumed.stderr
    assert production(school) == LOADED
    assert [run["status"] for run in school.runs()] == ["succeeded"]


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_killed_at_any_moment_and_resumed(school):
    """Each day some rows come, change and go; each day the first process is killed at some moment."""
    chance = random.Random(20130101)
    school.change_source(
        "WITH RECURSIVE n(i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) "
        "INSERT INTO courses SELECT i, 'c' || i, 'title ' || i FROM n"
    )
    killed = 0
    began = time.monotonic()
    whole = school.process("run", "courses", "--run-date", "2026-01-01")
    took = time.monotonic() - began
    assert whole.exit_code == 0, whole.stderr
    for day in range(2, 10):
        school.change_source(
            f"UPDATE courses SET title = 'day {day}' WHERE id % 10 = {day}; "
            f"INSERT INTO courses VALUES ({10_000 + day}, 'new', 'new')"
        )
        date = ("--run-date", f"2026-01-{day:02}")
        process = school.begin("run", "courses", *date)
        time.sleep(chance.uniform(0.3, 1.0) * took)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        killed += process.returncode == -signal.SIGKILL

        resumed = school("run", "courses", *date, "--resume")

        assert resumed.exit_code == 0, resumed.stderr
        assert production(school) == school.source_rows("SELECT id, slug, title FROM courses ORDER BY id")
        assert school.rows(f"SELECT COUNT(*) FROM dataduct.loads WHERE run_date = '{date[1]}'") == [(2,)]
        latest = [run["status"] for run in school.runs() if run["run_date"] == date[1]]
        assert latest[0] == "succeeded"
        assert "running" not in latest
        if time.monotonic() - began > 30:
            break
    assert killed, "some processes are killed before they end"


# --- two at a time -------------------------------------------------------------------------------------------------


def test_two_processes_run_the_same_pipeline_and_run_date(school, begin):
    processes = [begin("run", "courses", *FIRST, "--json") for _ in range(2)]
    ended = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], ended
    statuses = sorted(
        next(step["status"] for step in json.loads(stdout)["steps"] if step["step"] == "upsert")
        for stdout, _ in ended
    )
    assert statuses == ["already-loaded", "succeeded"]
    assert production(school) == LOADED
    assert [run["status"] for run in school.runs()] == ["succeeded"] * 2


def test_two_pipelines_share_a_warehouse(school, begin):
    school.write({"tables/staging.others.sql": "CREATE TABLE staging.others (id INTEGER, slug VARCHAR(20))"})
    school.pipeline(
        "others",
        "step_type: extract-rds\nname: extract\nhost_name: school\nsql: SELECT id, slug FROM courses",
        "step_type: create-load\nname: load\ntable_definition: tables/staging.others.sql",
    )
    processes = [begin("run", name, *FIRST) for name in ("courses", "others")]
    ended = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], ended
    assert production(school) == LOADED
    assert school.rows("FROM staging.others ORDER BY ALL") == [row[:2] for row in LOADED]


# --- looking back --------------------------------------------------------------------------------------------------


def test_what_programs_read(school):
    """Standard output of a command with `--json` is one document, whatever happened."""
    succeeded = school("run", "courses", *FIRST, "--json").document()
    assert succeeded["run"]["status"] == "succeeded"
    assert [step["step"] for step in succeeded["steps"]] == STEPS
    assert [verdict["passed"] for verdict in succeeded["verdicts"]] == [True, True]
    school.change_source("DELETE FROM courses WHERE id = 1")
    failing = school("run", "courses", *SECOND, "--json")
    assert (failing.exit_code, failing.document()["run"]["status"]) == (1, "failed")

    runs = school.runs()
    assert [(run["pipeline"], run["run_date"], run["status"]) for run in runs] == [
        ("courses", "2026-01-02", "failed"), ("courses", "2026-01-01", "succeeded"),
    ]  # fmt: skip
    of_run = school("history", runs[0]["id"], "--json", "--sql").document()
    assert of_run["verdicts"][-1]["figures"]["difference"] == 1
    assert "prod.courses" in school("history", runs[0]["id"], "--sql").stdout
    assert "check-count" in school("history", "courses").stdout + school("history", runs[0]["id"]).stdout

    log = school("logs", runs[0]["id"])
    assert log.exit_code == 0
    assert "check-count" in log.stderr
    assert "DD801" in log.stdout
    assert "rows" in school("logs", runs[1]["id"], "extract").stdout

    plan = school("plan", "courses", "--json")
    assert [step["name"] for step in plan.document()["steps"]] == STEPS


CANARY = "canary-4f1d7a"


def test_a_secret_of_the_environment_is_nowhere(school, monkeypatch):
    monkeypatch.setenv("CANARY_TOKEN", CANARY)
    file = school.pipeline(
        "secretive",
        "step_type: extract-rds\nname: extract\nhost_name: school\n"
        "sql: SELECT id, slug, title FROM courses WHERE slug <> '{{ env.CANARY_TOKEN }}'",
        "step_type: create-load\nname: load\nmatch_columns: position\n"
        "table_definition: tables/staging.courses.sql",
        "step_type: sql-command\nname: tidy\n"
        "command: DELETE FROM staging.courses WHERE title = '{{ env.CANARY_TOKEN }}'",
        "step_type: sql-command\nname: wrong\n"
        "command: DELETE FROM staging.courses WHERE titel = '{{ env.CANARY_TOKEN }}'",
        "step_type: transform\nname: spill\nno_output: true\ninput_node: []\n"
        "command: echo {{ env.CANARY_TOKEN }}; echo token=$CANARY_TOKEN >&2; exit 1",
        "step_type: qa-transform\nname: spill-as-check\ncommand: echo {{ env.CANARY_TOKEN }}; exit 1",
        "step_type: extract-rds\nname: spill-at-source\nhost_name: school\n"
        "sql: SELECT {{ env.CANARY_TOKEN }} FROM courses",
    )
    plan = school.root / "plan.json"
    told = [
        school("plan", file, *FIRST),
        school("plan", file, "-o", str(plan)),
        school("run", file, *FIRST, "--json"),
        school("run", file, "--resume"),
        school("--verbose", "run", file, *FIRST),
    ]
    assert [ended.exit_code for ended in told] == [0, 0, 1, 1, 1], told[2].stderr
    assert set(school.steps().values()) >= {"failed", "already-loaded"}
    run = school.runs()[0]["id"]
    told += [school("history", run, "--sql"), school("history", run, "--sql", "--json")]
    told += [school("logs", run, step) for step in ("spill", "wrong", "spill-as-check", "spill-at-source")]
    told.append(school("execute", str(plan), "--step", "spill", *FIRST))

    assert "***" in told[2].stderr
    for ended in told:
        assert CANARY not in ended.text
    for path in school.root.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes(), path
