"""Where a job works, and what it tells."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dataduct.engine.process import ProcessGroups
from dataduct.model.cancellation import Cancellation


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPlace:
    """What a job works with.

    Attributes:
        directory: A directory of the job's own, deleted by whoever made it.
        processes: Starts the tasks, and can end all of them.
        cancellation: Asked before and during every task.
        environment: Variables that every task has.
        job_id: Name of the job for its tasks (`job_20260101T010000_0001`).
        workers: Tasks that run at the same time.
        log: Takes lines of the tasks and of the job.
        redact: Takes the secrets out of lines that an error shows.
        progress: Takes the bytes of input that map tasks have worked through.
    """

    directory: Path
    processes: ProcessGroups
    cancellation: Cancellation
    environment: Mapping[str, str]
    job_id: str
    workers: int
    log: Callable[[str], None]
    redact: Callable[[str], str] = str
    progress: Callable[[int], None]
