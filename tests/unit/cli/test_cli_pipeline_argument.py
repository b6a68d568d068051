"""What a command says when it is given something that is no pipeline file."""

from pathlib import Path

import pytest

from dataduct.cli.arguments import find_pipeline, pipeline_files
from dataduct.errors import UserError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("dataduct.yml", "pipelines/courses.yaml", "pipelines/teachers.yml", "empty/readme.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("name: x\n")
    return tmp_path


def test_a_settings_file_is_no_pipeline(here):
    assert [path.name for path in pipeline_files([Path()])] == []


def test_a_directory_is_called_one_and_its_pipelines_are_listed(here):
    with pytest.raises(UserError) as refused:
        find_pipeline("pipelines", [Path()])
    assert refused.value.message == "`pipelines` is a directory, and one pipeline file is asked for"
    assert refused.value.hint == "pipelines in it: pipelines/courses.yaml, pipelines/teachers.yml"


def test_a_directory_without_pipelines(here):
    with pytest.raises(UserError) as refused:
        find_pipeline("empty", [Path()])
    assert refused.value.hint is None


def test_a_bare_name_goes_before_a_directory_of_that_name(here):
    (here / "courses").mkdir()
    assert find_pipeline("courses", [Path()]) == Path("pipelines/courses.yaml")
