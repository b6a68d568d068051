"""The group itself: help, the lazy table, exit codes, and how errors end."""

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from dataduct import api
from dataduct.cli.main import SECTIONS
from dataduct.errors import Interrupted, ProblemsError, TerminalError, UserError
from dataduct.model.position import Position
from dataduct.model.problem import Problem

COMMANDS = {name: entry for section in SECTIONS.values() for name, entry in section.items()}


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_help(dataduct, golden):
    outcome = dataduct("--help")
    assert outcome.exit_code == 0
    golden("cli/help.txt", outcome.stdout)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_says_what_each_command_says_of_itself(name):
    command = import_module(f"dataduct.cli.{COMMANDS[name].module}").command
    assert command.name == name
    assert inspect.cleandoc(command.help).splitlines()[0] == COMMANDS[name].short_help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_the_global_options(dataduct, name):
    outcome = dataduct(name, "--help")
    assert outcome.exit_code == 0
    for option in ("-C, --project", "-m, --mode", "--no-color", "-v, --verbose", "--version", "-h, --help"):
        assert option in outcome.stdout


def test_help_imports_nothing_heavy():
    ran = python(
        "import sys\n"
        "from dataduct.cli.main import dataduct\n"
        "try:\n    dataduct.main(['--help'])\n"
        "except SystemExit as ending:\n    assert ending.code == 0\n"
        "mine = sorted(m for m in sys.modules if m.startswith('dataduct'))\n"
        "heavy = {'pydantic', 'duckdb', 'pyarrow', 'sqlglot', 'rich', 'sqlalchemy', 'yaml', 'jinja2', 'asyncio'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "assert mine == ['dataduct', 'dataduct.cli', 'dataduct.cli.console', 'dataduct.cli.invocation', "
        "'dataduct.cli.lazy', 'dataduct.cli.main', 'dataduct.cli.text'], mine\n"
    )
    assert ran.returncode == 0, ran.stderr


def test_version_before_and_after_the_command(dataduct):
    from dataduct import __version__

    assert dataduct("--version").stdout == f"dataduct {__version__}\n"
    assert dataduct("run", "--version").stdout == f"dataduct {__version__}\n"


def test_no_command_shows_the_help_and_is_wrong_input(dataduct):
    outcome = dataduct()
    assert outcome.exit_code == 2
    assert outcome.stdout == ""
    assert "Write and check" in outcome.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["rum"], "there is no command `rum`; did you mean `run`?"),
        (["run"], "missing argument 'PIPELINE'"),
        (["run", "x", "--resum"], "no such option"),
        (["run", "x", "--var", "novalue"], "`novalue` is not NAME=VALUE"),
        (["-C", "nowhere", "steps"], "directory 'nowhere' does not exist"),
        (["history", "--limit", "0"], "0 is not in the range"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_where_to_look(dataduct, arguments, told):
    outcome = dataduct(*arguments)
    assert outcome.exit_code == 2
    assert outcome.stdout == ""
    assert told.casefold() in outcome.stderr.casefold()
    assert "--help tells more" in outcome.stderr


@pytest.mark.parametrize(
    "arguments", [["-C", ".", "-m", "prod", "steps"], ["steps", "-C", ".", "-m", "prod"]]
)
def test_global_options_stand_before_or_after_the_command(dataduct, arguments, monkeypatch):
    from dataduct.cli.invocation import Invocation

    seen = []
    monkeypatch.setattr(api, "step_types", lambda: seen.append(click.get_current_context().obj) or [])
    dataduct(*arguments)
    (invocation,) = seen
    assert isinstance(invocation, Invocation)
    assert (invocation.directory, invocation.mode) == (Path(), "prod")


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (UserError("it is wrong", code="DD513", hint="write it so", details=("line one",)), 2,
         "error[DD513]: it is wrong\n  line one\n  hint: write it so\n"),
        (TerminalError("it broke", code="DD701"), 1, "error[DD701]: it broke\n"),
        (Interrupted("stopped by SIGTERM", code="DD910"), 130, "interrupted[DD910]: stopped by SIGTERM\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (click.Abort(), 130, "interrupted\n"),
    ],
)  # fmt: skip
def test_every_ending_has_its_exit_code_and_words(dataduct, monkeypatch, error, code, told):
    def fail():
        raise error

    monkeypatch.setattr(api, "step_types", fail)
    outcome = dataduct("steps")
    assert (outcome.exit_code, outcome.stderr, outcome.stdout) == (code, told, "")


def test_problems_are_drawn_on_standard_error(dataduct, monkeypatch):
    def fail():
        raise ProblemsError(
            [Problem(code="DD601", message="no such mode", position=Position("dataduct.yml", 3, 1))]
        )

    monkeypatch.setattr(api, "step_types", fail)
    outcome = dataduct("steps")
    assert outcome.exit_code == 2
    assert "error[DD601]: no such mode\n --> dataduct.yml:3:1\n" in outcome.stderr


def test_an_unexpected_error_saves_its_traceback_and_shows_one_line(dataduct, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(api, "step_types", lambda: 1 // 0)
    outcome = dataduct("steps")
    assert outcome.exit_code == 1
    (told,) = outcome.stderr.splitlines()
    (report,) = tmp_path.glob("dataduct-error-*.txt")
    assert told.startswith("error[DD901]: unexpected ZeroDivisionError at test_cli_main.py:")
    assert told.endswith(f"report: {report}")
    assert "Traceback" in report.read_text()
    assert report.stat().st_mode & 0o077 == 0


def test_verbose_shows_the_traceback(dataduct, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(api, "step_types", lambda: 1 // 0)
    assert "Traceback (most recent call last)" in dataduct("steps", "-v").stderr


def test_a_reader_that_goes_away_is_no_error():
    ran = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} -m dataduct steps --json | head -n 1"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    for arguments in ("--help", "explain"):
        ran = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {sys.executable} -m dataduct {arguments} | true"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (ran.returncode, ran.stderr) == (0, ""), arguments


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_the_shells_script(dataduct, shell):
    outcome = dataduct("completion", shell)
    assert outcome.exit_code == 0
    assert "_DATADUCT_COMPLETE" in outcome.stdout
    assert f"dataduct completion {shell} > " in dataduct("completion").stdout


def complete(*words: str, cwd: Path | None = None) -> list[str]:
    environment = {
        "_DATADUCT_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    ran = subprocess.run(
        [sys.executable, "-m", "dataduct"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        cwd=cwd,
    )
    return [entry.partition(",")[2] for entry in ran.stdout.splitlines()]


def test_commands_options_and_values_complete(tmp_path):
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "flights.yaml").touch()
    assert complete("dataduct", "v") == ["validate", "visualize"]
    assert complete("dataduct", "run", "--res") == ["--resume"]
    assert complete("dataduct", "run", "fl", cwd=tmp_path) == ["flights", "fl"]
    assert complete("dataduct", "steps", "extract-r") == ["extract-rds", "extract-redshift"]
    assert complete("dataduct", "explain", "dd95") == [f"DD95{digit}" for digit in range(8)]
