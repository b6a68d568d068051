"""The keys of a pipeline file, save its steps: what they take and what they mean."""

import re
from datetime import time
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from dataduct.definition.durations import parse_duration
from dataduct.definition.properties import PropertyError
from dataduct.model.nearest import did_you_mean
from dataduct.model.schedule import FREQUENCIES

RESOURCES: Final = ("ec2", "emr", "local")
"""The resources that bootstrap steps may be listed for."""

_LOAD_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?", re.ASCII)
_HOUR = re.compile(r"[0-9]{1,2}", re.ASCII)


def parse_frequency(value: str) -> str:
    """Return a frequency as `FREQUENCIES` has it. Raises PropertyError (DD204)."""
    folded = value.strip().lower()
    if folded not in FREQUENCIES:
        raise PropertyError(
            None,
            f"`{value}` is no frequency",
            did_you_mean(value, FREQUENCIES),
            "DD204",
            "one of " + ", ".join(f"`{known}`" for known in FREQUENCIES),
        )
    return folded


def parse_load_time(value: str) -> time:
    """Return the time of day that `10:30`, `8:09` or `10:30:00` means. Raises PropertyError (DD245)."""
    match = _LOAD_TIME.fullmatch(value.strip())
    if match is None:
        hour = _HOUR.fullmatch(value.strip())
        hint = (
            f"write {int(value):02d}:00"
            if hour and int(value) < 24
            else "write hours and minutes, such as 10:30"
        )
        raise PropertyError(
            None, f"`{value}` is no time of day", hint, "DD245", "a time such as 10:30, in UTC"
        )
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    if hours > 23 or minutes > 59 or seconds > 59:
        midnight = "write 00:00 for midnight" if hours == 24 else None
        raise PropertyError(
            None, f"`{value}` is no time of day", midnight, "DD245", "a time from 00:00 to 23:59, in UTC"
        )
    return time(hours, minutes, seconds)


def _load_time(value: str) -> str:
    parse_load_time(value)
    return value


def _duration(value: str) -> str:
    try:
        parse_duration(value)
    except ValueError as error:
        raise PropertyError(
            None, str(error), None, "DD246", "a number and a unit, such as 15 minutes"
        ) from None
    return value


def _timeout(value: str) -> str:
    _duration(value)
    if parse_duration(value) <= 0:
        raise PropertyError(
            None, "the timeout is zero", "leave it out for no limit", "DD246", "more than 0 seconds"
        )
    return value


def _time_delta(value: str) -> str:
    text = value.strip().removeprefix("-")
    if not (text.isascii() and text.isdigit()):
        _duration(text)
    return value


def _name(value: str) -> str:
    if not value.strip():
        raise PropertyError(None, "the pipeline's name is empty", "write a name", "DD242", "a text")
    if not value.isprintable():
        raise PropertyError(
            None, "the pipeline's name holds a line break or another control character", None, "DD242"
        )
    return value


_Steps = Annotated[Any, WithJsonSchema({"type": "array"})]
_Mapping = Annotated[Any, WithJsonSchema({"type": "object"})]


class Ec2ResourceConfig(BaseModel):
    """The EC2 instance that AWS Data Pipeline runs steps on."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    terminate_after: Annotated[str, AfterValidator(_duration)] | None = Field(
        None, description="Longest time the instance lives.", examples=["6 Hours"]
    )
    instance_type: str | None = Field(None, description="Instance type.", examples=["m1.large"])
    ami: str | None = Field(None, description="Image the instance starts from.")
    security_group: str | None = Field(None, description="Name of its security group.")
    security_group_id: str | None = Field(None, description="Id of its security group.")
    subnet_id: str | None = Field(None, description="Id of the subnet it starts in.")


class EmrClusterConfig(BaseModel):
    """The EMR cluster that AWS Data Pipeline runs steps on."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    num_instances: int | None = Field(None, ge=0, description="Number of core instances.")
    instance_size: str | None = Field(None, description="Instance type of the core instances.")
    master_instance_size: str | None = Field(None, description="Instance type of the master.")
    num_task_instances: int | None = Field(None, ge=0, description="Number of task instances.")
    task_instance_type: str | None = Field(None, description="Instance type of the task instances.")
    task_bid_price: str | None = Field(
        None, description="Bid for task instances on the spot market, in dollars."
    )
    terminate_after: Annotated[str, AfterValidator(_duration)] | None = Field(
        None, description="Longest time the cluster lives.", examples=["6 Hours"]
    )
    hadoop_version: str | None = Field(None, description="Version of Hadoop.")
    install_hive: str | bool | None = Field(None, description="Version of Hive to install.")
    install_pig: str | bool | None = Field(None, description="Version of Pig to install.")
    ami_version: str | None = Field(None, description="Version of the EMR image.", examples=["3.3.1"])
    bootstrap: str | list[str] | dict[str, str] | None = Field(
        None,
        description="Bootstrap actions: a script, a list of actions, or a mapping with `string` or `script`.",
    )


class PipelineHeader(BaseModel):
    """A pipeline: its name, its schedule and its steps."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    name: Annotated[str, AfterValidator(_name)] = Field(
        description="Name of the pipeline, unique in the project."
    )
    steps: _Steps = Field(description="The steps, in order.")
    description: str | None = Field(None, description="What the pipeline is for, in your words.")
    frequency: Annotated[str, AfterValidator(parse_frequency)] | None = Field(
        None, description="How often the pipeline runs.", json_schema_extra={"enum": [*FREQUENCIES, None]}
    )
    load_time: Annotated[str, AfterValidator(_load_time)] | None = Field(
        None, description="Time of day of the runs, in UTC.", examples=["01:00", "10:30"]
    )
    time_delta: Annotated[str, AfterValidator(_time_delta)] | None = Field(
        None,
        description="Shift of the first run: a number of days, or a duration. AWS Data Pipeline only.",
        examples=["2", "6 hours"],
    )
    timeout: Annotated[str, AfterValidator(_timeout)] | None = Field(
        None, description="Longest time a whole run may take.", examples=["2 hours"]
    )
    max_retries: int | None = Field(
        None, ge=0, description="Times a failed step is tried again, where the step does not say."
    )
    variables: _Mapping = Field(
        None, description="Names and default values that templates read as `var.name`."
    )
    bootstrap: _Mapping = Field(None, description="Steps that run before all others, by resource.")
    teardown: _Mapping = Field(None, description="One step that runs after all others.")
    topic_arn: str | None = Field(None, description="SNS topic that AWS Data Pipeline tells of failures.")
    ec2_resource_config: Ec2ResourceConfig | None = Field(
        None, description="The EC2 instance that AWS Data Pipeline runs steps on."
    )
    emr_cluster_config: EmrClusterConfig | None = Field(
        None, description="The EMR cluster that AWS Data Pipeline runs steps on."
    )
