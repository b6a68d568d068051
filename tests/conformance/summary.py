"""The count of the original's pipelines, printed at the end of a test run."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

VERDICT = "original pipeline"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    told = list(_told(terminalreporter.stats))
    if not told:
        return
    verdicts: dict[str, set[str]] = {}
    for pipeline, verdict in told:
        verdicts.setdefault(pipeline, set()).add(verdict)
    counts = Counter(_worst(found) for found in verdicts.values())
    terminalreporter.write_sep("=", "pipelines of the original Dataduct")
    for pipeline, found in sorted(verdicts.items()):
        if _worst(found) != "agrees":
            terminalreporter.write_line(f"{pipeline}: {', '.join(sorted(found - {'agrees'}))}")
    terminalreporter.write_line(
        f"{len(verdicts)} pipelines: {counts['agrees']} agree, {counts['differs']} differ on purpose "
        f"(docs/migration.md), {counts['failing']} failing"
    )


def _told(stats: dict[str, list[pytest.TestReport]]) -> Iterable[tuple[str, str]]:
    for outcome in ("passed", "failed"):
        for report in stats.get(outcome, ()):
            for name, value in getattr(report, "user_properties", ()):
                if name == VERDICT:
                    pipeline, verdict = value
                    yield pipeline, verdict if outcome == "passed" else "failing"


def _worst(verdicts: set[str]) -> str:
    if "failing" in verdicts:
        return "failing"
    return "agrees" if verdicts == {"agrees"} else "differs"
