"""The examples of the repository: each runs as it stands, from a copy of the folder."""

import re
import shutil
from pathlib import Path

import pytest

from dataduct.registry import STEPS
from projects import Project

EXAMPLES = Path(__file__).parents[2] / "examples"
PIPELINES = sorted(path.stem for path in (EXAMPLES / "pipelines").glob("*.yaml"))
NEEDS_A_SERVER = {"extract-mysql", "extract-postgres", "extract-s3", "load-postgres", "emr-step"}
"""Step types that no example on one machine can show."""


@pytest.fixture
def library(empty: Project) -> Project:
    shutil.copytree(EXAMPLES, empty.root, dirs_exist_ok=True)
    return empty


def done(library: Project, name: str) -> Project:
    ended = library("run", f"pipelines/{name}.yaml", "--run-date", "2026-01-31")
    assert ended.exit_code == 0, ended.text
    return library


def test_the_readme_lists_every_pipeline():
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\]\(pipelines/(\w+)\.yaml\)", readme)) == PIPELINES


def test_every_step_type_is_shown():
    texts = [
        path.read_text(encoding="utf-8")
        for path in EXAMPLES.rglob("*")
        if path.suffix in (".yaml", ".yml", ".py")
    ]
    shown = set(re.findall(r"step_type: ([\w-]+)|SubStep\(\"\w+\", \"([\w-]+)\"", "\n".join(texts)))
    names = {name for pair in shown for name in pair if name}
    types = {STEPS.load(name) for name in STEPS.names() if name not in NEEDS_A_SERVER}
    missing = {
        step_type.step_type for step_type in types if not {step_type.step_type, *step_type.aliases} & names
    }
    assert missing == set()


@pytest.mark.parametrize("name", [name for name in PIPELINES if name != "nightly"])
def test_it_runs_and_runs_again(library, name):
    done(library, name)
    tables = library.tables()
    done(library, name)
    assert library.tables() == tables


def test_what_the_books_become(library):
    assert done(library, "books").rows("SELECT title, author, year FROM prod.books ORDER BY book_id") == [
        ("Middlemarch", "George Eliot", 1871),
        ("Moby-Dick", "Herman Melville", 1851),
        ("Persuasion", "Jane Austen", 1817),
        ("The Song of Roland", None, None),
    ]


def test_a_pattern_loads_every_table(library):
    tables = done(library, "all_tables").tables()
    assert {name: len(rows) for name, rows in tables.items()} == {
        "prod.books": 4, "prod.loans": 4, "prod.members": 3,
        "staging.books": 4, "staging.loans": 4, "staging.members": 3,
    }  # fmt: skip


def test_tables_made_of_the_loans(library):
    done(library, "loans")
    assert library.rows("FROM prod.open_loans ORDER BY ALL") == [(10, 1), (11, 1), (12, 1)]
    assert library.rows("SELECT loan_id FROM prod.recent_loans ORDER BY ALL") == [(102,), (103,)]
    assert library.rows("FROM prod.loans_per_author ORDER BY ALL") == [
        ("George Eliot", 2), ("Herman Melville", 1), ("Jane Austen", 1),
    ]  # fmt: skip
    assert library.rows("SELECT COUNT(*) FROM prod.loans_history") == [(4,)]


def test_words_are_counted(library):
    lines = "".join(done(library, "words").files("count").values()).splitlines()
    assert sorted(lines) == sorted(
        [
            "the\t3",
            "reading\t3",
            "room\t2",
            "was\t1",
            "full\t1",
            "lamp\t2",
            "is\t1",
            "broken\t1",
            "a\t1",
            "new\t1",
            "for\t1",
        ]
    )


def test_a_report_in_two_parts(library):
    done(library, "reports")
    assert library.files("count_children") == {"count.txt": "2\n"}


def test_books_are_published(library):
    done(library, "publish")
    assert (library.root / "published" / "books.csv").read_text() == (
        '"title","author"\n"Middlemarch","George Eliot"\n"Moby-Dick","Herman Melville"\n"Persuasion","Jane Austen"\n'
    )


def test_a_pipeline_that_waits_for_others(library):
    for name in ("books", "loans", "reports"):
        done(library, name)
    assert done(library, "nightly").files("transform") == {
        "done.txt": "books and loans of 2026-01-31 are in\n"
    }
