"""Properties that every step type of the original took, whatever it did."""

from collections.abc import Mapping

from pydantic import Field, model_validator

from dataduct.steps.base import Names, StepProperties, Text

NO_EFFECT = "Kept for Amazon Data Pipeline; no effect on this engine."


class AmazonProperties(StepProperties):
    """Properties of every step that choose resources of Amazon's. Files with them run unchanged."""

    worker_group: str | None = Field(
        None, description=f"Worker group that runs the step. {NO_EFFECT}", examples=["etl-workers"]
    )
    resource: str | None = Field(
        None, description=f"Resource that runs the step. {NO_EFFECT}", examples=["Ec2Resource0"]
    )
    schedule: str | None = Field(
        None,
        description=f"Schedule object of the step. {NO_EFFECT} The pipeline's `frequency` says when it runs.",
        examples=["Schedule0"],
    )
    sns_object: str | None = Field(
        None, description=f"Alarm object that is told of failures. {NO_EFFECT}", examples=["SNSAlarm0"]
    )
    required_steps: Names | None = Field(
        None,
        description="Names of earlier steps: the same as `depends_on`, to which they are added.",
        examples=[["extract_courses"]],
    )
    s3_connection: Text | None = Field(
        None,
        description="Alias of the connection of type `s3` that leads to the buckets named by `input_path`, "
        "`output_path`, `script_uri` and `additional_s3_files`. By default the credentials and the region are those "
        "that AWS tools find.",
        examples=["lake"],
    )

    @model_validator(mode="before")
    @classmethod
    def _required_steps_are_awaited(cls, values: object) -> object:
        if not isinstance(values, Mapping) or not isinstance(values.get("required_steps"), tuple | str):
            return values
        written = [values.get(name) or () for name in ("depends_on", "required_steps")]
        names = [(each,) if isinstance(each, str) else each for each in written]
        return {**values, "depends_on": tuple(dict.fromkeys(name for each in names for name in each))}


class PhantomOutputProperties(AmazonProperties):
    """What the original took for steps that write no dataset, because they were transforms underneath."""

    output_node: str | list[str] | None = Field(
        None,
        description=f"Name of an output. {NO_EFFECT} The step writes no dataset.",
        examples=["courses"],
    )
    output_path: str | None = Field(
        None,
        description=f"S3 URI for an output. {NO_EFFECT} The step writes no dataset.",
        examples=["s3://bucket/courses/"],
    )
    no_input: bool = Field(
        False, description=f"Whether the step has no staging directory for its input. {NO_EFFECT}"
    )
