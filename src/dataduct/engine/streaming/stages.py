"""The pipelines of processes that map and reduce tasks are, as commands of the shell."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Literal

from dataduct.engine.programs import script_arguments
from dataduct.engine.streaming.filters import aggregate, feed, partition, rejoin
from dataduct.engine.streaming.splits import Split
from dataduct.model.streaming_options import StreamingOptions

AGGREGATE = "aggregate"
"""The reducer that comes with Hadoop."""

Role = Literal["input", "mapper", "sort", "combiner", "partitioner", "reducer", "output"]
PROGRAMS: frozenset[Role] = frozenset({"mapper", "combiner", "reducer"})
"""The stages that are the user's."""

_MERGED_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Stage:
    """One process of a pipeline: what it is there for, and its command in the shell's syntax."""

    role: Role
    command: str


def program_command(program: str) -> str:
    """Return the shell command of a mapper, combiner or reducer: a script, one with arguments, or a command.

    Raises:
        CommandFailedError: It is a script that no interpreter here can run (DD870).
    """
    if program == AGGREGATE:
        return _filter(aggregate.__file__)
    if Path(program).is_absolute() and Path(program).is_file():
        return shlex.join(script_arguments(Path(program)))
    first, rest = first_word(program)
    if first and Path(first).is_absolute() and Path(first).is_file():
        program = f"{shlex.join(script_arguments(Path(first)))}{rest}"
    return shlex.join(["bash", "-c", program])


def first_word(text: str) -> tuple[str | None, str]:
    """Return the first word of a shell text without its quotes, and what follows it; None if quotes are not closed."""
    stream = StringIO(text)
    reader = shlex.shlex(stream, posix=True)
    reader.whitespace_split = True
    reader.commenters = ""
    try:
        word = reader.get_token()
    except ValueError:
        return None, text
    return word, " " + stream.read()


def map_stages(
    split: Split, mapper: str, combiner: str | None, options: StreamingOptions, scratch: Path
) -> list[Stage]:
    """Return the stages of a map task, as far as the mapper's lines or, with a combiner, the combiner's."""
    stages = [Stage("mapper", mapper)]
    if split.plain:
        stages = [Stage("mapper", f"{mapper} < {shlex.quote(split.path)}")]
    else:
        length = -1 if split.length is None else split.length
        needs_packages = split.path.lower().endswith(".zst")
        feeding = _filter(
            feed.__file__, split.path, str(split.start), str(length), needs_packages=needs_packages
        )
        stages.insert(0, Stage("input", feeding))
    if combiner is not None:
        stages += [Stage("sort", sort_command(options, scratch, None, 1)), Stage("combiner", combiner)]
    return stages


def partition_stage(options: StreamingOptions, reduces: int, prefix: Path) -> Stage:
    """Return the stage that gives the lines of a map task to the files of the reduce tasks."""
    first, last = options.partition_fields or (1, options.map_key_fields)
    numbers = (str(first), str(last or 0))
    return Stage(
        "partitioner",
        _filter(partition.__file__, str(reduces), options.map_separator, *numbers, str(prefix)),
    )


def reduce_stages(
    reducer: str, options: StreamingOptions, spills: Path | None, scratch: Path, threads: int
) -> list[Stage]:
    """Return the stages of a reduce task.

    Args:
        spills: File with the names of the files to sort, each ended by a NUL; None if there are none.
        threads: Threads that sort.
    """
    if spills is None:
        stages = [Stage("reducer", f"{reducer} < /dev/null")]
    else:
        stages = [Stage("sort", sort_command(options, scratch, spills, threads))]
        rejoined = options.reduce_input_separator
        stages += rejoin_stages(options.map_separator, options.map_key_fields, rejoined)
        stages.append(Stage("reducer", reducer))
    return [
        *stages,
        *rejoin_stages(options.reduce_separator, options.reduce_key_fields, options.output_separator),
    ]


def rejoin_stages(separator: str, fields: int, new_separator: str) -> list[Stage]:
    """Return the stage that changes the separator between key and value, or none if it stays."""
    if separator == new_separator:
        return []
    return [Stage("output", _filter(rejoin.__file__, separator, str(fields), new_separator))]


def sort_command(options: StreamingOptions, scratch: Path, spills: Path | None, threads: int) -> str:
    """Return the command that sorts lines by key, and those of one key by the rest of the line.

    Bytes are compared, as Hadoop's Text does. Its memory is bounded; what does not fit goes to files in `scratch`.
    """
    keys = options.sort_keys or (f"-k1,{options.map_key_fields}",)
    words = [
        "sort",
        *("-t", options.map_separator),
        *keys,
        *("-S", f"{options.sort_megabytes}M"),
        *("-T", str(scratch)),
        f"--parallel={threads}",
        f"--batch-size={_MERGED_AT_ONCE}",
    ]
    if spills is not None:
        words.append(f"--files0-from={spills}")
    return f"LC_ALL=C {shlex.join(words)}"


def script_of(stages: Sequence[Stage], output: Path | None, status: Path) -> str:
    """Return the shell text that runs the pipeline and writes the exit code of each stage to `status`."""
    redirect = f" >> {shlex.quote(str(output))}" if output is not None else ""
    pipeline = " | ".join(stage.command for stage in stages)
    return f"{pipeline}{redirect}\nprintf '%s ' \"${{PIPESTATUS[@]}}\" > {shlex.quote(str(status))}"


def _filter(path: str, *arguments: str, needs_packages: bool = False) -> str:
    flags = ["-I"] if needs_packages else ["-I", "-S"]
    return shlex.join([sys.executable, *flags, path, *arguments])
