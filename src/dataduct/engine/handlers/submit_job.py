"""SubmitJob: a job that has an engine of its own on this machine."""

import os
import re
from contextlib import ExitStack
from pathlib import Path

from dataduct.engine.context import AttemptContext, Outcome
from dataduct.engine.streaming.job import JobResult, run_job
from dataduct.engine.streaming.place import JobPlace
from dataduct.errors import UserError
from dataduct.model.counting import counted
from dataduct.model.operations import StreamingJob, SubmitJob
from dataduct.model.streaming_options import StreamingOptions, parse_streaming_options
from dataduct.storage.datasets import collect_from_command, directory_files, stage_for_command

_COUNTERS_SHOWN = 5


def handle(operation: SubmitJob, attempt: AttemptContext) -> Outcome:
    """Run the job over the datasets it reads and publish what it writes.

    Raises:
        UserError: The job needs a cluster (DD280), or its options are wrong (DD281).
        CommandFailedError: A task of it failed (DD870 to DD872).
        StorageError: What it reads, sorts or writes cannot be read or written.
        Interrupted: It was stopped.
    """
    job = operation.job
    if not isinstance(job, StreamingJob):
        raise UserError(
            f"step `{attempt.step.name}` submits a job to an EMR cluster, which this engine has none of",
            code="DD280",
        )
    options = _options(job)
    for option in options.without_effect:
        attempt.log.write(f"option without effect on one machine: {option}")
    with attempt.workbench.temporary_directory() as directory, ExitStack() as held:
        paths = _inputs(operation, attempt, directory, held)
        place = _place(attempt, directory)
        result = run_job(
            job, options, paths, f"{attempt.session.bound.plan.pipeline}.{attempt.step.name}", place
        )
        held.close()
        return _published(operation, attempt, result)


def _options(job: StreamingJob) -> StreamingOptions:
    try:
        return parse_streaming_options(job.options)
    except ValueError as error:
        raise UserError(str(error), code="DD281") from error


def _place(attempt: AttemptContext, directory: Path) -> JobPlace:
    done = 0

    def tell(size: int) -> None:
        nonlocal done
        done += size
        attempt.progress(0, done)

    run = re.sub(r"\W", "", attempt.session.run_id)
    return JobPlace(
        directory=directory,
        processes=attempt.workbench.processes,
        cancellation=attempt.cancellation,
        environment=attempt.environment(),
        job_id=f"job_{run}_{attempt.number:04}",
        workers=_cores(),
        log=lambda line: attempt.log.write(line),
        redact=attempt.session.redact,
        progress=tell,
    )


def _cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _inputs(operation: SubmitJob, attempt: AttemptContext, directory: Path, held: ExitStack) -> list[str]:
    """Return the local files of the datasets, in order; Parquet is written out as TSV first."""
    storage = attempt.workbench.storage
    paths: list[str] = []
    for number, dataset in enumerate(operation.inputs):
        key, manifest = attempt.published(dataset)
        if manifest.format == "parquet":
            staged = directory / f"input-{number}"
            staged.mkdir()
            stage_for_command(storage, key, staged, cancellation=attempt.cancellation)
            paths += [str(path) for path, _ in directory_files(staged)]
        else:
            paths += held.enter_context(storage.fetched(key, manifest))
    return paths


def _published(operation: SubmitJob, attempt: AttemptContext, result: JobResult) -> Outcome:
    told = [counted(result.maps, "map task"), counted(result.reduces, "reduce task")]
    told += result.counters[:_COUNTERS_SHOWN]
    if len(result.counters) > _COUNTERS_SHOWN:
        told.append(f"{len(result.counters) - _COUNTERS_SHOWN} more counters in the log")
    if operation.output is None:
        return Outcome(message=", ".join(told))
    manifest = collect_from_command(
        attempt.workbench.storage,
        attempt.dataset_key(operation.output),
        result.output,
        producer=attempt.step.name,
        cancellation=attempt.cancellation,
    )
    return Outcome(bytes=manifest.bytes, message=", ".join([*told, counted(len(manifest.parts), "file")]))
