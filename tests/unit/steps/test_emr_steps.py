"""emr-streaming and emr-step."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import EmrJob, StreamingJob, SubmitJob

WORDS = {"words": None}


@pytest.fixture
def streaming(lower: Callable[..., object], project: Path) -> Callable[..., object]:
    """Lower an `emr-streaming` step in a project with a few scripts."""
    scripts = project / "resources" / "scripts"
    scripts.mkdir(parents=True, exist_ok=True)
    for name in ("map.py", "reduce.py", "two words.py"):
        (scripts / name).write_text("print('x')\n")
    (scripts / "old.py").write_text("import sys\nprint 'x'\n")
    return lambda yaml, **more: lower("emr-streaming", yaml, **{"inputs": WORDS, **more})


def test_scripts_of_the_project(streaming: Callable[..., object], project: Path) -> None:
    lowered = streaming("{mapper: scripts/map.py, reducer: scripts/reduce.py}")
    scripts = project / "resources" / "scripts"
    assert lowered.problems == []
    assert lowered.operation == SubmitJob(
        job=StreamingJob(mapper=str(scripts / "map.py"), reducer=str(scripts / "reduce.py")),
        inputs=(DatasetRef("words", "words"),),
        output=DatasetRef("step", "step"),
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("cat", "cat"),
        ("cut -f 2 | tr a-z A-Z", "cut -f 2 | tr a-z A-Z"),
        ("scripts/map.py --lower 'a b'", "{scripts}/map.py --lower 'a b'"),
        ("scripts/two words.py", "{scripts}/two words.py"),
        ("aggregate", "aggregate"),
        ("PYTHONPATH=a/b python3 -m words", "PYTHONPATH=a/b python3 -m words"),
        ("{{ var.mapper }}", "{{ var.mapper }}"),
    ],
)
def test_what_a_mapper_can_be(
    streaming: Callable[..., object], project: Path, written: str, expected: str
) -> None:
    lowered = streaming(f'mapper: "{written}"')
    assert lowered.problems == []
    assert lowered.operation.job.mapper == expected.format(scripts=project / "resources" / "scripts") or (
        written.startswith("{{")
    )


@pytest.mark.parametrize(
    ("written", "code", "hint"),
    [
        ("scripts/mop.py", "DD205", "did you mean `scripts/map.py`?"),
        ("scripts/mop.py --lower", "DD205", "did you mean `scripts/map.py`?"),
        ("no-such-program-anywhere", "DD205", None),
        ("scripts", "DD206", None),
        ("s3://bucket/map.py", "DD283", "put the script in the project and name it by its path"),
        ("org.apache.hadoop.mapred.lib.IdentityMapper", "DD283", "`cat` passes every line on"),
    ],
)
def test_what_a_mapper_cannot_be(
    streaming: Callable[..., object], written: str, code: str, hint: str | None
) -> None:
    problem = streaming(f"mapper: {written}").only_problem
    assert (problem.code, problem.hint) == (code, hint)
    assert written.split()[0] in problem.message or code == "DD283"


def test_a_script_for_python_2_is_told_of(streaming: Callable[..., object]) -> None:
    lowered = streaming("mapper: scripts/old.py")
    assert (lowered.only_problem.code, lowered.only_problem.severity) == ("DD282", "warning")
    assert "scripts/old.py` is written for Python 2 (line 2)" in lowered.only_problem.message
    assert lowered.operation is not None


def test_files_and_combiner_of_the_options_are_found(streaming: Callable[..., object], project: Path) -> None:
    lowered = streaming(
        "{mapper: cat, hadoop_params: [-combiner, scripts/reduce.py, '-files scripts/map.py#m', -numReduceTasks, 2]}"
    )
    scripts = project / "resources" / "scripts"
    assert lowered.problems == []
    assert lowered.operation.job.options == (
        *("-combiner", f"{scripts}/reduce.py", "-files", f"{scripts}/map.py#m", "-numReduceTasks", "2"),
    )


def test_wrong_options_are_reported(streaming: Callable[..., object]) -> None:
    problem = streaming("{mapper: cat, hadoop_params: [-numReducers, 2]}").only_problem
    assert problem.code == "DD281"
    assert "did you mean `-numReduceTasks`?" in problem.message
    assert streaming("{mapper: cat, hadoop_params: [-files, missing.txt]}").codes == ["DD205"]


def test_options_with_templates_are_read_when_the_step_runs(streaming: Callable[..., object]) -> None:
    lowered = streaming("{mapper: cat, hadoop_params: [-numReduceTasks, '{{ var.reduces }}']}")
    assert lowered.problems == []


def test_no_reducer_by_hadoop_s_name(streaming: Callable[..., object]) -> None:
    job = streaming("{mapper: cat, reducer: NONE}").operation.job
    assert (job.reducer, job.options) == (None, ("-D", "mapreduce.job.reduces=0"))


def test_an_input_is_needed(streaming: Callable[..., object]) -> None:
    assert streaming("mapper: cat", inputs={}).codes == ["DD284"]


def test_a_step_of_a_cluster(lower: Callable[..., object]) -> None:
    lowered = lower("emr-step", "step_string: 's3://bucket/job.jar,--a'", inputs=WORDS)
    assert lowered.operation == SubmitJob(
        job=EmrJob(step="s3://bucket/job.jar,--a"), inputs=(DatasetRef("words", "words"),)
    )
