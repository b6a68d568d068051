"""What the steps that check tables have in common."""

from collections.abc import Sequence

from pydantic import Field, model_validator

from dataduct.definition.properties import PropertyError
from dataduct.model.operations import RunCommand
from dataduct.steps.amazon import NO_EFFECT, AmazonProperties
from dataduct.steps.arguments import CommandArguments, command_arguments, parse_options
from dataduct.steps.base import Text
from dataduct.steps.choices import given, listed
from dataduct.steps.context import LoweringContext

_OPTIONS = ("path_suffix", "test_name", "sns_topic_arn")
_FLAGS = ("log_to_s3",)


class CheckProperties(AmazonProperties):
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
        description="Arguments of `script` or `command`. Without these only `--path_suffix` is known, which says where "
        "in S3 the result goes.",
        examples=[["--path_suffix=#{format(@scheduledStartTime, 'YYYY-MM-dd')}"]],
    )
    log_to_s3: bool = Field(
        False,
        description=f"Whether the result goes to S3. {NO_EFFECT} Every verdict is kept in the history of runs.",
    )
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
            *command_arguments(properties.script_arguments),
            *arguments,
            *(("--log_to_s3",) if properties.log_to_s3 else ()),
            f"--test_name={context.test_name}",
        ),
        is_check=True,
    )


def check_arguments_known(properties: CheckProperties, context: LoweringContext) -> bool:
    """Return whether the built-in check knows its `script_arguments`; report DD212 otherwise."""
    written = properties.script_arguments
    return parse_options(written, flags=_FLAGS, values=_OPTIONS, context=context) is not None
