"""RunCommand: a shell command or a script of the user's, with staging directories."""

import shutil
from collections import deque
from dataclasses import replace
from pathlib import Path, PurePosixPath

from dataduct.engine.context import AttemptContext, Outcome
from dataduct.engine.process import ending
from dataduct.engine.programs import script_arguments
from dataduct.errors import (
    CheckFailedError,
    CommandFailedError,
    Interrupted,
    MissingDependencyError,
    RunError,
    StorageError,
)
from dataduct.model.counting import counted
from dataduct.model.dataset import Manifest
from dataduct.model.operations import RunCommand, StagedInput, StagedOutput
from dataduct.model.verdict import CheckVerdict
from dataduct.storage.datasets import collect_from_command, stage_for_command
from dataduct.storage.failures import storage_errors

_LINES_SHOWN = 5
_CHARACTERS_SHOWN = 300


def handle(operation: RunCommand, attempt: AttemptContext) -> Outcome:
    """Stage the inputs, run the command, and publish its outputs if it ends well.

    Raises:
        CommandFailedError: It ended badly (DD783) or could not be started (DD782, DD870).
        CheckFailedError: It is a check and ended badly.
        Interrupted: It was stopped.
    """
    with attempt.workbench.temporary_directory() as root:
        variables = {
            **_staging_directories(operation.inputs, root / "input"),
            **_staging_directories(operation.outputs, root / "output"),
        }
        _stage_inputs(operation, attempt, variables)
        lines = _run(operation, attempt, root, variables)
        outcome = _collect_outputs(operation, attempt, variables)
        return replace(outcome, verdict=_passed(attempt, lines)) if operation.is_check else outcome


def _staging_directories(
    staged: tuple[StagedInput, ...] | tuple[StagedOutput, ...], root: Path
) -> dict[str, Path]:
    """Make one directory for each variable and the subdirectories asked for; return them by variable."""
    directories: dict[str, Path] = {}
    for item in staged:
        directory = directories.setdefault(item.variable, root / item.variable)
        (directory / (item.subdirectory or "")).mkdir(parents=True, exist_ok=True)
    return directories


def _stage_inputs(operation: RunCommand, attempt: AttemptContext, variables: dict[str, Path]) -> None:
    for staged in operation.inputs:
        key, _ = attempt.published(staged.dataset)
        stage_for_command(
            attempt.workbench.storage,
            key,
            variables[staged.variable] / (staged.subdirectory or ""),
            cancellation=attempt.cancellation,
        )


def _run(
    operation: RunCommand, attempt: AttemptContext, root: Path, variables: dict[str, Path]
) -> deque[str]:
    """Run the command to its end and return its last lines."""
    directory = _working_directory(operation, root)
    _fetch(operation, attempt, directory)
    arguments = _command_line(operation, directory)
    attempt.log.write(" ".join(arguments))
    lines: deque[str] = deque(maxlen=_LINES_SHOWN)

    def take_line(line: str) -> None:
        attempt.log.write(line)
        if line.strip():
            lines.append(attempt.session.redact(line)[:_CHARACTERS_SHOWN])

    try:
        code = attempt.workbench.processes.run(
            arguments,
            directory=directory,
            environment={
                **attempt.environment(),
                **{name: str(path) for name, path in variables.items()},
            },
            cancellation=attempt.cancellation,
            on_line=take_line,
        )
    except OSError as error:
        raise CommandFailedError(
            f"{_name(operation)} could not be started: {error.strerror}",
            code="DD782",
            hint="make it executable and give it a first line such as `#!/usr/bin/env bash`",
        ) from error
    if attempt.cancellation.requested:
        raise Interrupted(f"{_name(operation)} was stopped", code="DD910", details=tuple(lines))
    if code != 0:
        raise _failure(operation, attempt, code, tuple(lines))
    return lines


def _working_directory(operation: RunCommand, root: Path) -> Path:
    directory = root / "work"
    try:
        if operation.script_directory is None:
            directory.mkdir()
        else:
            shutil.copytree(operation.script_directory, directory, symlinks=True)
    except (OSError, shutil.Error) as error:
        raise StorageError(
            f"the working directory of the command cannot be made from {operation.script_directory}: {error}",
            code="DD784",
        ) from error
    return directory


def _fetch(operation: RunCommand, attempt: AttemptContext, directory: Path) -> None:
    """Put the script and the files that lie in S3 into the working directory.

    Raises:
        SourceError: One of them is not there (DD861), or the bucket refuses.
        StorageError: Two files have the same name (DD794).
    """
    uris = (*((operation.script_uri,) if operation.script_uri else ()), *operation.files)
    if not uris:
        return
    try:
        from dataduct.storage.s3_source import s3_files
    except ModuleNotFoundError as error:
        raise MissingDependencyError("boto3", "s3") from error
    alias = operation.connection
    options = None if alias is None else attempt.workbench.connection(alias)
    for uri in uris:
        for file in s3_files(uri, options, alias=alias or ""):
            target = directory / file.name
            if target.exists():
                raise StorageError(
                    f"the working directory of the command holds a file {file.name} already, and {file.origin} would "
                    "take its place",
                    code="DD794",
                    hint="rename one of them",
                )
            with storage_errors("make the directory", target.parent):
                target.parent.mkdir(parents=True, exist_ok=True)
            attempt.log.write(f"fetching {file.origin}")
            file.copy(target, attempt.cancellation)


def _command_line(operation: RunCommand, directory: Path) -> list[str]:
    if operation.script_uri is not None:
        script = directory / PurePosixPath(operation.script_uri).name
        return [*script_arguments(script), *operation.arguments]
    if operation.script is None:
        return ["bash", "-c", operation.command or "", "bash", *operation.arguments]
    script = Path(operation.script)
    if operation.script_directory is not None and script.is_relative_to(operation.script_directory):
        script = directory / script.relative_to(operation.script_directory)
    return [*script_arguments(script), *operation.arguments]


def _name(operation: RunCommand) -> str:
    script = operation.script or operation.script_uri
    return f"script {script}" if script else "the command"


def _failure(operation: RunCommand, attempt: AttemptContext, code: int, lines: tuple[str, ...]) -> RunError:
    end = ending(code)
    if operation.is_check:
        verdict = CheckVerdict(
            check="command",
            passed=False,
            summary=f"the check's command {end}" + (f": {lines[-1]}" if lines else ""),
            figures={"exit_code": code},
        )
        attempt.record_verdict(verdict)
        return CheckFailedError(verdict)
    return CommandFailedError(f"{_name(operation)} {end}", code="DD783", details=lines)


def _passed(attempt: AttemptContext, lines: deque[str]) -> CheckVerdict:
    verdict = CheckVerdict(
        check="command",
        passed=True,
        summary="the check's command ended well" + (f": {lines[-1]}" if lines else ""),
        figures={"exit_code": 0},
    )
    attempt.record_verdict(verdict)
    return verdict


def _collect_outputs(operation: RunCommand, attempt: AttemptContext, variables: dict[str, Path]) -> Outcome:
    manifests: list[Manifest] = [
        collect_from_command(
            attempt.workbench.storage,
            attempt.dataset_key(staged.dataset),
            variables[staged.variable] / (staged.subdirectory or ""),
            producer=attempt.step.name,
            cancellation=attempt.cancellation,
        )
        for staged in operation.outputs
    ]
    if not manifests:
        return Outcome()
    files = sum(len(manifest.parts) for manifest in manifests)
    return Outcome(
        bytes=sum(manifest.bytes for manifest in manifests),
        message=counted(files, "file"),
    )
