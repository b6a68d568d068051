"""The shape of the house: who may import whom, and what may not be there at all."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "dataduct").rglob("*.py"))
HEAVY = ("duckdb", "pyarrow", "pydantic", "sqlalchemy", "sqlglot", "jinja2", "rich", "yaml", "tenacity")


def test_each_floor_imports_only_from_the_floors_below() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_is_a_dumping_ground() -> None:
    names = {"utils", "util", "helpers", "helper", "common", "core", "misc", "shared"}
    assert [path for path in SOURCES if names & {path.stem, *path.parent.parts}] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src" / "dataduct")))
def test_a_module_fits_in_the_head(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= 450
    long = [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno > 60
    ]
    assert long == []


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom dataduct.cli.main import dataduct\n"
        "try:\n    dataduct.main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_validate_opens_no_database() -> None:
    code = (
        "import sys\nfrom dataduct.cli.main import dataduct\n"
        "try:\n    dataduct.main(['validate', 'pipelines/nycflights.yaml'])\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "print([name for name in ('duckdb', 'pyarrow', 'sqlalchemy', 'rich') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "demo", capture_output=True, text=True, check=True
    )
    assert done.stderr.strip().splitlines()[-1] == "[]"


def test_no_two_test_modules_have_one_name() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
