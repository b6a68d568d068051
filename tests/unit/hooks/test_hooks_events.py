"""Hooks of events: called in order, away from the run, and never for longer than they may."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dataduct.errors import HookError
from dataduct.hooks.around import ProjectHooks
from dataduct.hooks.event import HookEvent
from dataduct.hooks.events import EventHooks

Hooks = Callable[..., ProjectHooks]
RECORD = """
def {name}(event):
    with open({path!r}, "a") as file:
        file.write(f"{{event.point}} {{event.step}}\\n")
"""


def event(point: str, step: str | None = None) -> HookEvent:
    return HookEvent(point=point, pipeline="sales", run_id="run-1", run_date="2026-01-31", step=step)


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def begin(hooks: Hooks, warnings: list[str]) -> Iterator[Callable[..., EventHooks]]:
    def warn(error: HookError, event: HookEvent) -> None:
        warnings.append(f"{event.point}: {error.code} {error.message}")

    begun: list[EventHooks] = []

    def start(**files: str) -> EventHooks:
        events = EventHooks(hooks(**files).catalog.events, timeout=0.2, warn=warn)
        begun.append(events)
        return events

    yield start
    for events in begun:
        events.close()


def test_hooks_are_called_in_order_and_the_end_waits_for_them(
    begin: Callable[..., EventHooks], tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    events = begin(
        step_finished="import time\n" + RECORD.format(name="hook", path=str(seen)) + "    time.sleep(0.02)",
        events=RECORD.format(name="run_finished", path=str(seen)),
    )
    for number in range(5):
        events.tell(event("step_finished", f"s{number}"))
        events.tell(event("step_started", f"s{number}"))
    events.tell(event("run_finished"))
    assert events.close() == 0
    assert seen.read_text().split("\n") == [
        *(f"step_finished s{n}" for n in range(5)),
        "run_finished None",
        "",
    ]


def test_telling_does_not_wait(begin: Callable[..., EventHooks]) -> None:
    events = begin(step_finished="import time\ndef hook(event): time.sleep(0.1)")
    before = time.monotonic()
    events.tell(event("step_finished"))
    assert time.monotonic() - before < 0.05


def test_a_hook_that_raises_is_told_and_called_again(
    begin: Callable[..., EventHooks], warnings: list[str]
) -> None:
    events = begin(step_failed="def hook(event):\n    raise ValueError(event.step)")
    events.tell(event("step_failed", "load"))
    events.tell(event("step_failed", "upsert"))
    assert events.close() == 0
    assert warnings == [
        "step_failed: DD895 the hook hooks/step_failed.py:2 raised ValueError: load",
        "step_failed: DD895 the hook hooks/step_failed.py:2 raised ValueError: upsert",
    ]


def test_a_hook_that_hangs_is_left_behind_and_the_others_go_on(
    begin: Callable[..., EventHooks], warnings: list[str], tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    events = begin(
        step_finished="import time\ndef hook(event): time.sleep(60)",
        run_finished=RECORD.format(name="hook", path=str(seen)),
    )
    before = time.monotonic()
    for _ in range(20):
        events.tell(event("step_finished", "load"))
    events.tell(event("run_finished"))
    assert events.close() == 0
    assert time.monotonic() - before < 2
    assert seen.read_text() == "run_finished None\n"
    assert warnings == ["step_finished: DD896 the hook hooks/step_finished.py:2 took longer than 0.2 seconds"]


def test_the_end_gives_up_on_hooks_that_are_too_slow_for_their_events(
    begin: Callable[..., EventHooks],
) -> None:
    events = begin(step_finished="import time\ndef hook(event): time.sleep(0.15)")
    for _ in range(50):
        events.tell(event("step_finished", "load"))
    before = time.monotonic()
    assert 40 < events.close() < 50
    assert time.monotonic() - before < 1


def test_an_event_is_frozen_and_fits_into_json() -> None:
    told = HookEvent(
        point="step_failed",
        pipeline="sales",
        run_id="run-1",
        run_date="2026-01-31",
        step="load",
        status="failed",
        error="no rows",
        seconds=1.5,
    )
    with pytest.raises(AttributeError):
        told.step = "other"  # type: ignore[misc]
    assert json.loads(json.dumps(told.to_dict())) == {
        "point": "step_failed",
        "pipeline": "sales",
        "run_id": "run-1",
        "run_date": "2026-01-31",
        "step": "load",
        "status": "failed",
        "error": "no rows",
        "rows": None,
        "seconds": 1.5,
    }
