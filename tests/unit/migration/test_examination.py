"""What is looked at, and what is said of it."""

from pathlib import Path
from typing import Any

import pytest

from dataduct import api
from dataduct.errors import UserError

PLAIN = "name: {name}\nsteps:\n- {{step_type: transform, input_node: [], name: work, command: 'true'}}\n"


def test_every_file_that_is_a_pipeline_is_found(original: Any) -> None:
    original.write(
        {
            "a.yaml": PLAIN.format(name="a"),
            "deep/er/b.yml": PLAIN.format(name="b"),
            ".hidden/c.yaml": PLAIN.format(name="c"),
            "notes.yaml": "just: notes\n",
            "dataduct.yml": "project: mine\n",
            "broken.yaml": "name: x\nsteps:\n- step_type: [\n",
        }
    )
    report = original.report()
    assert [(file.file, file.verdict) for file in report.of_kind("pipeline")] == [
        ("a.yaml", "runs unchanged"),
        ("broken.yaml", "needs an edit"),
        ("deep/er/b.yml", "runs unchanged"),
    ]
    assert report.config == str(original.root / "dataduct.cfg")
    assert report.needs_edits


def test_the_settings_file_may_be_elsewhere(original: Any, tmp_path: Path) -> None:
    (original.root / "dataduct.cfg").rename(tmp_path / "etl.cfg")
    assert original.report().config is None
    assert api.migrate(original.root, config=tmp_path / "etl.cfg").config == str(tmp_path / "etl.cfg")
    (original.root / "conf").mkdir()
    (tmp_path / "etl.cfg").rename(original.root / "conf" / "etl.cfg")
    assert original.report().config == str(original.root / "conf" / "etl.cfg")


@pytest.mark.parametrize(("directory", "config"), [("none", None), (".", "none.cfg")])
def test_what_is_not_there(tmp_path: Path, directory: str, config: str | None) -> None:
    with pytest.raises(UserError) as raised:
        api.migrate(tmp_path / directory, config=tmp_path / config if config else None)
    assert raised.value.code == "DD980"


def test_a_pipeline_is_compiled_with_the_settings_of_the_project(original: Any) -> None:
    step = "step_type: extract-rds\n  host_name: {host}\n  database: shop\n  table: courses\n"
    original.write(
        {
            "good.yaml": f"name: good\nsteps:\n- {step.format(host='shop')}",
            "bad.yaml": f"name: bad\nsteps:\n- {step.format(host='shp')}",
        }
    )
    assert original.file("good.yaml").edits == ()
    [edit] = original.file("bad.yaml").edits
    assert (edit.code, str(edit.position), edit.hint) == ("DD601", "bad.yaml:4:14", "did you mean `shop`?")


def test_the_pipelines_are_compiled_even_if_the_settings_need_edits(original: Any) -> None:
    config = (original.root / "dataduct.cfg").read_text()
    original.write(
        {
            "dataduct.cfg": config.replace("S3_ETL_BUCKET", "S3_ETL_BUCKETS").replace(
                "HOST: shop.example.com", ""
            ),
            "p.yaml": "name: p\nsteps:\n- {step_type: extract-rds, host_name: shop, database: d, table: t}\n",
        }
    )
    report = original.report()
    [settings] = report.of_kind("settings")
    assert {problem.code for problem in settings.edits} == {"DD660", "DD628"}
    assert original.file("p.yaml").edits == ()
    assert report.unread == ()


def test_settings_that_cannot_be_read_at_all(original: Any) -> None:
    original.write({"dataduct.cfg": "etl: [\n", "p.yaml": PLAIN.format(name="p")})
    report = original.report()
    assert report.unread == ("p.yaml",)
    assert report.needs_edits
    [settings] = report.of_kind("settings")
    assert settings.verdict == "needs an edit"


def test_python_2_is_told_line_by_line_and_never_run(original: Any) -> None:
    config = (original.root / "dataduct.cfg").read_text()
    trap = "import os\nos.mkdir('ran')\n"
    original.write(
        {
            "dataduct.cfg": config
            + "custom_steps:\n- {step_type: mine, class_name: Mine, file_path: mine.py}\n"
            + "- {step_type: gone, class_name: Gone, file_path: gone.py}\n",
            "steps/mine.py": trap + "print 'loading'\n",
            "hooks/connect_to_mysql.py": trap + "try:\n    pass\nexcept OSError, error:\n    pass\n",
            "hooks/helper.py": "print 'no hook'\n",
        }
    )
    report = original.report()
    [mine, gone] = report.of_kind("custom step")
    [hook] = report.of_kind("hook")
    assert [str(problem.position).rpartition(":")[0] for problem in mine.edits] == ["steps/mine.py:3"]
    assert [str(problem.position).rpartition(":")[0] for problem in hook.edits] == [
        "hooks/connect_to_mysql.py:5"
    ]
    assert (gone.file, gone.verdict) == ("steps/gone.py", "needs an edit")
    assert not (original.root / "ran").exists()


def test_no_secret_is_in_the_report(original: Any) -> None:
    config = (original.root / "dataduct.cfg").read_text()
    original.write(
        {
            "dataduct.cfg": config,
            "p.yaml": "name: p\nsteps:\n- {step_type: extract-rds, host_name: a-secret-password, table: t}\n",
        }
    )
    assert "a-secret-password" not in repr(original.report())


def test_nothing_is_written(original: Any) -> None:
    original.write({"p.yaml": PLAIN.format(name="p")})
    before = {path: path.stat().st_mtime_ns for path in original.root.rglob("*")}
    original.report()
    assert {path: path.stat().st_mtime_ns for path in original.root.rglob("*")} == before
