"""Directories of passing use: gone with their process, however it ends."""

import signal
import subprocess
import sys
from pathlib import Path

from dataduct.storage.scratch import Scratch

HOLD = """
import sys, time
from pathlib import Path
from dataduct.storage.scratch import Scratch
scratch = Scratch(Path(sys.argv[1]), "work-")
print(scratch.directory, flush=True)
time.sleep(60)
"""


def hold(root: Path) -> tuple[subprocess.Popen[str], Path]:
    """Start a process that holds a directory; return both."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(root)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_it_is_made_when_asked_for_and_goes_with_its_owner(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "below", "work-")
    assert list(tmp_path.iterdir()) == []
    directory = scratch.directory
    assert directory == scratch.directory
    assert directory.parent == tmp_path / "below"
    assert directory.name.startswith("work-")
    del scratch
    assert list((tmp_path / "below").iterdir()) == []


def test_what_a_killed_process_left_goes_and_what_a_living_one_uses_stays(tmp_path: Path) -> None:
    killed, abandoned = hold(tmp_path)
    living, used = hold(tmp_path)
    try:
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        assert abandoned.is_dir()
        scratch = Scratch(tmp_path, "work-")
        scratch.delete_abandoned()
        assert not abandoned.exists()
        assert used.is_dir()
    finally:
        living.kill()
        living.communicate()


def test_directories_of_another_kind_are_left_alone(tmp_path: Path) -> None:
    for name in ("other-1", "worktree", ".work-new"):
        (tmp_path / name).mkdir()
    (tmp_path / "work-file").write_text("a file and no directory")
    (tmp_path / "work-link").symlink_to(tmp_path / "other-1")
    Scratch(tmp_path, "work-").delete_abandoned()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".work-new",
        "other-1",
        "work-file",
        "work-link",
        "worktree",
    ]
    assert list((tmp_path / "other-1").iterdir()) == []
