"""Running the tasks of one phase of a job, several at a time, until all have ended or one has failed."""

import contextlib
import shutil
import signal
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from dataduct.engine.process import ending
from dataduct.engine.streaming.counters import Counters
from dataduct.engine.streaming.place import JobPlace
from dataduct.engine.streaming.stages import PROGRAMS, Stage, script_of
from dataduct.errors import CommandFailedError, DataductError, Interrupted, StorageError
from dataduct.model.cancellation import Cancellation

_LINES_SHOWN = 5
_CHARACTERS_SHOWN = 300
_SIGNALLED = 128
_BROKEN_PIPE = _SIGNALLED + signal.SIGPIPE
_START_HINTS = {
    126: "make the script executable and give it a first line such as `#!/usr/bin/env bash`",
    127: "install the program, or correct its name or the first line of the script that names it",
}
"""What to do about the exit codes with which a shell says that it could not start a program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One map or reduce task.

    Attributes:
        name: `map 3` or `reduce 0`.
        stages: Its pipeline.
        output: File that its lines are added to; None if a stage of it writes files.
        environment: Variables of its own.
        ended: Called in the task's thread when it has ended well.
    """

    name: str
    stages: Sequence[Stage]
    output: Path | None
    environment: Mapping[str, str]
    ended: Callable[[], None] = lambda: None


class TaskRunner:
    """Runs tasks of one job.

    Args:
        place: Where the job works.
        environment: Variables of all tasks of the job.
        files: What each task finds in its working directory: the name there, and the file.
        exit_code_counts: Whether a program with a non-zero exit code fails its task.
    """

    def __init__(
        self,
        place: JobPlace,
        *,
        environment: Mapping[str, str],
        files: Mapping[str, Path],
        exit_code_counts: bool = True,
    ) -> None:
        self.counters = Counters()
        self._place = place
        self._environment = {**place.environment, **environment}
        self._files = files
        self._exit_code_counts = exit_code_counts

    def run(self, count: int, make: Callable[[int, int], Task], *, workers: int) -> None:
        """Run `count` tasks, `workers` at a time. When one fails the others are stopped.

        Args:
            make: Gives the task of a number; also takes the number of the worker that will run it, which runs no
                other meanwhile.

        Raises:
            CommandFailedError: A task failed: the first one that did.
            StorageError: Its input could not be read, or what it wrote not kept.
            Interrupted: The job was stopped.
        """
        stopping = Cancellation()
        numbers = iter(range(count))
        taking = threading.Lock()

        def work(worker: int) -> None:
            while not stopping.requested:
                with taking:
                    number = next(numbers, None)
                if number is None:
                    return
                try:
                    self._run_task(make(number, worker), stopping)
                except BaseException:
                    stopping.request("another task of the job failed")
                    raise

        def stop() -> None:
            stopping.request(self._place.cancellation.reason or "asked to stop")

        with self._place.cancellation.interrupting(stop), ThreadPoolExecutor(workers) as pool:
            working = [pool.submit(work, worker) for worker in range(workers)]
            wait(working, return_when=FIRST_EXCEPTION)
        if self._place.cancellation.requested:
            raise Interrupted("the job was stopped", code="DD910")
        failures = [error for error in (done.exception() for done in working) if error is not None]
        if failures:
            raise next((error for error in failures if not isinstance(error, Interrupted)), failures[0])

    def _run_task(self, task: Task, stopping: Cancellation) -> None:
        directory = self._place.directory / "tasks" / task.name.replace(" ", "-")
        status = self._place.directory / f"{directory.name}.status"
        try:
            directory.mkdir(parents=True)
            for name, path in self._files.items():
                (directory / name).symlink_to(path)
        except OSError as error:
            raise StorageError(
                f"the working directory of {task.name} cannot be made: {error.strerror}", code="DD784"
            ) from error
        lines: deque[str] = deque(maxlen=_LINES_SHOWN)

        def take_line(line: str) -> None:
            told = self.counters.take(line)
            if told is not None:
                self._place.log(f"{task.name}: {told}")
                if told.strip():
                    lines.append(self._place.redact(told)[:_CHARACTERS_SHOWN])

        try:
            code = self._place.processes.run(
                ["bash", "-c", script_of(task.stages, task.output, status)],
                directory=directory,
                environment={**self._environment, **task.environment},
                cancellation=stopping,
                on_line=take_line,
            )
        except OSError as error:
            raise CommandFailedError(
                f"{task.name} could not be started: {error.strerror}", code="DD872"
            ) from error
        if stopping.requested:
            raise Interrupted(f"{task.name} was stopped", code="DD910")
        self._check(task, code, _codes(status), tuple(lines))
        _remove(directory, status)
        task.ended()

    def _check(self, task: Task, code: int, codes: Sequence[int], lines: tuple[str, ...]) -> None:
        """Raise the failure of a task, if it has one.

        A stage whose reader ended early, and well, has not failed: a reducer need not read all of its lines.
        """
        if code != 0 or len(codes) != len(task.stages):
            raise CommandFailedError(f"{task.name} {ending(code)}", code="DD871", details=lines)
        ended = list(zip(task.stages, codes, strict=True))
        for stage, stage_code in ended:
            if stage.role not in PROGRAMS and stage_code not in (0, _BROKEN_PIPE):
                raise _tool_failure(task, stage, stage_code, lines)
        for stage, stage_code in ended:
            if stage.role in PROGRAMS and stage_code != 0:
                self._check_program(task, stage, stage_code, lines)

    def _check_program(self, task: Task, stage: Stage, code: int, lines: tuple[str, ...]) -> None:
        if not self._exit_code_counts:
            self._place.log(f"{task.name}: its {stage.role} {ending(_exit(code))}, which does not count")
            return
        if code in _START_HINTS:
            raise CommandFailedError(
                f"the {stage.role} of {task.name} could not be started",
                code="DD872",
                hint=_START_HINTS[code],
                details=lines,
            )
        raise CommandFailedError(
            f"the {stage.role} of {task.name} {ending(_exit(code))}", code="DD871", details=lines
        )


def _tool_failure(task: Task, stage: Stage, code: int, lines: tuple[str, ...]) -> DataductError:
    does = {"input": "read its input", "sort": "sort its lines"}.get(stage.role, "keep its lines")
    return StorageError(
        f"{task.name} could not {does}: {lines[-1] if lines else ending(_exit(code))}",
        code="DD873",
        hint="see whether the input is whole, and whether there is space in the temporary directory (TMPDIR)",
        details=lines,
    )


def _codes(status: Path) -> tuple[int, ...]:
    try:
        return tuple(int(code) for code in status.read_text().split())
    except (OSError, ValueError):
        return ()


def _exit(code: int) -> int:
    """Return an exit code as Python has it, minus the signal's number, from one as the shell has it."""
    return _SIGNALLED - code if code > _SIGNALLED else code


def _remove(directory: Path, status: Path) -> None:
    """Delete what a task leaves; what it wrote into its working directory may be much."""
    shutil.rmtree(directory, ignore_errors=True)
    with contextlib.suppress(OSError):
        status.unlink()
