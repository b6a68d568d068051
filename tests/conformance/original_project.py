"""The original's examples as a project: the files as they are, and beside them settings and what they name."""

import sys
from pathlib import Path

import pytest
from original_record import EXAMPLES, RecordedPipeline, recorded_names

from projects import Project

SETTINGS = """\
connections:
  maestro: {type: sqlite, path: maestro.sqlite}
  operational: {type: postgres, host: 127.0.0.1, user: etl, password: "${env:OPERATIONAL_PASSWORD}"}
warehouse: WAREHOUSE
resources: [resources]
custom_steps:
- {step_type: custom-extract-local, class_name: CustomExtractLocalStep, file_path: steps/custom_extract_local.py}
"""
DUCKDB = "{type: duckdb, path: warehouse.duckdb}"

COURSES = [
    (1, "algebra", "Algebra", "2013-01-01 10:00:00"),
    (2, "biology", None, "2013-02-01 11:30:00"),
    (5, "l'été", "", "2013-03-01 00:00:00"),
]
NETWORKS = [(1, "north"), (2, "south"), (3, "west")]
TEST_TABLE_1 = [(1, "thisis a roooow"), (3, ""), (4, None)]
"""What the file data/test_table1.tsv holds; the original's COPY read NULL as no value."""
DISCUSSIONS = [
    ("p1", 7, "algebra", "2014-01-01 00:00:00", "first"),
    ("p2", 8, "algebra", "2014-01-02 12:00:00", None),
    ("p4", 9, "biology", "2014-01-03 00:00:01", "tab\tand ' quote"),
]

PYTHON_2 = """\
#!{python}
import re, sys
from pathlib import Path

option, *rest = sys.argv[1:]
if option != "-c":
    exec(re.sub(r"^( *)print (.*)$", r"\\1print(\\2)", Path(option).read_text(), flags=re.MULTILINE))
"""
"""Stands in for Python 2, as far as the scripts of the examples need it: `print` may be a statement."""

_HELLO = """\
for directory in "$OUTPUT1_STAGING_DIR"/*/; do
  [ -d "$directory" ] && cp {rows} "$directory/part-0"
done
exit 0
"""


def write_project(project: Project, warehouse: str = DUCKDB) -> None:
    """Write the examples into `project`, with the tables and scripts that did not come with them."""
    project.write(
        {str(path.relative_to(EXAMPLES)): path.read_bytes() for path in EXAMPLES.rglob("*") if path.is_file()}
    )
    project.write({"dataduct.yml": SETTINGS.replace("WAREHOUSE", warehouse)})
    for name in recorded_names():
        for table, definition in RecordedPipeline(name).definitions().items():
            if not (project.root / f"resources/tables/{table}.sql").exists():
                project.write({f"resources/tables/{table}.sql": definition})
    rows = project.root / "resources" / "discussions.tsv"
    project.write(
        {
            "resources/scripts/hello.sh": _HELLO.format(rows=rows),
            "resources/discussions.tsv": "".join(_line(row) for row in DISCUSSIONS),
            "bin/pip": '#!/bin/sh\necho pip "$@"\n',
            "bin/python": f'#!/bin/sh\nexec {sys.executable} "$@"\n',
            "bin/python2": PYTHON_2.format(python=sys.executable),
        }
    )
    for name in ("pip", "python", "python2"):
        (project.root / "bin" / name).chmod(0o755)
    project.change_source(_source(), "maestro.sqlite")


def put_programs_on_path(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands find `python`, what stands in for `python2`, and a `pip` that installs nothing."""
    monkeypatch.setenv("PATH", str(Path(project.root) / "bin"), prepend=":")


def _line(row: tuple[object, ...]) -> str:
    texts = ("NULL" if value is None else str(value).replace("\t", "\\\t") for value in row)
    return "\t".join(texts) + "\n"


def _source() -> str:
    courses = ", ".join(_values(row) for row in COURSES)
    networks = ", ".join(_values(row) for row in NETWORKS)
    return f"""\
CREATE TABLE courses_course (id INTEGER PRIMARY KEY, slug TEXT, name TEXT, created TIMESTAMP);
INSERT INTO courses_course VALUES {courses};
CREATE TABLE networks_network (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO networks_network VALUES {networks};
CREATE TABLE specializations_specialization (id INTEGER PRIMARY KEY, title TEXT);
INSERT INTO specializations_specialization VALUES (7, 'data'), (8, 'design');
"""


def _values(row: tuple[object, ...]) -> str:
    return (
        "("
        + ", ".join("NULL" if v is None else repr(v) if isinstance(v, int) else _quoted(v) for v in row)
        + ")"
    )


def _quoted(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
