"""Records of runs as JSON documents: the shapes that `--json` promises."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from dataduct.runs.records import Attempt, RecordedVerdict, Run, Statement, StepRun

_NOT_SHOWN = {"plan", "process", "run_id", "fingerprint"}


def run_record(run: Run) -> dict[str, Any]:
    """Return a run without its plan."""
    return _record(run)


def run_document(
    run: Run,
    steps: Sequence[StepRun],
    verdicts: Sequence[RecordedVerdict],
    attempts: Mapping[str, Sequence[Attempt]] | None = None,
    statements: Mapping[str, Sequence[Statement]] | None = None,
) -> dict[str, Any]:
    """Return a run as `{"run": {...}, "steps": [...], "verdicts": [...]}`.

    Args:
        run: The run.
        steps: Its steps.
        verdicts: What its checks found.
        attempts: By step; each step's list is added to it if given.
        statements: By step; each step's list is added to it if given.
    """
    shown = []
    for step in steps:
        record = _record(step)
        if attempts is not None:
            record["attempts"] = [_record(attempt) for attempt in attempts.get(step.step, ())]
        if statements is not None:
            record["statements"] = [_record(statement) for statement in statements.get(step.step, ())]
        shown.append(record)
    return {
        "run": run_record(run),
        "steps": shown,
        "verdicts": [_verdict(recorded) for recorded in verdicts],
    }


def _verdict(recorded: RecordedVerdict) -> dict[str, Any]:
    record = _record(recorded)
    verdict: dict[str, Any] = record.pop("verdict")
    return {**record, **verdict}


def _record(value: Run | StepRun | Attempt | Statement | RecordedVerdict) -> dict[str, Any]:
    return {name: _plain(field) for name, field in asdict(value).items() if name not in _NOT_SHOWN}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        at = value if value.tzinfo else value.replace(tzinfo=UTC)
        return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value
