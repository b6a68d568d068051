"""Commands and scripts of the user's, with their staging directories."""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from pydantic import Field, model_validator

from dataduct.definition.templates import has_template
from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import RunCommand, StagedInput, StagedOutput
from dataduct.steps.amazon import AmazonProperties
from dataduct.steps.arguments import CommandArguments, command_arguments
from dataduct.steps.base import Text
from dataduct.steps.choices import require_one, require_together
from dataduct.steps.context import LoweringContext
from dataduct.steps.files import checked_connection, checked_uri

OUTPUT_VARIABLE = "OUTPUT1_STAGING_DIR"


class CommandProperties(AmazonProperties):
    """What is run: a shell command, a script, or a script in a directory of its own."""

    command: Text | None = Field(
        None,
        description="Shell text, run by bash exactly as written.",
        examples=["cp -r $INPUT1_STAGING_DIR/* $OUTPUT1_STAGING_DIR"],
    )
    script: Text | None = Field(
        None, description="Path of the script to run.", examples=["scripts/clean_courses.py"]
    )
    script_uri: Text | None = Field(
        None,
        description="URI of a script in S3, which is fetched when the step runs.",
        examples=["s3://bucket/scripts/clean_courses.py"],
    )
    script_directory: Text | None = Field(
        None,
        description="Directory that is copied to a private working directory, in which `script_name` runs.",
        examples=["scripts"],
    )
    script_name: Text | None = Field(
        None,
        description="The script to run, as a path within `script_directory`.",
        examples=["clean_courses.py"],
    )
    additional_s3_files: list[Text] | None = Field(
        None,
        description="URIs of more files in S3, or of directories with a slash at their end, that are put into the "
        "working directory of the command or script.",
        examples=[["s3://bucket/scripts/rules.json"]],
    )
    script_arguments: CommandArguments | None = Field(
        None,
        description="Arguments of the command or script: a list of values, or a mapping, in which `{a: b}` is the "
        "argument `--a=b`.",
        examples=[["--input=INPUT1_STAGING_DIR", "--limit=5"], {"limit": 5}],
    )
    no_input: bool = Field(
        False, description="Whether the step runs after the step before it and reads nothing of it."
    )

    @model_validator(mode="after")
    def _one_command(self) -> "CommandProperties":
        require_one(self, "command", "script", "script_uri", "script_directory")
        require_together(self, "script_directory", "script_name")
        require_together(self, "script_name", "script_directory")
        return self


def command_subject(properties: CommandProperties) -> str | None:
    """Return the script's name without its ending, or None for a command."""
    path = properties.script or properties.script_name or properties.script_uri
    return stem(path) if path else None


def stem(path: str) -> str | None:
    """Return the last part of `path` without its ending, or None if it is a template or a wildcard."""
    name = PurePosixPath(path).name
    if has_template(path) or not name or any(character in name for character in "*?[]{}"):
        return None
    bare = PurePosixPath(name).stem
    return bare or None


def run_command(
    properties: CommandProperties,
    context: LoweringContext,
    *,
    outputs: Sequence[StagedOutput] = (),
    extra_arguments: Sequence[str] = (),
    is_check: bool = False,
) -> RunCommand | None:
    """Return the operation that runs what `properties` say, or None after reporting problems."""
    inputs = () if properties.no_input else staged_inputs(context)
    arguments = (*command_arguments(properties.script_arguments, context), *extra_arguments)
    script = directory = uri = None
    files = _files(properties, context)
    if properties.script_uri is not None:
        uri = _file_uri(properties.script_uri, context, of="script_uri")
    if properties.script is not None:
        script = _script(properties.script, context)
    elif properties.script_directory is not None and properties.script_name is not None:
        directory, script = _script_in_directory(properties.script_directory, properties.script_name, context)
    connection = properties.s3_connection if properties.script_uri or files else None
    if not checked_connection(connection, context, of="s3_connection"):
        return None
    if (properties.command or script or uri) is None or inputs is None or files is None:
        return None
    return RunCommand(
        inputs=inputs,
        outputs=tuple(outputs),
        command=properties.command,
        script=script,
        script_directory=directory,
        arguments=arguments,
        script_uri=uri,
        files=files,
        connection=connection,
        is_check=is_check,
    )


