"""RunCommand and CopyDataset: users' programs and files."""

import os
import tempfile
from pathlib import Path

import pytest
from engine_bench import Bench, PlanBuilder

from dataduct.engine.handlers.copy_dataset import source_files
from dataduct.errors import CheckFailedError, SourceError
from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import CopyDataset, RunCommand, StagedInput, StagedOutput

INPUT = StagedInput(dataset=DatasetRef("extract", "extract"), variable="INPUT1_STAGING_DIR")


def output(step: str, node: str | None = None, subdirectory: str | None = None) -> StagedOutput:
    return StagedOutput(
        dataset=DatasetRef(step, node or step), variable="OUTPUT1_STAGING_DIR", subdirectory=subdirectory
    )


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make temporary directories below one that a test can look into."""
    directory = tmp_path / "temporary"
    directory.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    return directory


def test_a_dataset_goes_through_a_command_into_a_table(
    bench: Bench, build: PlanBuilder, temporary: Path
) -> None:
    command = RunCommand(
        inputs=(INPUT,),
        outputs=(output("transform"),),
        command="cat $INPUT1_STAGING_DIR/* | tr a-z A-Z > $OUTPUT1_STAGING_DIR/out.tsv",
    )
    plan = build.plan(
        build.extract(), build.step("transform", command, "extract"), build.load(of="transform")
    )
    assert bench.run(plan).error is None
    assert bench.rows("SELECT name FROM staging.orders ORDER BY id") == [("ONE",), ("TWO",), ("THREE",)]
    assert list(temporary.iterdir()) == []


def test_several_outputs_share_a_directory(bench: Bench, build: PlanBuilder) -> None:
    command = RunCommand(
        outputs=(output("split", "a", "a"), output("split", "b", "b")),
        command="echo 1 > $OUTPUT1_STAGING_DIR/a/x; echo 2 > $OUTPUT1_STAGING_DIR/b/y",
    )
    read = RunCommand(
        inputs=(
            StagedInput(dataset=DatasetRef("split", "a"), variable="INPUT1_STAGING_DIR", subdirectory="p"),
            StagedInput(dataset=DatasetRef("split", "b"), variable="INPUT1_STAGING_DIR", subdirectory="q"),
        ),
        command="cat $INPUT1_STAGING_DIR/p/x $INPUT1_STAGING_DIR/q/y",
    )
    assert (
        bench.run(build.plan(build.step("split", command), build.step("read", read, "split"))).error is None
    )
    assert [line[-1] for line in bench.log("read").splitlines()[-2:]] == ["1", "2"]


def test_nothing_is_published_if_the_command_fails(bench: Bench, build: PlanBuilder, temporary: Path) -> None:
    command = RunCommand(
        outputs=(output("a"),), command="echo x > $OUTPUT1_STAGING_DIR/x; seq 9; kill -SEGV $$"
    )
    read = RunCommand(
        inputs=(StagedInput(dataset=DatasetRef("a", "a"), variable="INPUT1_STAGING_DIR"),), command="true"
    )
    result = bench.run(build.plan(build.step("a", command), build.step("b", read, "a")))
    assert result.error is not None
    assert result.error.message == "the command ended by signal SIGSEGV"
    assert result.error.details == ("5", "6", "7", "8", "9")
    assert list(temporary.iterdir()) == []
    alone = bench.run(
        build.plan(build.step("a", command), build.step("b", read, "a")),
        run_id="run-2",
        select=frozenset({"b"}),
    )
    assert alone.error is not None
    assert alone.error.code == "DD780"
    assert alone.error.hint == "run step `a` first"


@pytest.mark.parametrize(
    ("name", "text", "executable"),
    [
        ("s.py", "import os, sys; print(sys.argv[1:], os.environ['DATADUCT_STEP'])", False),
        ("s.sh", "echo \"['$1', '$2'] $DATADUCT_STEP\"", False),
        ("plain", "#!/usr/bin/env bash\necho \"['$1', '$2'] $DATADUCT_STEP\"", True),
        ("shebang", "#!/usr/bin/env bash\necho \"['$1', '$2'] $DATADUCT_STEP\"", False),
    ],
)
def test_scripts_run_with_their_interpreter(
    bench: Bench, build: PlanBuilder, name: str, text: str, executable: bool
) -> None:
    script = bench.root / name
    script.write_text(text)
    script.chmod(0o755 if executable else 0o644)
    operation = RunCommand(script=str(script), arguments=("INPUT1_STAGING_DIR", "two words"))
    assert bench.run(build.plan(build.step("a", operation))).error is None
    assert "['INPUT1_STAGING_DIR', 'two words'] a" in bench.log("a")


def test_a_script_that_cannot_be_started_is_named(bench: Bench, build: PlanBuilder) -> None:
    script = bench.root / "plain"
    script.write_text("echo")
    result = bench.run(build.plan(build.step("a", RunCommand(script=str(script)))))
    assert result.error is not None
    assert result.error.code == "DD782"
    assert str(script) in result.error.message


def test_a_script_directory_is_copied(bench: Bench, build: PlanBuilder) -> None:
    directory = bench.root / "job"
    directory.mkdir()
    (directory / "main.sh").write_text("cat data.txt; echo changed > data.txt")
    (directory / "data.txt").write_text("beside\n")
    operation = RunCommand(script=str(directory / "main.sh"), script_directory=str(directory))
    assert bench.run(build.plan(build.step("a", operation))).error is None
    assert "beside" in bench.log("a")
    assert (directory / "data.txt").read_text() == "beside\n"


def test_arguments_of_a_command_are_its_positional_parameters(bench: Bench, build: PlanBuilder) -> None:
    operation = RunCommand(command='echo "$2-$1"', arguments=("a b", "c"))
    bench.run(build.plan(build.step("a", operation)))
    assert bench.log("a").rstrip().endswith("c-a b")


def test_a_command_can_be_a_check(bench: Bench, build: PlanBuilder) -> None:
    good = build.step("good", RunCommand(command="echo fine", is_check=True))
    bad = build.step("bad", RunCommand(command="echo 3 rows are wrong; exit 1", is_check=True))
    result = bench.run(build.plan(good, bad))
    assert isinstance(result.error, CheckFailedError)
    assert result.error.message == "the check's command ended with exit code 1: 3 rows are wrong"
    assert bench.finished("good").verdict is not None
    assert [(each.step, each.verdict.passed) for each in bench.queries.verdicts("run-1")] == [
        ("good", True),
        ("bad", False),
    ]


def test_files_are_copied_and_loaded(bench: Bench, build: PlanBuilder) -> None:
    (bench.root / "in.tsv").write_text("1\tone\n2\t\\N\n")
    operation = CopyDataset(
        source=str(bench.root / "in.tsv"), output=DatasetRef("extract", "extract"), format="tsv"
    )
    result = bench.run(build.plan(build.step("extract", operation), build.load()))
    assert result.error is None
    assert bench.finished("extract").message == "1 file"
    assert bench.rows("SELECT id, name FROM staging.orders ORDER BY id") == [(1, "one"), (2, None)]


def test_a_source_is_a_file_a_directory_or_a_pattern(tmp_path: Path) -> None:
    for name in ("a/1.tsv", "a/b/2.tsv", "a/3.csv"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    data = tmp_path / "data"

    def names(source: object) -> list[str]:
        return [name for _, name in source_files(str(source))]

    assert names(data / "a" / "1.tsv") == ["1.tsv"]
    assert names(data) == ["a/1.tsv", "a/3.csv", "a/b/2.tsv"]
    assert names(data / "a" / "*.tsv") == ["1.tsv"]
    assert names(data / "*" / "**" / "*.tsv") == ["a/1.tsv", "a/b/2.tsv"]
    for missing in (data / "none", data / "*.json"):
        with pytest.raises(SourceError) as caught:
            names(missing)
        assert caught.value.code == "DD781"
        assert os.fspath(missing) in caught.value.message
