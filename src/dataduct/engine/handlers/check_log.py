"""The file in the storage that holds a check's verdict."""

import json

from dataduct.engine.context import AttemptContext
from dataduct.engine.session import now
from dataduct.errors import RunError
from dataduct.model.operations import Check
from dataduct.model.verdict import CheckVerdict
from dataduct.storage.keys import safe_segment


def log_verdict(operation: Check, verdict: CheckVerdict, attempt: AttemptContext) -> str | None:
    """Write the verdict as one line of JSON; return where it is, or that it could not be written; None without a log.

    One file belongs to a check and a run: a retry writes it again. A log that cannot be written changes nothing about
    the verdict.
    """
    log = operation.log
    if log is None:
        return None
    session = attempt.session
    bound = session.bound
    record = {
        "test_name": log.test_name,
        "pipeline": bound.plan.pipeline,
        "step": attempt.step.name,
        "check": verdict.check,
        "table": ", ".join(map(str, operation.reads)) or None,
        "passed": verdict.passed,
        "summary": verdict.summary,
        "figures": verdict.figures,
        "run_id": session.run_id,
        "run_date": bound.run_date,
        "attempt": attempt.number,
        "measured_at": now().isoformat(timespec="seconds"),
    }
    segments = [safe_segment(part) for part in log.directory.split("/") if part]
    segments += map(safe_segment, (bound.plan.pipeline, attempt.step.name))
    name = "/".join((*segments, safe_segment(f"{bound.run_date}_{session.run_id}.jsonl")))
    line = session.redact(json.dumps(record, ensure_ascii=False)) + "\n"
    try:
        return f"logged to {attempt.workbench.storage.put_file(name, line.encode())}"
    except RunError as error:
        attempt.log.write(f"{error.code}: {error.message}", "error")
        return f"its log could not be written: {error.message}"
