"""SubmitJob: streaming jobs between datasets."""

import tempfile
from pathlib import Path

import pytest
from engine_bench import Bench, PlanBuilder

from dataduct.errors import CommandFailedError, StepTimeoutError, UserError
from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import EmrJob, Job, StreamingJob, SubmitJob
from dataduct.plan.codec import plan_from_json, plan_to_json


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make temporary directories below one that a test can look into."""
    directory = tmp_path / "temporary"
    directory.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    return directory


def submit(job: Job, *inputs: str) -> SubmitJob:
    return SubmitJob(
        job=job,
        inputs=tuple(DatasetRef(name, name) for name in inputs),
        output=DatasetRef("words", "words"),
    )


def test_rows_of_an_extract_go_through_a_job_into_a_table(
    bench: Bench, build: PlanBuilder, temporary: Path
) -> None:
    job = StreamingJob(
        mapper="echo reporter:counter:rows,read,3 >&2; tr a-z A-Z",
        reducer="cat",
        options=("-D", "mapreduce.job.priority=HIGH"),
    )
    plan = build.plan(
        build.extract(), build.step("words", submit(job, "extract"), "extract"), build.load(of="words")
    )
    assert bench.run(plan).error is None
    assert bench.rows("SELECT name FROM staging.orders ORDER BY id") == [("ONE",), ("TWO",), ("THREE",)]
    assert bench.finished("words").message == "1 map task, 1 reduce task, rows.read = 3, 1 file"
    assert "without effect on one machine: -D mapreduce.job.priority=HIGH" in bench.log("words")
    assert list(temporary.iterdir()) == []


def test_a_plan_with_jobs_survives_being_written_down(build: PlanBuilder) -> None:
    streaming = submit(StreamingJob(mapper="cat", reducer="cat", options=("-verbose",)), "extract")
    cluster = SubmitJob(job=EmrJob(step="x.jar"))
    plan = build.plan(build.step("words", streaming), build.step("cluster", cluster)).plan
    assert plan_from_json(plan_to_json(plan), file="plan.json") == plan


def test_several_datasets_are_one_input(bench: Bench, build: PlanBuilder) -> None:
    job = submit(StreamingJob(mapper="cut -f 2", reducer="uniq -c"), "extract", "again")
    plan = build.plan(build.extract(), build.extract("again"), build.step("words", job, "extract", "again"))
    assert bench.run(plan).error is None
    (part,) = (bench.root / ".dataduct").rglob("part-00000")
    assert part.read_text().split() == ["2", "one", "2", "three", "2", "two"]


def test_a_failed_job_publishes_nothing(bench: Bench, build: PlanBuilder, temporary: Path) -> None:
    job = submit(StreamingJob(mapper="cat", reducer="cat; exit 4"), "extract")
    error = bench.run(build.plan(build.extract(), build.step("words", job, "extract"))).error
    assert isinstance(error, CommandFailedError)
    assert error.code == "DD871"
    assert list((bench.root / ".dataduct").rglob("part-00000")) == []
    assert list(temporary.iterdir()) == []


def test_a_job_that_takes_too_long_is_stopped(bench: Bench, build: PlanBuilder) -> None:
    job = submit(StreamingJob(mapper="sleep 60"), "extract")
    plan = build.plan(build.extract(), build.step("words", job, "extract", timeout=0.5))
    assert isinstance(bench.run(plan).error, StepTimeoutError)


@pytest.mark.parametrize(
    ("job", "code"), [(EmrJob(step="x.jar"), "DD280"), (StreamingJob(mapper="cat", options=("-x",)), "DD281")]
)
def test_jobs_that_cannot_run_here(bench: Bench, build: PlanBuilder, job: Job, code: str) -> None:
    error = bench.run(
        build.plan(build.extract(), build.step("words", submit(job, "extract"), "extract"))
    ).error
    assert isinstance(error, UserError)
    assert error.code == code
