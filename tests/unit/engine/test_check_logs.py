"""The log of a check in the storage."""

import json
from pathlib import Path
from typing import Any

import pytest
from engine_bench import STAGING, Bench, PlanBuilder

from dataduct.model.operations import Check, CheckLog, PrimaryKeyComparison

LOG = CheckLog(directory="qa/dev/2026 01", test_name="sales.check")
CHECK = Check(
    comparison=PrimaryKeyComparison(table=STAGING.name, key=("id",)), reads=(STAGING.name,), log=LOG
)


@pytest.fixture
def loaded(bench: Bench, build: PlanBuilder) -> Bench:
    bench.run(build.plan(build.extract(), build.load()), run_id="load")
    return bench


def log_files(bench: Bench) -> list[Path]:
    return sorted((bench.root / ".dataduct").rglob("*.jsonl"))


def check(bench: Bench, run_id: str = "check") -> Any:
    bench.run(PlanBuilder().plan(PlanBuilder.step("check", CHECK)), run_id=run_id)
    return bench.finished("check")


def test_a_good_verdict_is_logged_and_says_where(loaded: Bench) -> None:
    finished = check(loaded)
    (file,) = log_files(loaded)
    assert file.relative_to(loaded.root).as_posix() == (
        ".dataduct/data/qa/dev/2026%2001/sales/check/2026-01-01_check.jsonl"
    )
    assert finished.message == f"{finished.verdict.summary}"
    assert finished.message.endswith(f"; logged to {file}")
    (line,) = file.read_text().splitlines()
    record = json.loads(line)
    assert record.pop("measured_at").startswith("20")
    summary = record.pop("summary")
    assert finished.message.startswith(summary)
    assert record == {
        "test_name": "sales.check",
        "pipeline": "sales",
        "step": "check",
        "check": "primary-key",
        "table": "staging.orders",
        "passed": True,
        "figures": dict(finished.verdict.figures),
        "run_id": "check",
        "run_date": "2026-01-01",
        "attempt": 1,
    }


def test_a_bad_verdict_is_logged_too(loaded: Bench) -> None:
    loaded.write("INSERT INTO staging.orders SELECT * FROM staging.orders")
    finished = check(loaded)
    assert finished.status == "failed"
    (file,) = log_files(loaded)
    assert json.loads(file.read_text())["passed"] is False
    assert str(file) in finished.message


def test_each_run_has_a_log_of_its_own_and_a_retry_overwrites(loaded: Bench) -> None:
    check(loaded, "one")
    check(loaded, "two")
    assert [file.name for file in log_files(loaded)] == ["2026-01-01_one.jsonl", "2026-01-01_two.jsonl"]


def test_a_log_that_cannot_be_written_leaves_the_verdict_as_it_is(loaded: Bench) -> None:
    (loaded.root / ".dataduct/data").mkdir(parents=True, exist_ok=True)
    (loaded.root / ".dataduct/data/qa").write_text("in the way")
    finished = check(loaded)
    assert finished.status == "succeeded"
    assert "; its log could not be written: cannot write" in finished.message
    assert "DD743" in loaded.log("check")
