"""Every pipeline file in `project/pipelines` has a golden file: what `dataduct validate` says of it, and its exit code.

A file that is broken gets errors with line, column and remedy; one that the first Dataduct could not read and that
makes sense runs, and its golden file shows the steps it has.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dataduct.cli.main import dataduct

PROJECT = Path(__file__).parent / "project"
PIPELINES = sorted((PROJECT / "pipelines").glob("*.yaml"))

Transcript = Callable[..., str]


@pytest.fixture
def transcript(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Transcript:
    """Run a command in the project and return its exit code and output as a text."""

    def run(*arguments: str) -> str:
        monkeypatch.chdir(PROJECT)
        monkeypatch.setenv("COLUMNS", "100")
        with pytest.raises(SystemExit) as ended:
            dataduct.main(list(arguments))
        shown = capsys.readouterr()
        return f"$ dataduct {' '.join(arguments)}\n{shown.out}{shown.err}exit {ended.value.code}\n"

    return run


@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda path: path.stem)
def test_a_file_is_explained_or_runs_sensibly(
    pipeline: Path, transcript: Transcript, golden: Callable[[str, str], None]
) -> None:
    said = transcript("validate", f"pipelines/{pipeline.name}")
    if said.endswith("exit 0\n"):
        said += transcript("visualize", f"pipelines/{pipeline.name}")
    assert "Traceback" not in said
    golden(f"broken/{pipeline.stem}.txt", said)


def test_there_are_enough_of_them_and_none_is_forgotten() -> None:
    expected = {path.stem for path in (PROJECT.parent.parent / "golden" / "broken").glob("*.txt")}
    assert expected == {path.stem for path in PIPELINES}
    broken = [
        name
        for name in expected
        if "exit 2" in (PROJECT.parent.parent / "golden/broken" / f"{name}.txt").read_text()
    ]
    assert len(broken) >= 60


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project that a test may write into."""
    copy = tmp_path / "project"
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns("pipelines"))
    (copy / "pipelines").mkdir()
    monkeypatch.chdir(copy)
    return copy


def said_of(path: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Validate a file of the working directory; return exit code and what was said."""
    with pytest.raises(SystemExit) as ended:
        dataduct.main(["validate", path])
    shown = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, shown.out + shown.err


def test_a_missing_file_gets_the_nearest_name(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pipelines" / "courses.yaml").write_text("name: courses\nsteps: []\n")
    code, said = said_of("pipelines/course.yaml", capsys)
    assert code == 2
    assert "course.yaml" in said
    assert "did you mean" in said


def test_a_directory_stands_for_all_pipelines_in_it(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pipelines" / "good.yaml").write_text("name: good\nsteps: []\n")
    (project / "pipelines" / "bad.yaml").write_text("name: bad\nstep: []\n")
    code, said = said_of("pipelines", capsys)
    assert code == 2
    assert "pipelines/bad.yaml:2:1" in said
    assert "good.yaml" not in said


def test_bytes_that_are_not_utf8_are_located(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pipelines" / "latin1.yaml").write_bytes("name: p\ndescription: caf\xe9\n".encode("latin-1"))
    code, said = said_of("pipelines/latin1.yaml", capsys)
    assert code == 2
    assert "UTF-8" in said
    assert "latin1.yaml:2" in said


def test_a_file_that_is_not_yaml_by_name_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pipelines" / "courses.txt").write_text("name: p\nsteps: []\n")
    code, said = said_of("pipelines/courses.txt", capsys)
    assert code == 2
    assert ".yaml" in said


def test_a_megabyte_of_yaml_is_read(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 1_000_000
    (project / "pipelines" / "long.yaml").write_text(f"name: p\ndescription: {long}\nsteps: []\n")
    assert said_of("pipelines/long.yaml", capsys)[0] == 0


def test_ten_thousand_steps_are_checked(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = "".join(
        f"  - {{step_type: sql-command, name: s{n}, command: SELECT {n}}}\n" for n in range(10_000)
    )
    (project / "pipelines" / "many.yaml").write_text(f"name: many\nsteps:\n{steps}")
    assert said_of("pipelines/many.yaml", capsys)[0] == 0


def test_ten_thousand_broken_steps_are_all_reported(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = "".join(f"  - {{step_type: sql-command, comand: SELECT {n}}}\n" for n in range(10_000))
    (project / "pipelines" / "many.yaml").write_text(f"name: many\nsteps:\n{steps}")
    code, said = said_of("pipelines/many.yaml", capsys)
    assert code == 2
    assert said.count("has no property `comand`") == 10_000
