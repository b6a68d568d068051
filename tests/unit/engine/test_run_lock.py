import os
import subprocess
import sys
from pathlib import Path

import pytest

from dataduct.engine.run_lock import run_lock
from dataduct.errors import LockTimeoutError, StorageError

HOLDER = """
import sys, time
from pathlib import Path
from dataduct.engine.run_lock import run_lock
with run_lock(Path(sys.argv[1]), "sales", "2026-01-01", "run-1", timeout=1, on_wait=print):
    print("held", flush=True)
    time.sleep(100)
"""


def take(directory: Path, *, run_date: str = "2026-01-01", timeout: float = 0.2) -> list[str]:
    messages: list[str] = []
    with run_lock(directory, "sales", run_date, "run-2", timeout=timeout, on_wait=messages.append):
        pass
    return messages


def test_a_free_lock_is_taken_without_a_word(tmp_path: Path) -> None:
    assert take(tmp_path / "locks") == []
    assert take(tmp_path / "locks") == []


def test_another_process_is_named_and_waited_for(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        messages: list[str] = []
        with (
            pytest.raises(LockTimeoutError) as caught,
            run_lock(tmp_path, "sales", "2026-01-01", "run-2", timeout=0.2, on_wait=messages.append),
        ):
            pytest.fail("the lock was given twice")
        said = f"run run-1 of pipeline `sales` for 2026-01-01 is in progress in process {holder.pid}"
        assert messages == [f"{said}; waiting up to 0.2 seconds"]
        assert caught.value.message == f"{said} and was not over after 0.2 seconds"
        assert caught.value.code == "DD920"
        assert take(tmp_path, run_date="2026-01-02") == []
        holder.kill()
        holder.wait()
        assert take(tmp_path) == []


def test_a_directory_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError) as caught:
        take(tmp_path / "file" / "locks")
    assert caught.value.code == "DD921"


def test_the_lock_is_released_when_the_block_fails(tmp_path: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        run_lock(tmp_path, "sales", "2026-01-01", str(os.getpid()), timeout=1, on_wait=lambda message: None),
    ):
        raise ZeroDivisionError
    assert take(tmp_path) == []
