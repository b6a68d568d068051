"""Connecting to a server: tries again while it cannot be reached, for a bounded time."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel, Field

from dataduct.errors import TransientError

_LONGEST_PAUSE = 10.0

ConnectionT = TypeVar("ConnectionT")


class ConnectingOptions(BaseModel):
    """Options that every connection to a server has."""

    connect_timeout: float = Field(
        10.0, gt=0, le=3600, description="Seconds that one attempt to connect may take."
    )
    connect_retries: int = Field(
        3,
        ge=0,
        le=100,
        description="Times to try again when the server cannot be reached; the pauses grow to 10 seconds.",
    )
    silence_timeout: float = Field(
        60.0,
        gt=0,
        le=86_400,
        description="Seconds without a byte from the server after which a second connection asks whether the query "
        "still runs; it may run for longer than that.",
    )


def connect_with_retries(connect: Callable[[], ConnectionT], *, retries: int) -> ConnectionT:
    """Return what `connect` returns, trying again while it raises `TransientError`; raise its last one then."""
    from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

    attempts = Retrying(
        retry=retry_if_exception_type(TransientError),
        wait=wait_random_exponential(multiplier=0.5, max=_LONGEST_PAUSE),
        stop=stop_after_attempt(retries + 1),
        reraise=True,
    )
    return attempts(connect)
