"""Timing whole processes: wall seconds, CPU seconds and peak memory, as the operating system accounts for them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Usage:
    """What one process used. `peak_mb` is its largest resident set, in megabytes of 10^6 bytes."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


def run(command: Sequence[str], directory: Path) -> Usage:
    """Run a command to its end and return what it used. Ends the programme if the command fails."""
    log = directory / "last-command.log"
    began = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=directory, stdout=output, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{log.read_text()[-4000:]}")
    return Usage(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6)


def medians(measure: Callable[[], Usage], runs: int) -> Usage:
    """Return the median of each figure over `runs` runs."""
    taken = [measure() for _ in range(runs)]
    return Usage(
        median(usage.seconds for usage in taken),
        median(usage.cpu_seconds for usage in taken),
        median(usage.peak_mb for usage in taken),
    )


def in_turn(first: Callable[[], Usage], second: Callable[[], Usage], runs: int) -> tuple[Usage, Usage]:
    """Measure two things in turn, so that both see the same machine; return the medians of each."""
    pairs = [(first(), second()) for _ in range(runs)]
    return medians(iter([pair[0] for pair in pairs]).__next__, runs), medians(
        iter([pair[1] for pair in pairs]).__next__, runs
    )


def line(what: str, ours: Usage, reference: Usage, note: str = "") -> str:
    """Return one line of a report: ours, the reference, the ratio."""
    ratio = ours.seconds / reference.seconds
    return (
        f"{what:<44}{ours.seconds:>9.2f} s {ours.peak_mb:>7.0f} MB   reference {reference.seconds:>7.2f} s "
        f"{reference.peak_mb:>6.0f} MB   ratio {ratio:>6.2f}  {note}"
    )
