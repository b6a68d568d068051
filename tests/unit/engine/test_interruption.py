"""SIGINT and SIGTERM, in a process of its own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from engine_bench import Bench

PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from engine_bench import Bench, PlanBuilder
from dataduct.errors import Interrupted
from dataduct.runs.store import open_store

root, teardown = Path(sys.argv[2]), sys.argv[3]
build = PlanBuilder()
plan = build.plan(
    build.command("slow", "echo $$ > $DATADUCT_PROJECT_DIRECTORY/pid; sleep 100"),
    build.command("next", "true", "slow"),
    build.command("end", teardown, phase="teardown"),
)
try:
    Bench(root, open_store(root / "runs.sqlite")).run(plan)
except Interrupted as error:
    print(error.message)
    sys.exit(130)
"""
TELL = "echo $DATADUCT_RUN_STATUS > $DATADUCT_PROJECT_DIRECTORY/told"


def start(root: Path, teardown: str) -> subprocess.Popen[str]:
    here = Path(__file__).parent
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(here), str(root), teardown],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(root / "pid")
    return process


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < deadline, f"{path} was never written"
        time.sleep(0.02)


def is_over(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_stops_the_run_and_tears_it_down(bench: Bench, number: signal.Signals) -> None:
    process = start(bench.root, TELL)
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (130, f"the run was interrupted by {number.name}\n", "")
    assert (bench.root / "told").read_text() == "interrupted\n"
    assert bench.queries.run("run-1").status == "interrupted"
    statuses = {step.step: step.status for step in bench.queries.steps("run-1")}
    assert statuses == {"slow": "interrupted", "next": "interrupted", "end": "succeeded"}
    assert is_over(int((bench.root / "pid").read_text()))


ANOTHER_THREAD = """
import signal, threading, time
def tell_itself():
    while not (Path(sys.argv[2]) / "pid").exists():
        time.sleep(0.02)
    time.sleep(0.5)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
    time.sleep(60)
threading.Thread(target=tell_itself, daemon=True).start()
"""


def test_a_signal_that_another_thread_gets_stops_the_run_too(bench: Bench) -> None:
    program = PROGRAM.replace("build = PlanBuilder()", f"{ANOTHER_THREAD}build = PlanBuilder()")
    arguments = [sys.executable, "-c", program, str(Path(__file__).parent), str(bench.root), TELL]
    ended = subprocess.run(arguments, capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stdout) == (130, "the run was interrupted by SIGTERM\n"), ended.stderr


def test_the_second_signal_ends_the_process_at_once(bench: Bench) -> None:
    process = start(bench.root, "echo $$ > $DATADUCT_PROJECT_DIRECTORY/ending; sleep 100")
    process.send_signal(signal.SIGINT)
    wait_for(bench.root / "ending")
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=10)
    assert (process.returncode, output, errors) == (130, "", "")
    child = int((bench.root / "ending").read_text())
    deadline = time.monotonic() + 5
    while not is_over(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert is_over(child)


def test_a_killed_run_can_be_resumed(bench: Bench) -> None:
    process = start(bench.root, "true")
    process.kill()
    process.communicate()
    os.killpg(int((bench.root / "pid").read_text()), signal.SIGKILL)
    assert bench.queries.run("run-1").status == "interrupted"
    assert bench.queries.steps("run-1")[0].status == "interrupted"
