"""Progress of a run: plain lines, the redrawn region, and the block at the end of a run that failed."""

import io
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dataduct.cli.console import Console
from dataduct.cli.failed_run import failed_run_lines, figure_text
from dataduct.cli.live import LiveProgress
from dataduct.cli.progress import PlainProgress, progress
from dataduct.cli.run_view import RunView
from dataduct.cli.text import plain_text
from dataduct.model.verdict import CheckVerdict
from dataduct.runs.events import (
    RunFinished,
    RunStarted,
    StepFinished,
    StepProgress,
    StepRetrying,
    StepStarted,
    StepWaiting,
)

STEPS = (
    "extract-rds-flights",
    "load-flights",
    "upsert-prod.flights",
    "check-count",
    "check-columns",
    "report",
)
PASSED = CheckVerdict(
    check="count", passed=True, summary="336,776 rows in the source, 336,776 in the warehouse",
    figures={"source_rows": 336_776},
)  # fmt: skip
FAILED = CheckVerdict(
    check="column",
    passed=False,
    summary="3 of 100 sampled rows differ (3 %, tolerance 1 %)",
    figures={
        "sampled_rows": 100,
        "differing_rows": 3,
        "difference_percent": 3.0,
        "tolerance_percent": 1.0,
        "missing": None,
    },
    examples=(
        {"id": "17", "column": "dep_delay", "source": "12", "warehouse": None},
        {"id": "2041", "column": "carrier", "source": "UA", "warehouse": ""},
    ),
)  # fmt: skip
RUN = "20260101T120000-k3f9"


def a_run():
    """(seconds since the start, event) of a run in which one check fails."""
    yield 0, RunStarted(run_id=RUN, pipeline="flights", run_date="2026-01-01", steps=STEPS)
    yield 0, StepStarted(step=STEPS[0], step_type="extract-rds", operation="extract", attempt=1)
    yield 1, StepProgress(step=STEPS[0], rows=65_536, bytes=2_400_000)
    yield 4.9, StepProgress(step=STEPS[0], rows=131_072, bytes=4_800_000)
    yield 5, StepProgress(step=STEPS[0], rows=196_608, bytes=7_200_000)
    yield 6, StepProgress(step=STEPS[0], rows=262_144, bytes=9_600_000)
    yield 10, StepProgress(step=STEPS[0], rows=327_680, bytes=12_000_000)
    yield 11, StepFinished(step=STEPS[0], status="succeeded", seconds=1.2, rows=336_776, bytes=12_100_000)
    yield 11, StepStarted(step=STEPS[1], step_type="create-load", operation="load-table", attempt=1)
    yield (
        12,
        StepWaiting(
            step=STEPS[1], message="waiting for the lock that process 4711 holds on warehouse.duckdb"
        ),
    )
    yield 13, StepRetrying(step=STEPS[1], attempt=1, error="the connection was lost", delay_seconds=5)
    yield 18, StepStarted(step=STEPS[1], step_type="create-load", operation="load-table", attempt=2)
    yield 19, StepFinished(step=STEPS[1], status="succeeded", seconds=0.9, rows=336_776)
    yield 19, StepStarted(step=STEPS[2], step_type="upsert", operation="run-sql", attempt=1)
    yield (
        20,
        StepFinished(
            step=STEPS[2], status="already-loaded", seconds=0.01, message="already loaded by run 20251231T1"
        ),
    )
    yield 20, StepStarted(step=STEPS[3], step_type="count-check", operation="check", attempt=1)
    yield 20, StepFinished(step=STEPS[3], status="succeeded", seconds=0.04, verdict=PASSED)
    yield 20, StepStarted(step=STEPS[4], step_type="column-check", operation="check", attempt=1)
    yield 21, StepFinished(
        step=STEPS[4], status="failed", seconds=0.3, message=FAILED.summary, verdict=FAILED, code="DD801",
        hint="compare the rows below in both systems", log_file="flights/check-columns.1.log",
    )  # fmt: skip
    yield 21, StepFinished(step=STEPS[5], status="skipped", seconds=0, message="check-columns failed")
    yield 21, RunFinished(run_id=RUN, status="failed", seconds=21, error=FAILED.summary)


def replay(events, view):
    now = 0.0
    listener = PlainProgress(
        Console({}), view,
        clock=lambda: datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(seconds=now), timer=lambda: now,
    )  # fmt: skip
    for now, event in events:  # noqa: B007 - the clocks read it
        listener(event)


def test_plain_lines(capsys, golden):
    replay(a_run(), RunView())
    golden("cli/progress.txt", capsys.readouterr().err)


