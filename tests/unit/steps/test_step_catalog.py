"""Step types of a project: found by name without running anything, loaded once, kept apart from installed packages."""

import subprocess
import sys
from pathlib import Path

import pytest

from dataduct.config.settings import CustomStep
from dataduct.errors import ProblemsError, UserError
from dataduct.steps.base import Step, StepProperties, step_type_of_class
from dataduct.steps.catalog import StepCatalog
from dataduct.steps.transform import Transform

STEP = """\
from dataduct.steps import Step, SubStep

print("{mark}")


class {name}(Step):
    {body}

    @classmethod
    def expand(cls, properties):
        return [SubStep("", "sql-command", {{"command": "SELECT 1"}})]
"""


def write(directory: Path, file: str, name: str = "Snapshot", body: str = "pass", mark: str = "ran") -> None:
    path = directory / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(STEP.format(name=name, body=body, mark=mark))


def catalog(root: Path, *entries: tuple[str, str, str]) -> StepCatalog:
    custom = [CustomStep(step_type=name, class_name=cls, file_path=file) for name, cls, file in entries]
    return StepCatalog([root / "steps"], custom, root)


@pytest.mark.parametrize(
    ("name", "step_type"),
    [
        ("SnapshotTable", "snapshot-table"),
        ("SnapshotTableStep", "snapshot-table"),
        ("EMRJob", "emr-job"),
        ("S3Copy", "s3-copy"),
        ("Step", "step"),
        ("LoadV2", "load-v2"),
    ],
)
def test_a_class_names_its_step_type(name: str, step_type: str) -> None:
    assert step_type_of_class(name) == step_type


def test_what_a_class_leaves_out_has_a_default() -> None:
    class KeepRows(Step[StepProperties]):
        """Keep rows.

        More.
        """

        class Properties(StepProperties):
            limit: int

    assert (KeepRows.step_type, KeepRows.summary) == ("keep-rows", "Keep rows.")
    assert KeepRows.properties is KeepRows.Properties
    assert KeepRows.output_nodes(KeepRows.Properties(limit=1), "k") == ()
    with pytest.raises(TypeError, match="expands to other steps"):
        KeepRows.lower(KeepRows.Properties(limit=1), None)  # type: ignore[arg-type]


def test_a_subclass_of_a_built_in_step_type_is_a_step_type_of_its_own() -> None:
    class LoudTransform(Transform):
        pass

    assert (LoudTransform.step_type, LoudTransform.aliases) == ("loud-transform", ())
    assert LoudTransform.properties is Transform.properties


def test_names_are_known_without_running_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "steps/a.py", "SnapshotTable")
    write(tmp_path, "steps/b.py", "Other", 'step_type = "said"\n    aliases = ("also",)')
    write(tmp_path, "steps/_hidden.py", "Hidden")
    write(tmp_path, "steps/test_a.py", "Tested")
    found = catalog(tmp_path, ("entered", "Entered", "elsewhere.py"))
    assert found.own_names() == ("also", "entered", "said", "snapshot-table")
    assert set(found.own_names()) < set(found.names())
    assert (found.origin("said"), found.origin("transform")) == ("steps/b.py:6", "built in")
    assert capsys.readouterr().out == ""


def test_a_file_runs_once_when_a_step_type_of_it_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "steps/a.py", mark="a")
    write(tmp_path, "steps/b.py", "Other", mark="b")
    found = catalog(tmp_path)
    assert found.find("snapshot") is found.find("snapshot")
    assert catalog(tmp_path).find("snapshot").step_type == "snapshot"
    assert capsys.readouterr().out == "a\n"


def test_a_changed_file_runs_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for mark in ("one", "three"):
        write(tmp_path, "steps/a.py", mark=mark)
        catalog(tmp_path).find("snapshot")
    assert capsys.readouterr().out == "one\nthree\n"


def test_an_alias_leads_to_the_step_type(tmp_path: Path) -> None:
    write(tmp_path, "steps/b.py", "Other", 'step_type = "said"\n    aliases = ("also",)')
    assert catalog(tmp_path).find("also").step_type == "said"


def test_entries_are_looked_up_in_the_directories_and_then_the_project(tmp_path: Path) -> None:
    write(tmp_path, "steps/a.py", "First")
    write(tmp_path, "b.py", "Second")
    write(tmp_path, "far/c.py", "Third")
    found = catalog(
        tmp_path,
        ("one", "First", "a.py"),
        ("two", "Second", "b.py"),
        ("three", "Third", str(tmp_path / "far/c.py")),
    )
    assert [found.find(name).__name__ for name in ("one", "two", "three")] == ["First", "Second", "Third"]
    assert found.own_names() == ("one", "three", "two")


def test_an_entry_is_looked_up_in_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    write(tmp_path, "home/mine.py", "Mine")
    assert catalog(tmp_path, ("mine", "Mine", "~/mine.py")).find("mine").step_type == "mine"


def test_an_entry_that_names_a_class_of_the_directories_is_the_same_step_type(tmp_path: Path) -> None:
    write(tmp_path, "steps/a.py")
    assert catalog(tmp_path, ("snapshot", "Snapshot", "a.py")).find("snapshot").__name__ == "Snapshot"


def test_an_entry_with_a_wrong_class_names_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "steps/a.py")
    with pytest.raises(ProblemsError) as raised:
        catalog(tmp_path, ("snapshot", "Snapshoot", "a.py")).find("snapshot")
    (problem,) = raised.value.problems
    assert (problem.code, problem.hint) == ("DD564", "did you mean `Snapshot`?")


def test_an_unknown_name_is_answered_with_the_nearest_of_all(tmp_path: Path) -> None:
    write(tmp_path, "steps/a.py")
    (tmp_path / "steps/broken.py").write_text("def f(:\n")
    with pytest.raises(UserError) as raised:
        catalog(tmp_path).find("snapshoot")
    assert (raised.value.code, raised.value.hint) == ("DD602", "did you mean `snapshot`?")
    assert raised.value.details[1:] == ("steps/broken.py could not be read",)


def test_files_import_each_other_and_clash_with_no_installed_package(tmp_path: Path) -> None:
    write(tmp_path, "steps/json.py", body='mark = __import__("json").dumps([1])')
    (tmp_path / "steps/uses.py").write_text(
        "import json\nfrom .json import Snapshot\nclass Uses(Snapshot):\n    step_type = 'uses'\n"
        "    mark = json.dumps({})\n"
    )
    found = catalog(tmp_path)
    assert (found.find("uses").mark, found.find("snapshot").mark) == ("{}", "[1]")  # type: ignore[attr-defined]
    assert "steps" not in sys.modules


def test_help_and_the_public_doors_import_nothing_of_it() -> None:
    check = (
        "import sys; import dataduct.steps, dataduct.testing, dataduct.testing.plugin; "
        "from dataduct.cli.main import dataduct\n"
        "try: dataduct.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = [m for m in sys.modules if m.startswith(('dataduct.steps.', 'pydantic', 'pyarrow', 'duckdb'))]\n"
        "assert heavy == [], heavy"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_public_door_has_what_it_lists() -> None:
    import dataduct.steps

    names = [name for name in dir(dataduct.steps) if not name.startswith("_") and name[0].isupper()]
    assert {"Step", "StepProperties", "SubStep", "Chaining", "LoweringContext", "Field", "RunSql"} <= set(
        names
    )
    for name in names:
        assert name == "TYPE_CHECKING" or getattr(dataduct.steps, name).__name__ == name
    with pytest.raises(AttributeError, match="has no `Stepp`"):
        _ = dataduct.steps.Stepp  # type: ignore[attr-defined]
