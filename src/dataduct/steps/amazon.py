"""Properties that steer Amazon Data Pipeline and nothing on this engine."""

from pydantic import Field

from dataduct.steps.base import StepProperties
from dataduct.steps.context import LoweringContext

NO_EFFECT = "Kept for Amazon Data Pipeline; no effect on this engine."


class AmazonProperties(StepProperties):
    """Properties of every step that choose resources of Amazon Data Pipeline. Files with them run unchanged."""

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


def warn_output_path(output_path: str | None, context: LoweringContext) -> None:
    """Tell that `output_path` is not where the rows go (DD209, a warning)."""
    if output_path is not None:
        context.report(
            "DD209",
            "`output_path` has no effect on this engine",
            of="output_path",
            hint="the rows rest in the run's storage; later steps read them by the step's name",
            severity="warning",
        )
