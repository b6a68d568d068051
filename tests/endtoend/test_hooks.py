"""Hooks of a real project: what they are told, what they change, and what becomes of a run in which they fail."""

import json
import time
from typing import Any

import pytest

RECORD = """\
import json
def hook(event):
    with open({path!r}, "a") as file:
        file.write(json.dumps(event.to_dict()) + "\\n")
"""
POINTS = ("run_started", "step_started", "step_finished", "step_failed", "run_finished")
WORK = "step_type: transform\nname: work\ncommand: {command}\ninput_node: []\nno_output: true"


@pytest.fixture
def project(empty: Any) -> Any:
    empty.write({"dataduct.yml": "engine: {max_retries: 0, retry_delay: 0.01}\nhooks: {timeout: 0.5}\n"})
    return empty


def recorded(project: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (project.root / "seen.jsonl").read_text().splitlines()]


def record(project: Any) -> None:
    text = RECORD.format(path=str(project.root / "seen.jsonl"))
    project.write({f"hooks/{point}.py": text for point in POINTS})


def test_hooks_are_told_of_a_run_from_its_beginning_to_its_end(project: Any) -> None:
    record(project)
    project.pipeline(
        "work",
        WORK.format(command="'true'"),
        WORK.format(command="exit 2").replace("work", "break"),
        WORK.format(command="'true'").replace("work", "after") + "\ndepends_on: break",
    )
    assert project("run", "work", "--run-date", "2026-01-31", "--workers", "1").exit_code == 1
    events = recorded(project)
    assert [(event["point"], event["step"], event["status"]) for event in events] == [
        ("run_started", None, "running"),
        ("step_started", "work", "running"),
        ("step_finished", "work", "succeeded"),
        ("step_started", "break", "running"),
        ("step_finished", "break", "failed"),
        ("step_failed", "break", "failed"),
        ("step_finished", "after", "skipped"),
        ("run_finished", None, "failed"),
    ]
    assert {(event["pipeline"], event["run_date"], event["run_id"]) for event in events} == {
        ("work", "2026-01-31", project.runs()[0]["id"])
    }
    assert [event["error"] for event in events] == [
        *[None] * 4,
        *["the command ended with exit code 2"] * 2,
        "step `break` failed",
        "the command ended with exit code 2",
    ]


def test_an_event_hook_that_raises_is_a_warning(project: Any) -> None:
    project.write({"hooks/step_finished.py": "def hook(event):\n    raise ValueError('no such channel')\n"})
    project.pipeline("work", WORK.format(command="'true'"))
    ended = project("run", "work")
    assert ended.exit_code == 0
    warned = "warning: the hook hooks/step_finished.py:2 raised ValueError: no such channel, called at step_finished"
    assert f"{warned} of step `work`" in ended.stderr
    [log] = (project.root / ".dataduct" / "logs").rglob("hooks.log")
    assert "WARNING the hook hooks/step_finished.py:2 raised ValueError: no such channel" in log.read_text()
    assert str(log) in ended.stderr


def test_an_event_hook_that_hangs_ends_neither_the_run_nor_keeps_the_process(project: Any) -> None:
    project.write({"hooks/run_started.py": "import threading\ndef hook(event): threading.Event().wait()\n"})
    project.pipeline("work", WORK.format(command="'true'"))
    before = time.monotonic()
    ended = project.process("run", "work", seconds=30)
    assert ended.exit_code == 0
    assert "took longer than 0.5 seconds, called at run_started; it is not called again" in ended.stderr
    assert time.monotonic() - before < 20


def test_events_hold_no_secrets(project: Any) -> None:
    record(project)
    leak = "echo {{ env.VAULT_PASSWORD }}; exit 1"
    project.pipeline("work", f"step_type: qa-transform\nname: check\ncommand: {leak}\ninput_node: []")
    assert project("run", "work", VAULT_PASSWORD="hunter2-and-more").exit_code == 1
    [failed] = [event for event in recorded(project) if event["point"] == "step_failed"]
    assert failed["error"] == "the check's command ended with exit code 1: ***"
    assert "hunter2" not in (project.root / "seen.jsonl").read_text()


