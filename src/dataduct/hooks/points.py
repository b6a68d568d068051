"""The points at which hooks are called."""

from typing import Final

ACTIVATE: Final = "activate_pipeline"
CONNECT: Final = "connect"
CONNECT_TO: Final = {
    "redshift": "connect_to_redshift",
    "mysql": "connect_to_mysql",
    "postgres": "connect_to_postgres",
}
"""Type of a system → the point around opening one of that type; `connect` is around opening any."""

AROUND_POINTS: Final = (ACTIVATE, CONNECT, *CONNECT_TO.values())
"""Points that have a before and an after: `before_hook(**options)` and `after_hook(result)`."""

EVENT_POINTS: Final = ("run_started", "step_started", "step_finished", "step_failed", "run_finished")
"""Points at which something has happened: `hook(event)`."""

EVENTS_FILE: Final = "events"
"""The file that may hold several functions, each called like an event point."""

BEFORE: Final = "before_hook"
AFTER: Final = "after_hook"
EVENT_FUNCTION: Final = "hook"


def connect_points(system_type: str) -> tuple[str, ...]:
    """Return the points around opening a system of that type, from the outside in."""
    specific = CONNECT_TO.get(system_type)
    return (CONNECT, specific) if specific else (CONNECT,)
