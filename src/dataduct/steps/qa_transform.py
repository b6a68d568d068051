"""The step type `qa-transform`."""

from typing import ClassVar

from pydantic import Field

from dataduct.model.operations import RunCommand
from dataduct.steps.amazon import NO_EFFECT, PhantomOutputProperties
from dataduct.steps.base import Step
from dataduct.steps.commands import CommandProperties, command_subject, run_command
from dataduct.steps.context import LoweringContext


class QaTransformProperties(CommandProperties, PhantomOutputProperties):
    """What is run as a check."""

    sns_topic_arn: str | None = Field(
        None,
        description=f"Topic that is told of a failed check. {NO_EFFECT} A failed check fails the step.",
        examples=["arn:aws:sns:us-east-1:123456789012:checks"],
    )


class QaTransform(Step[QaTransformProperties]):
    """Run a command or script that checks something."""

    step_type: ClassVar[str] = "qa-transform"
    summary: ClassVar[str] = (
        "Run a command or script of your own as a check: any exit code but 0 is a failed check."
    )
    documentation: ClassVar[str] = """\
Runs a command or script as `transform` does and takes its exit code as the verdict: 0 is good, anything else is a
failed check. The step writes no dataset. By default it reads none and waits for no step: name what it reads with
`input_node` and what it waits for with `depends_on`.

After the step's own `script_arguments` the command gets `--test_name=PIPELINE.STEP`.

```yaml
name: check_courses
frequency: daily
load_time: 01:00

steps:
-   step_type: extract-local
    name: courses
    path: data/courses.tsv

-   step_type: qa-transform
    name: courses_are_not_empty
    input_node: courses
    command: test -s $INPUT1_STAGING_DIR/courses.tsv
```
"""
    properties: ClassVar[type[QaTransformProperties]] = QaTransformProperties

    @classmethod
    def subject(cls, properties: QaTransformProperties) -> str | None:
        """Return the script's name without its ending."""
        return command_subject(properties)

    @classmethod
    def lower(cls, properties: QaTransformProperties, context: LoweringContext) -> RunCommand | None:
        """Return the command, its exit code being a verdict."""
        return run_command(
            properties, context, extra_arguments=(f"--test_name={context.test_name}",), is_check=True
        )