def test_a_connect_hook_says_where_a_connection_leads(school: Any) -> None:
    school.write(
        {
            "hooks/connect.py": (
                "opened = []\n"
                "def before_hook(*args, **kwargs):\n"
                "    if kwargs['alias'] == 'school':\n"
                "        kwargs['path'] = kwargs['path'].replace('moved', 'source')\n"
                "    return args, kwargs\n"
                "def after_hook(result):\n"
                f"    with open({str(school.root / 'opened')!r}, 'a') as file:\n"
                "        file.write(type(result).__name__ + '\\n')\n"
            )
        }
    )
    school.write(
        {"dataduct.yml": (school.root / "dataduct.yml").read_text().replace("source.sqlite", "moved.sqlite")}
    )
    ended = school("run", "courses", "--run-date", "2026-01-31")
    assert ended.exit_code == 0, ended.stderr
    assert school.rows("SELECT count(*) FROM prod.courses") == [(3,)]
    assert set((school.root / "opened").read_text().split()) >= {"SqliteReader", "DuckDbWarehouse"}
    assert school("connections", "test", "school").exit_code == 0


def test_a_connect_hook_that_raises_fails_the_step_and_is_called_at_each_attempt(school: Any) -> None:
    count = school.root / "count"
    school.write(
        {
            "hooks/connect.py": (
                "def before_hook(*args, **kwargs):\n"
                "    if kwargs['alias'] == 'school':\n"
                f"        with open({str(count)!r}, 'a') as file:\n"
                "            file.write('x')\n"
                "        raise LookupError('no password for ' + kwargs['alias'])\n"
                "    return args, kwargs\n"
            )
        }
    )
    text = (school.root / "pipelines/courses.yaml").read_text()
    school.write(
        {"pipelines/courses.yaml": text.replace("name: extract\n", "name: extract\n    max_retries: 2\n")}
    )
    ended = school("run", "courses")
    assert ended.exit_code == 1
    assert (
        "error[DD895]: the hook hooks/connect.py:5 raised LookupError: no password for school" in ended.stderr
    )
    assert count.read_text() == "xxx"


def test_a_broken_hook_file_stops_a_run_before_it_begins(school: Any) -> None:
    school.write({"hooks/connect_to_mysql.py": "print 'connecting'\n"})
    ended = school("run", "courses")
    assert ended.exit_code == 2
    assert "error[DD890]: the hook hooks/connect_to_mysql.py:1 is no Python 3" in ended.stderr
    assert school.runs() == []


def test_hooks_around_a_run_may_change_its_variables(project: Any) -> None:
    project.write(
        {
            "hooks/activate_pipeline.py": (
                "def before_hook(*args, pipeline, **kwargs):\n"
                "    kwargs['variables']['who'] = pipeline\n"
                "    return args, {'pipeline': pipeline, **kwargs}\n"
                "def after_hook(result):\n"
                f"    with open({str(project.root / 'ended')!r}, 'w') as file:\n"
                "        file.write(result.status)\n"
            ),
            "pipelines/work.yaml": (
                "name: work\nvariables: {who: nobody}\nsteps:\n"
                "- step_type: sql-command\n"
                "  name: keep\n  command: CREATE TABLE said AS SELECT '{{ var.who }}' AS who\n"
            ),
        }
    )
    ended = project("run", "work")
    assert ended.exit_code == 0, ended.stderr
    assert project.rows("SELECT who FROM said") == [("work",)]
    assert (project.root / "ended").read_text() == "succeeded"


def test_steps_executed_alone_are_one_run_to_the_hooks(project: Any) -> None:
    record(project)
    file = project.pipeline(
        "work", WORK.format(command="'true'"), WORK.format(command="'true'").replace("work", "next")
    )
    project.write({"plan.json": project("plan", file, "--json").stdout})
    for name in ("work", "next"):
        ended = project("execute", "plan.json", "--step", name, "--run-date", "2026-01-31", "--run-id", "r")
        assert ended.exit_code == 0, ended.stderr
    assert [(event["point"], event["step"]) for event in recorded(project)] == [
        ("run_started", None),
        ("step_started", "work"),
        ("step_finished", "work"),
        ("step_started", "next"),
        ("step_finished", "next"),
        ("run_finished", None),
    ]
