"""Faults that a test asks for, each of them once."""

import threading
from dataclasses import dataclass, field

from redshift_standin.errors import RedshiftError, serialization_failure

_CONTROL = {"begin", "start", "commit", "end", "rollback", "abort", "set", "show", "reset"}


@dataclass
class Faults:
    """The faults to come; thread-safe, since tests arm them from their own thread."""

    _before_commit: bool = False
    _after_commit: bool = False
    _errors: list[tuple[RedshiftError, str | None]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def arm_before_commit(self) -> None:
        """Drop the connection of the next COMMIT before it reaches the database."""
        with self._lock:
            self._before_commit = True

    def arm_after_commit(self) -> None:
        """Drop the connection of the next COMMIT after the database has committed."""
        with self._lock:
            self._after_commit = True

    def arm_error(self, sqlstate: str, message: str, detail: str | None, matching: str | None) -> None:
        """Fail the next statement that contains `matching`; None means any but transaction control and SET."""
        self._arm(RedshiftError(sqlstate, message, detail), matching)

    def arm_serialization_failure(self, table: str, matching: str | None) -> None:
        """Fail the next statement that contains `matching` with error 1023, as `arm_error` does."""
        self._arm(serialization_failure(table), matching)

    def _arm(self, error: RedshiftError, matching: str | None) -> None:
        with self._lock:
            self._errors.append((error, matching.lower() if matching else None))

    def clear(self) -> None:
        """Disarm everything."""
        with self._lock:
            self._before_commit = self._after_commit = False
            self._errors.clear()

    def take_before_commit(self) -> bool:
        """Whether this COMMIT is to be lost."""
        with self._lock:
            armed, self._before_commit = self._before_commit, False
            return armed

    def take_after_commit(self) -> bool:
        """Whether the answer to this COMMIT is to be lost."""
        with self._lock:
            armed, self._after_commit = self._after_commit, False
            return armed

    def take_error(self, first_word: str, text: str) -> RedshiftError | None:
        """The error armed for this statement, if any."""
        with self._lock:
            for place, (error, matching) in enumerate(self._errors):
                wanted = matching in text.lower() if matching else first_word not in _CONTROL
                if wanted:
                    del self._errors[place]
                    return error
        return None
