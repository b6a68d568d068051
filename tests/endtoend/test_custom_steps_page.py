"""The page on custom steps does what it says: its files make a project, whose tests pass and whose pipelines run."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "custom-steps.md"
FILES = dict(re.findall(r"^`([\w/.]+)`:\n\n```\w+\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL))


@pytest.fixture
def page(empty):
    """The project that the page describes."""
    empty.write({**FILES, "data/courses.tsv": "1\talgebra\n2\tbiology\n"})
    return empty


def test_the_page_has_these_files():
    assert sorted(FILES) == [
        "conftest.py",
        "pipelines/snapshot.yaml",
        "steps/extract_from_data.py",
        "steps/keep_lines.py",
        "steps/snapshot_table.py",
        "tests/test_steps.py",
    ]


def test_its_tests_pass_and_so_does_the_scaffold(page):
    made = page("steps", "new", "my-step")
    assert made.exit_code == 0, made.stderr
    assert made.stdout.startswith("written: steps/my_step.py\nwritten: tests/test_my_step.py\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=page.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout


def test_its_pipeline_runs(page):
    page.change_warehouse("CREATE SCHEMA prod; CREATE TABLE prod.courses AS SELECT 7 AS id")
    ran = page("run", "snapshot", "--run-date", "2026-02-03")
    assert ran.exit_code == 0, ran.stderr
    assert page.rows("SELECT * FROM prod.courses_20260203") == [(7,)]


def test_its_class_of_the_first_dataduct_reads_below_data(page):
    file = page.pipeline(
        "kept",
        "step_type: extract-from-data\nname: extract\npath: courses.tsv",
        "step_type: keep-lines\nname: keep\npattern: ^2",
    )
    assert page("run", file).exit_code == 0
    assert page.files("keep") == {"lines.tsv": "2\tbiology\n"}


def test_its_settings_name_a_class_under_any_directory(page):
    block = re.search(r"^  custom_steps:.*?(?=^  ```)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    shutil.move(page.root / "steps" / "keep_lines.py", page.root / "keep_lines.py")
    page.write({"dataduct.yml": re.sub(r"^  ", "", block[0], flags=re.MULTILINE)})
    told = page("steps", "keep-lines")
    assert told.stdout.startswith("keep-lines  from `custom_steps` (keep_lines.py)\nKeep the lines of files")
