"""The documentation is what the code does: generated pages are current, examples compile, nothing is undocumented."""

import re
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import yaml

from dataduct import api
from dataduct.cli.main import SECTIONS
from dataduct.codes import catalogue

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
EXAMPLE_PROJECT = ROOT / "tests" / "unit" / "steps" / "example_project"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])


def test_generated_pages_are_current() -> None:
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("step", api.step_types(), ids=lambda step: step.step_type)
def test_every_property_of_a_step_is_described(step: type) -> None:
    bare = [name for name, field in step.properties.model_fields.items() if not field.description]
    assert bare == []
    assert step.summary.strip()


def test_every_setting_is_described() -> None:
    schema = api.settings_schema()
    owners = {"Settings": schema, **schema.get("$defs", {})}
    bare = [
        f"{owner}.{name}"
        for owner, definition in owners.items()
        for name, field in definition.get("properties", {}).items()
        if not field.get("description")
    ]
    assert bare == []


def test_every_command_is_documented() -> None:
    text = (DOCS / "commands.md").read_text()
    assert [
        name for section in SECTIONS.values() for name in section if f"## dataduct {name}\n" not in text
    ] == []


def test_every_step_type_name_has_its_page() -> None:
    names = {
        point.name for point in entry_points(group="dataduct.steps") if point.value.startswith("dataduct.")
    }
    documented = {step.step_type for step in api.step_types()}
    documented |= {alias for step in api.step_types() for alias in step.aliases}
    assert names == documented


def test_every_code_that_is_raised_is_in_the_catalogue() -> None:
    text = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py") if "codes" not in path.parts)
    raised = set(re.findall(r"\"(DD\d{3})\"", text))
    assert raised - set(catalogue()) == set()
    assert set(catalogue()) - raised == set(), "codes that nothing raises"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_yaml_blocks_are_yaml(page: Path) -> None:
    if page.name == "errors.md":
        return
    for block in re.findall(r"```yaml\n(.*?)```", page.read_text(), flags=re.DOTALL):
        if "# wrong" not in block and not re.search(r"^(\w+):.*\n(?:.*\n)*\1:", block, flags=re.MULTILINE):
            yaml.safe_load(block)


@pytest.mark.parametrize("step", api.step_types(), ids=lambda step: step.step_type)
def test_the_example_of_a_step_compiles(step: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataduct.engine.jobs.JOBS", frozenset({"hadoop-streaming", "emr-step"}))
    blocks = re.findall(r"```yaml\n(.*?)```", step.documentation, flags=re.DOTALL)
    assert blocks, f"{step.step_type} has no example"
    shutil.copytree(EXAMPLE_PROJECT, tmp_path, dirs_exist_ok=True)
    (tmp_path / "dataduct.yml").write_text(
        "connections:\n  school: {type: sqlite, path: data/school.sqlite}\n"
        "  legacy: {type: mysql, host: db.example.org, user: etl}\n"
        "  catalog: {type: postgres, host: pg.example.org, user: etl}\n"
    )
    (tmp_path / "pipelines").mkdir()
    for number, block in enumerate(blocks):
        path = tmp_path / "pipelines" / f"example{number}.yaml"
        path.write_text(block)
        plan = api.compile_pipeline(api.open_project(tmp_path), path)
        assert {plan_step.step_type for plan_step in plan.steps} & {step.step_type, *step.aliases} or any(
            plan_step.parent for plan_step in plan.steps
        )
