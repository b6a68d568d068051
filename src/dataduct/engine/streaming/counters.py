"""What tasks report in lines of their standard error: counters and their status."""

import re
import threading
from collections import Counter

_COUNTER = re.compile(r"reporter:counter:([^,]*),([^,]*),\s*([+-]?\d+)\s*")
_STATUS = "reporter:status:"
_NAMES_KEPT = 120
"""Hadoop's own limit. It keeps a mapper that counts every word from filling the memory."""


class Counters:
    """The counters of a job, summed over its tasks. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sums: Counter[tuple[str, str]] = Counter()
        self.left_out = 0

    def take(self, line: str) -> str | None:
        """Count what `line` reports; return what is worth logging of it: the line, a status, or nothing."""
        match = _COUNTER.fullmatch(line)
        if match is not None:
            self._add((match[1], match[2]), int(match[3]))
            return None
        return f"status: {line[len(_STATUS) :]}" if line.startswith(_STATUS) else line

    def lines(self) -> list[str]:
        """Return `group.name = sum` of each counter, sorted."""
        with self._lock:
            return [f"{group}.{name} = {value:,}" for (group, name), value in sorted(self._sums.items())]

    def _add(self, name: tuple[str, str], amount: int) -> None:
        with self._lock:
            if name in self._sums or len(self._sums) < _NAMES_KEPT:
                self._sums[name] += amount
            else:
                self.left_out += 1
