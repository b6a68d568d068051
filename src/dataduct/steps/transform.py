"""The step type `transform`."""

from pathlib import PurePosixPath
from typing import ClassVar

from pydantic import Field, model_validator

from dataduct.definition.properties import PropertyError
from dataduct.model.nearest import did_you_mean
from dataduct.model.operations import RunCommand
from dataduct.steps.amazon import NO_EFFECT
from dataduct.steps.base import Chaining, Step, Text
from dataduct.steps.commands import CommandProperties, command_subject, run_command, staged_outputs
from dataduct.steps.context import LoweringContext
from dataduct.steps.files import OutputPath

_RESOURCE_TYPES = ("ec2", "emr")


class TransformProperties(CommandProperties):
    """What is run, and the datasets it writes."""

    output_node: Text | list[Text] | dict[str, str | None] | None = Field(
        None,
        description="Name of the dataset the step writes, by default the step's name; or a list of names, each of "
        "which is a subdirectory of `OUTPUT1_STAGING_DIR`. Of a mapping the keys are the names.",
        examples=["clean_courses", ["courses", "teachers"]],
    )
    no_output: bool = Field(False, description="Whether the step writes no dataset.")
    output_path: OutputPath = None
    resource_type: str | None = Field(
        None,
        description=f"Kind of machine that runs the step. {NO_EFFECT} The step runs on this machine.",
        examples=["ec2", "emr"],
    )

    @model_validator(mode="after")
    def _outputs_agree(self) -> "TransformProperties":
        if self.no_output and self.output_node is not None:
            raise PropertyError(
                "output_node",
                "`output_node` names a dataset and `no_output` says there is none",
                code="DD211",
            )
        if isinstance(self.output_node, list | dict):
            _check_nodes(list(self.output_node))
        return self

    @property
    def nodes(self) -> str | list[str] | None:
        """The output node or nodes by name."""
        return list(self.output_node) if isinstance(self.output_node, dict) else self.output_node


def _check_nodes(nodes: list[str]) -> None:
    """Raise PropertyError (DD217) for output nodes that cannot be directories of their own."""
    if not nodes:
        raise PropertyError(
            "output_node", "`output_node` is an empty list", hint="write `no_output: true`", code="DD217"
        )
    for node in nodes:
        if node in (".", "..") or PurePosixPath(node).name != node:
            raise PropertyError("output_node", f"`{node}` cannot be the name of a directory", code="DD217")
        if nodes.count(node) > 1:
            raise PropertyError("output_node", f"the output node `{node}` stands twice", code="DD217")


class Transform(Step[TransformProperties]):
    """Run a command or script over datasets."""

    step_type: ClassVar[str] = "transform"
    summary: ClassVar[str] = "Run a shell command or a script that reads and writes datasets as files."
    documentation: ClassVar[str] = """\
Runs a shell command, a script, a script in S3, or a script within a directory of its own. Exactly one of `command`,
`script`, `script_uri` and `script_directory` (with `script_name`) is given. A script ending in `.py` runs with
Dataduct's Python, one ending in `.sh` with bash; any other must be executable.

The environment says where the files are:

| variable | directory |
|---|---|
| `INPUT1_STAGING_DIR` | the files of the input dataset |
| `INPUT1_STAGING_DIR/NAME` | with `input_node: {node: NAME}`, the files of that node |
| `OUTPUT1_STAGING_DIR` | what the step writes here becomes its dataset |
| `OUTPUT1_STAGING_DIR/NAME` | with a list as `output_node`, the dataset of that node |

Arguments are passed as written, so `--input=INPUT1_STAGING_DIR` gives the script the name of the variable. In a
`command` they are `"$@"`.

An exit code other than 0 fails the step, and what it wrote is dropped.

With `output_path` the dataset is copied to S3 or to a directory as well, by a step of its own, `NAME-output`.

```yaml
name: clean_courses
frequency: daily
load_time: 01:00

steps:
-   step_type: extract-local
    path: data/courses.tsv

-   step_type: transform
    name: clean
    script: scripts/clean_courses.py
    script_arguments:
    -   --input=INPUT1_STAGING_DIR
    -   --output=OUTPUT1_STAGING_DIR

-   step_type: transform
    command: wc -l $INPUT1_STAGING_DIR/* > $OUTPUT1_STAGING_DIR/lines.txt
    input_node: clean
```
"""
    properties: ClassVar[type[TransformProperties]] = TransformProperties
    chaining: ClassVar[Chaining] = Chaining.INPUT

    @classmethod
    def subject(cls, properties: TransformProperties) -> str | None:
        """Return the script's name without its ending."""
        return command_subject(properties)

    @classmethod
    def output_nodes(cls, properties: TransformProperties, step: str) -> tuple[str, ...]:
        """Return the nodes of `output_node`, by default the step's name, or nothing with `no_output`."""
        if properties.no_output:
            return ()
        return tuple(output.dataset.node for output in staged_outputs(step, properties.nodes))

    @classmethod
    def lower(cls, properties: TransformProperties, context: LoweringContext) -> RunCommand | None:
        """Return the command with its staging directories."""
        _warn_resource_type(properties.resource_type, context)
        outputs = () if properties.no_output else tuple(staged_outputs(context.step, properties.nodes))
        return run_command(properties, context, outputs=outputs)


def _warn_resource_type(written: str | None, context: LoweringContext) -> None:
    """Tell of a kind of machine that the original did not know either: it took any text for `ec2` (DD265)."""
    if written in (None, *_RESOURCE_TYPES):
        return
    context.report(
        "DD265",
        f"`{written}` is no kind of machine",
        of="resource_type",
        expected="`ec2` or `emr`",
        hint=did_you_mean(written or "", _RESOURCE_TYPES),
        severity="warning",
    )