def test_at_most_one_line_of_progress_in_five_seconds(capsys):
    replay(a_run(), RunView())
    assert [text[:8] for text in capsys.readouterr().err.splitlines() if "running" in text] == [
        "12:00:05",
        "12:00:10",
    ]


def test_the_block_of_a_failed_run(golden):
    view = RunView()
    replay(a_run(), view)
    go_on = "dataduct run pipelines/flights.yaml --run-date 2026-01-01 --resume"
    golden(
        "cli/failed_run.txt",
        plain_text(failed_run_lines(view, go_on=go_on, log_directory=Path(".dataduct/logs"))),
    )


def test_a_run_that_failed_without_a_failed_step_says_why():
    view = RunView()
    view.apply(RunStarted(run_id=RUN, pipeline="p", run_date="2026-01-01", steps=("a", "b")), 0)
    view.apply(
        RunFinished(run_id=RUN, status="failed", seconds=60, error="the run took longer than 1 minute"), 60
    )
    assert plain_text(failed_run_lines(view, go_on="dataduct run p --resume")) == (
        f"\nrun {RUN} failed: the run took longer than 1 minute\n\n"
        "did not run: a, b\nto go on:    dataduct run p --resume\n"
    )


def test_many_failures_are_counted_not_drawn():
    view = RunView()
    names = tuple(f"s{n}" for n in range(30))
    view.apply(RunStarted(run_id=RUN, pipeline="p", run_date="2026-01-01", steps=names), 0)
    for name in names:
        view.apply(
            StepFinished(step=name, status="failed", seconds=1, message="lost\nmore", details=("SELECT 1",)),
            1,
        )
    told = plain_text(failed_run_lines(view, go_on="again"))
    assert told.count("error: lost") == 5
    assert "also failed: s5, s6, s7, s8, s9, s10, s11, s12 and 17 more\n" in told


@pytest.mark.parametrize(
    ("figure", "told"),
    [(None, "unknown"), (1234567, "1,234,567"), (0.5, "0.5"), (3.0, "3"),
     (1 / 3, "0.3333"), ("x", "x"), (True, "True"), (100.0, "100")],
)  # fmt: skip
def test_figures(figure, told):
    assert figure_text(figure) == told


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def test_a_terminal_gets_the_redrawn_region_and_a_pipe_lines(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert isinstance(progress(Console({}), RunView()), LiveProgress)
    assert isinstance(progress(Console({"CI": "1"}), RunView()).__enter__(), PlainProgress)


def screen(text: str) -> list[str]:
    """What a terminal shows after `text`: only the sequences that a redrawn region needs."""
    import re

    rows: list[str] = [""]
    at = 0
    for piece in re.split(r"(\x1b\[[0-9;?]*[A-Za-z]|\n|\r)", text):
        if piece == "\n":
            at += 1
            rows += [""] * (at + 1 - len(rows))
        elif piece == "\r":
            rows[at] = "\r" + rows[at].lstrip("\r")
        elif piece.endswith("A") and piece.startswith("\x1b"):
            at -= int(piece[2:-1] or 1)
        elif piece.endswith("K") and piece.startswith("\x1b"):
            rows[at] = ""
        elif piece and not piece.startswith("\x1b"):
            rows[at] = piece if rows[at].startswith("\r") else rows[at] + piece
    return [row.strip("\r").rstrip() for row in rows]


def test_the_region_ends_as_a_permanent_list(monkeypatch, golden):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "100")
    with LiveProgress(Console({"NO_COLOR": "1"}), RunView()) as listener:
        for _, event in a_run():
            listener(event)
    left = "\n".join(row for row in screen(terminal.getvalue()) if row) + "\n"
    golden("cli/live.txt", left)


def test_the_region_shows_what_runs_and_what_it_waits_for(monkeypatch):
    from rich.console import Console as RichConsole

    monkeypatch.setattr(sys, "stderr", Terminal())
    live = LiveProgress(Console({}), RunView())
    for _, event in list(a_run())[:10]:
        live._view.apply(event, 0.0)
    shown = io.StringIO()
    RichConsole(file=shown, width=120).print(live._region())
    assert "load-flights" in shown.getvalue()
    assert "waiting for the lock that process 4711 holds" in shown.getvalue()
    assert "1 over, 1 running, 4 to come" in shown.getvalue()
    assert "extract-rds-flights" not in shown.getvalue()


def test_a_listener_whose_reader_has_gone_does_not_stop_the_run(monkeypatch, tmp_path):
    import os

    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        replay(a_run(), RunView())