def _file_uri(written: str, context: LoweringContext, *, of: str) -> str | None:
    """Return the URI of one file, or None after reporting that it is none (DD860)."""
    hint = "a script of this machine: `script`" if of == "script_uri" else None
    uri = checked_uri(context.with_base_path(written, of=of), context, of=of, hint=hint)
    if uri is not None and uri.endswith("/"):
        context.report("DD860", f"`{uri}` is a directory and no file", of=of, expected="the URI of a file")
        return None
    return uri


def _files(properties: CommandProperties, context: LoweringContext) -> tuple[str, ...] | None:
    of = "additional_s3_files"
    written = [context.with_base_path(uri, of=of) for uri in properties.additional_s3_files or ()]
    checked = [checked_uri(uri, context, of=of) for uri in written]
    return None if None in checked else tuple(written)


def _script(path: str, context: LoweringContext) -> str | None:
    location = context.location(path, of="script")
    if location is not None and Path(location).is_dir():
        context.report(
            "DD206",
            f"`{path}` is a directory, not a script",
            of="script",
            hint="name the directory with `script_directory` and the script with `script_name`",
        )
        return None
    return location


def _script_in_directory(
    directory: str, name: str, context: LoweringContext
) -> tuple[str | None, str | None]:
    """Return the absolute paths of the directory and of the script in it; None where a problem was reported."""
    root = context.location(directory, of="script_directory")
    if root is None:
        return None, None
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        context.report(
            "DD211",
            f"`{name}` lies outside `script_directory`",
            of="script_name",
            expected="a path within the directory",
        )
        return root, None
    script = Path(root) / name
    if not has_template(str(script)):
        if not Path(root).is_dir():
            context.report("DD206", f"`{directory}` is not a directory", of="script_directory")
            return None, None
        if not script.is_file():
            context.report("DD205", f"`{name}` is not a file in `{directory}`", of="script_name")
            return root, None
    return root, str(script)


def staged_inputs(context: LoweringContext) -> tuple[StagedInput, ...] | None:
    """Return the inputs with their variables, or None after reporting a wrong subdirectory (DD217).

    Inputs with a subdirectory share one directory, as the original's combined node; each other input has its own.
    Directories are numbered from 1 in the order of the inputs.
    """
    staged: list[StagedInput] = []
    shared: str | None = None
    directories = 0
    taken: set[PurePosixPath] = set()
    for dataset, subdirectory in context.inputs:
        if subdirectory is None:
            directories += 1
            staged.append(StagedInput(dataset=dataset, variable=f"INPUT{directories}_STAGING_DIR"))
            continue
        if shared is None:
            directories += 1
            shared = f"INPUT{directories}_STAGING_DIR"
        path = PurePosixPath(subdirectory)
        if not _is_inside(path) or path in taken:
            reason = "stands twice" if path in taken else "is not a path within the staging directory"
            context.report("DD217", f"the subdirectory `{subdirectory}` {reason}", of="input_node")
            return None
        taken.add(path)
        staged.append(StagedInput(dataset=dataset, variable=shared, subdirectory=str(path)))
    return tuple(staged)


def _is_inside(path: PurePosixPath) -> bool:
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def staged_outputs(step: str, output_node: str | Sequence[str] | None) -> Iterator[StagedOutput]:
    """Yield the outputs of a step.

    One name, or none, means the whole staging directory. A list means subdirectories named after the nodes.
    """
    if output_node is None or isinstance(output_node, str):
        yield StagedOutput(dataset=DatasetRef(step, output_node or step), variable=OUTPUT_VARIABLE)
        return
    for node in output_node:
        yield StagedOutput(dataset=DatasetRef(step, node), variable=OUTPUT_VARIABLE, subdirectory=node)
