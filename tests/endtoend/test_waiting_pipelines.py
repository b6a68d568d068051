"""Two pipelines in two processes, one of which waits for the other."""

import signal
import subprocess
import time
from collections.abc import Callable

from projects import Project

WAIT = """
step_type: pipeline-dependencies
name: wait
dependent_pipelines: courses
refresh_rate: 0.1
give_up_after: 60 seconds
"""
REPORT = """
step_type: create-update-sql
name: report
table_definition: tables/prod.report.sql
command: INSERT INTO prod.report SELECT COUNT(*) FROM prod.courses
depends_on: wait
"""


Begin = Callable[..., subprocess.Popen[str]]


def report_pipeline(school: Project, *first: str) -> str:
    school.write({"tables/prod.report.sql": "CREATE TABLE prod.report (courses INTEGER);\n"})
    return school.pipeline("report", *first, WAIT, REPORT)


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


def wait_begun(school: Project) -> bool:
    logs = (school.root / ".dataduct").rglob("*wait*.log")
    return any("waiting for `courses`" in log.read_text() for log in logs)


def test_a_pipeline_begins_its_work_when_the_other_has_ended(school: Project, begin: Begin) -> None:
    """The pipeline that waits has loaded a table before: the warehouse's file is free meanwhile."""
    earlier = "step_type: sql-command\nname: earlier\ncommand: CREATE TABLE IF NOT EXISTS marks (id INTEGER)"
    report = report_pipeline(
        school,
        earlier,
    )
    waiting = begin("run", report, "--run-date", "2026-01-01")
    wait_until(lambda: wait_begun(school))
    courses = begin("run", "pipelines/courses.yaml", "--run-date", "2026-01-01")
    stdout, stderr = courses.communicate(timeout=60)
    assert courses.returncode == 0, stdout + stderr
    stdout, stderr = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, stdout + stderr
    assert "waiting for `courses`: no run for 2026-01-01" in stdout + stderr
    assert school.rows("SELECT courses FROM prod.report") == [(3,)]


def test_a_killed_run_is_named_to_the_pipeline_that_waits(school: Project, begin: Begin) -> None:
    school.write(
        {"pipelines/courses.yaml": "name: courses\nsteps:\n  - {step_type: transform, command: sleep 100}\n"}
    )
    report = report_pipeline(school)
    courses = begin("run", "pipelines/courses.yaml", "--run-date", "2026-01-01")
    wait_until(lambda: bool(list((school.root / ".dataduct").rglob("*transform*.log"))))
    waiting = begin("run", report, "--run-date", "2026-01-01")
    wait_until(lambda: wait_begun(school))
    courses.send_signal(signal.SIGKILL)
    stdout, stderr = waiting.communicate(timeout=60)
    assert waiting.returncode == 1
    assert "of pipeline `courses` for 2026-01-01 was interrupted" in stdout + stderr
    assert "DD790" in stdout + stderr


def test_a_pipeline_that_waits_stops_at_once_when_told_to(school: Project, begin: Begin) -> None:
    report = report_pipeline(school)
    waiting = begin("run", report, "--run-date", "2026-01-01")
    wait_until(lambda: wait_begun(school))
    told = time.monotonic()
    waiting.send_signal(signal.SIGTERM)
    waiting.communicate(timeout=60)
    assert waiting.returncode == 130
    assert time.monotonic() - told < 10


def test_a_pipeline_cannot_wait_for_itself(school: Project) -> None:
    file = school.pipeline("courses2", WAIT.replace("courses", "courses2"))
    ended = school("validate", file)
    assert ended.exit_code == 2
    assert "pipeline `courses2` waits for itself" in ended.text
