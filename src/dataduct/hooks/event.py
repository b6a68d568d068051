"""What an event hook is given."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HookEvent:
    """Something that happened in a run. Its texts hold no secrets.

    Attributes:
        point: The point, such as `step_failed`.
        pipeline: Name of the pipeline.
        run_id: Identity of the run.
        run_date: The run's logical date, as `2026-01-31`.
        step: Name of the step, or None if the event is about the run as a whole.
        status: `running`, or how the step or run ended: `succeeded`, `already-loaded`, `failed`, `skipped`,
            `interrupted`.
        error: The first line of what went wrong, or None.
        rows: Rows that the step moved, or None.
        seconds: How long the step or run took, or None if it begins.
    """

    point: str
    pipeline: str
    run_id: str
    run_date: str
    step: str | None = None
    status: str = "running"
    error: str | None = None
    rows: int | None = None
    seconds: float | None = None

    def to_dict(self) -> dict[str, str | int | float | None]:
        """Return the attributes by name, as JSON takes them."""
        return asdict(self)
