"""What the steps that check tables have in common."""

from collections.abc import Sequence

from pydantic import Field, model_validator

from dataduct.definition.properties import PropertyError
from dataduct.model.operations import Check, CheckLog, Comparison, RunCommand
from dataduct.model.table import TableName
from dataduct.steps.amazon import NO_EFFECT, PhantomOutputProperties
from dataduct.steps.arguments import CommandArguments, command_arguments, parse_options
from dataduct.steps.base import Text
from dataduct.steps.choices import given, listed
from dataduct.steps.context import LoweringContext

_OPTIONS = ("path_suffix", "test_name", "sns_topic_arn")
_FLAGS = ("log_to_s3",)


LOG_DESCRIPTION = (
    "Whether the verdict is written to the storage as well, as a line of JSON below `log_path` of `checks:` in the "
    "settings. Every verdict is kept in the history of runs anyway."
)


LOG_DOCUMENTATION = """\
With `log_to_s3` the verdict is also written to the storage, as a line of JSON in
`qa/PIPELINE/STEP/DATE_RUN.jsonl` (`log_path` under `checks:` in the settings names another directory than `qa`, and
`--path_suffix=PATH` among the `script_arguments` one below it). The message says where it is. A log that cannot be
written is told and changes nothing about the verdict."""
"""What the documentation of every check says of `log_to_s3`."""


class CheckProperties(PhantomOutputProperties):
    """What every check has: a program to run in place of the built-in check, and what only Amazon's services read."""

    script: Text | None = Field(
        None,
        description="A script that checks in place of the built-in check. It gets the step's properties as arguments.",
        examples=["scripts/check_courses.py"],
    )
    command: Text | None = Field(
        None,
        description="A shell command that checks in place of the built-in check, with the same arguments.",
    )
    script_arguments: CommandArguments | None = Field(
        None,
        description="Arguments of `script` or `command`. Without these only `--path_suffix=PATH` is known, which "
        "becomes part of the log's path.",
        examples=[["--path_suffix=#{format(@scheduledStartTime, 'YYYY-MM-dd')}"]],
    )
    log_to_s3: bool = Field(False, description=LOG_DESCRIPTION)
    sns_topic_arn: str | None = Field(
        None,
        description=f"Topic that is told of a failed check. {NO_EFFECT} A failed check fails the step.",
        examples=["arn:aws:sns:us-east-1:123456789012:checks"],
    )

    @model_validator(mode="after")
    def _one_program(self) -> "CheckProperties":
        programs = given(self, "script", "command")
        if len(programs) > 1:
            raise PropertyError(
                "command", f"give at most one of {listed(programs)}", hint="remove `command`", code="DD210"
            )
        return self


class SourceCheckProperties(CheckProperties):
    """The source that a check compares with the warehouse."""

    source_host: Text = Field(
        description="Alias of the source's connection in the settings.", examples=["school"]
    )
    database: Text | None = Field(
        None,
        description="Database on the source's server. By default the connection's own.",
        examples=["school"],
    )


def has_own_program(properties: CheckProperties) -> bool:
    """Return whether a script or command of the user's checks."""
    return properties.script is not None or properties.command is not None


def own_check(
    properties: CheckProperties, context: LoweringContext, arguments: Sequence[str]
) -> RunCommand | None:
    """Return the user's program as a check, or None after reporting that its script is missing.

    Args:
        properties: The step's properties.
        context: The step's surroundings.
        arguments: What the built-in check would have been told, as arguments.
    """
    script = context.location(properties.script, of="script") if properties.script is not None else None
    if properties.command is None and script is None:
        return None
    return RunCommand(
        command=properties.command,
        script=script,
        arguments=(
            *command_arguments(properties.script_arguments, context),
            *arguments,
            *(("--log_to_s3",) if properties.log_to_s3 else ()),
            f"--test_name={context.test_name}",
        ),
        is_check=True,
    )


def built_in_check(
    properties: CheckProperties,
    context: LoweringContext,
    comparison: Comparison,
    reads: tuple[TableName, ...],
) -> Check | None:
    """Return the built-in check, or None after reporting `script_arguments` that it does not know (DD212)."""
    options = parse_options(properties.script_arguments, flags=_FLAGS, values=_OPTIONS, context=context)
    if options is None:
        return None
    log = None
    if properties.log_to_s3 or "log_to_s3" in options:
        below = (context.settings.check_log_path, options.get("path_suffix", ""))
        log = CheckLog(
            directory="/".join(filter(None, (part.strip("/") for part in below))), test_name=context.test_name
        )
    return Check(comparison=comparison, reads=reads, log=log)
