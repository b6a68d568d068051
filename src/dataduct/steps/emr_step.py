"""The step type `emr-step`."""

from typing import ClassVar

from pydantic import Field

from dataduct.model.operations import EmrJob, SubmitJob
from dataduct.steps.amazon import AmazonProperties
from dataduct.steps.base import Chaining, Step, Text
from dataduct.steps.context import LoweringContext


class EmrStepProperties(AmazonProperties):
    """The job."""

    step_string: Text = Field(
        description="The job as Amazon EMR takes it: the jar and its arguments, separated by commas; a comma within an "
        "argument is written `\\,`.",
        examples=["s3://bucket/jobs/clean.jar,--day,2026-01-01"],
    )


class EmrStep(Step[EmrStepProperties]):
    """Submit a job to an Amazon EMR cluster."""

    step_type: ClassVar[str] = "emr-step"
    summary: ClassVar[str] = "Submit a job to an Amazon EMR cluster, where the engine has one."
    documentation: ClassVar[str] = """\
Submits a job, a jar with its arguments, to an Amazon EMR cluster. The step reads the datasets it is given and writes
none that later steps could name.

It needs an engine that has a cluster. The engine of this machine has none and refuses the step when the pipeline is
compiled (DD280). A mapper and a reducer of Hadoop streaming run here with `emr-streaming`, and a command or script, one
that calls `spark-submit` for example, with `transform`. `emr_cluster_config` is read and has no effect here.

```yaml
name: clean_events
frequency: daily
load_time: 01:00

emr_cluster_config:
    num_instances: 3

steps:
-   step_type: emr-step
    name: clean
    step_string: s3://bucket/jobs/clean.jar,--day,{{ run_date }}
```
"""
    properties: ClassVar[type[EmrStepProperties]] = EmrStepProperties
    chaining: ClassVar[Chaining] = Chaining.INPUT

    @classmethod
    def lower(cls, properties: EmrStepProperties, context: LoweringContext) -> SubmitJob | None:
        """Return the job."""
        step = context.with_base_path(properties.step_string, of="step_string")
        return SubmitJob(
            job=EmrJob(step=step), inputs=tuple(dict.fromkeys(dataset for dataset, _ in context.inputs))
        )
