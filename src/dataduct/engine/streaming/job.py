"""A streaming job from its input files to its output files."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dataduct.engine.streaming.environment import job_variables, map_variables, reduce_variables
from dataduct.engine.streaming.place import JobPlace
from dataduct.engine.streaming.splits import Split, input_bytes, input_splits
from dataduct.engine.streaming.stages import (
    first_word,
    map_stages,
    partition_stage,
    program_command,
    reduce_stages,
    rejoin_stages,
)
from dataduct.engine.streaming.tasks import Task, TaskRunner
from dataduct.errors import CommandFailedError, StorageError
from dataduct.model.counting import counted
from dataduct.model.operations import StreamingJob
from dataduct.model.streaming_options import StreamingOptions

REDUCE_BYTES = 32 * 1024 * 1024
"""Bytes of input for each reduce task, where the job does not say how many there are."""

MOST_REDUCES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """What a job did.

    Attributes:
        output: Directory that holds its files `part-00000` and so on.
        counters: `group.name = sum` of each counter that its tasks reported.
    """

    output: Path
    maps: int
    reduces: int
    counters: tuple[str, ...]


def run_job(
    job: StreamingJob, options: StreamingOptions, paths: Sequence[str], name: str, place: JobPlace
) -> JobResult:
    """Run a job over files, in the directory of `place`.

    Lines end with a line feed and may hold any other byte. The number of tasks follows from the input alone, so that
    the same input gives the same files on every machine.

    Raises:
        CommandFailedError: A task failed (DD871), or a program cannot be started (DD870, DD872).
        StorageError: Input cannot be read or sorted (DD865, DD873), or there is no program to sort (DD874).
        Interrupted: The job was stopped.
    """
    return _Job(job, options, paths, name, place).run()


class _Job:
    def __init__(
        self,
        job: StreamingJob,
        options: StreamingOptions,
        paths: Sequence[str],
        name: str,
        place: JobPlace,
    ) -> None:
        self._options = options
        self._place = place
        self._splits = list(input_splits(paths, options.split_bytes))
        self._reduces = _reduces(job, options, paths)
        self._mapper = program_command(job.mapper)
        self._reducer = program_command(job.reducer or "cat")
        self._combiner = program_command(options.combiner) if options.combiner and self._reduces else None
        self._output = _made(place.directory / "output")
        self._scratch = _made(place.directory / "sorting")
        self._spilled = _made(place.directory / "spilled")
        variables = job_variables(
            options, job_id=place.job_id, name=name, maps=len(self._splits), reduces=self._reduces
        )
        self._runner = TaskRunner(
            place,
            environment=variables,
            files=_working_files(job, options),
            exit_code_counts=options.exit_code_counts,
        )

    def run(self) -> JobResult:
        if self._reduces and shutil.which("sort") is None:
            raise StorageError(
                "there is no program `sort` on the PATH, which sorts the lines between map and reduce tasks",
                code="DD874",
                hint="install GNU coreutils",
            )
        maps, reduces = len(self._splits), self._reduces
        workers = max(1, min(self._place.workers, maps))
        self._place.log(f"{counted(maps, 'map task')}, {counted(reduces, 'reduce task')}")
        self._runner.run(maps, self._map_task, workers=workers)
        if reduces:
            workers = min(self._place.workers, reduces)
            self._runner.run(reduces, self._reduce_task, workers=workers)
        counters = tuple(self._runner.counters.lines())
        for line in counters:
            self._place.log(f"counter {line}")
        if self._runner.counters.left_out:
            self._place.log(
                f"counters over Hadoop's limit, not kept: {self._runner.counters.left_out:,} reports"
            )
        return JobResult(output=self._output, maps=maps, reduces=reduces, counters=counters)

    def _map_task(self, number: int, worker: int) -> Task:
        split = self._splits[number]
        stages = map_stages(split, self._mapper, self._combiner, self._options, self._scratch)
        prefix = self._spilled / f"worker-{worker}"
        output: Path | None = None
        if not self._reduces:
            output = self._output / f"part-{number:05}"
            separator, fields = self._options.map_separator, self._options.map_key_fields
            stages += rejoin_stages(separator, fields, self._options.output_separator)
        elif self._reduces == 1:
            output = Path(f"{prefix}-0")
        else:
            stages.append(partition_stage(self._options, self._reduces, prefix))
        return Task(
            name=f"map {number}",
            stages=stages,
            output=output,
            environment=map_variables(self._place.job_id, number, split),
            ended=partial(self._map_ended, split, output),
        )

    def _map_ended(self, split: Split, output: Path | None) -> None:
        if output is not None:
            _end_last_line(output)
        size = Path(split.path).stat().st_size if split.length is None else split.length
        self._place.progress(size)

    def _reduce_task(self, number: int, _: int) -> Task:
        spills = sorted(self._spilled.glob(f"worker-*-{number}"))
        listing = self._spilled / f"reduce-{number}" if spills else None
        if listing is not None:
            listing.write_bytes(b"".join(os.fsencode(path) + b"\0" for path in spills))
        threads = max(1, self._place.workers // self._reduces)
        stages = reduce_stages(self._reducer, self._options, listing, self._scratch, threads)
        return Task(
            name=f"reduce {number}",
            stages=stages,
            output=self._output / f"part-{number:05}",
            environment=reduce_variables(self._place.job_id, number),
            ended=partial(self._reduce_ended, spills, number),
        )

    def _reduce_ended(self, spills: Sequence[Path], number: int) -> None:
        _end_last_line(self._output / f"part-{number:05}")
        for path in spills:
            path.unlink(missing_ok=True)


def _reduces(job: StreamingJob, options: StreamingOptions, paths: Sequence[str]) -> int:
    if options.reduces is not None:
        return options.reduces
    if job.reducer is None:
        return 0
    return min(MOST_REDUCES, 1 + input_bytes(paths) // REDUCE_BYTES)


def _working_files(job: StreamingJob, options: StreamingOptions) -> dict[str, Path]:
    """Return what tasks find in their working directory: the scripts and the files of the options, by name."""
    files: dict[str, Path] = {}
    for program in (job.mapper, job.reducer, options.combiner):
        path = Path(program or "")
        if not path.is_file():
            path = Path(first_word(program or "")[0] or "")
        if path.is_absolute() and path.is_file():
            files.setdefault(path.name, path)
    for written in options.files:
        path_text, _, name = written.partition("#")
        path = Path(path_text)
        if not path.exists():
            raise CommandFailedError(f"the file {path} of the job's options does not exist", code="DD872")
        files[Path(name or path.name).name] = path
    return files


def _end_last_line(path: Path) -> None:
    """Give the last line of a file that programs add lines to its end, if it has none."""
    with path.open("r+b") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")


def _made(directory: Path) -> Path:
    try:
        directory.mkdir()
    except OSError as error:
        raise StorageError(f"{directory} cannot be made: {error.strerror}", code="DD784") from error
    return directory
