"""Every error Dataduct raises on purpose.

    DataductError                   the root; carries a `code` of the catalogue in `dataduct.codes`
    ├── UserError                   what the user wrote or asked for is wrong (exit 2)
    │   ├── ProblemsError           problems with positions in files, all of them at once
    │   └── MissingDependencyError  an optional package is not installed; prints the pip line
    ├── RunError                    something failed while running (exit 1)
    │   ├── TransientError          trying again may help; the engine retries
    │   │   └── LockTimeoutError    somebody else held a lock for longer than `lock_timeout` (not retried again)
    │   ├── TerminalError           trying again cannot help
    │   │   ├── SqlError            a statement the database refused
    │   │   ├── DataError           rows that do not fit: names row, column and value
    │   │   ├── SchemaMismatchError a table that differs from its definition
    │   │   ├── SourceError         a query or connection of a source system that cannot work
    │   │   ├── StorageError        disk full, read-only directory, missing file
    │   │   ├── WarehouseError      a warehouse that cannot be opened or used
    │   │   └── CheckFailedError    a check's verdict is bad
    │   ├── CommandFailedError      a user's command ended badly; retried if the step asks for retries
    │   ├── HookError               a user's hook raised, hung or returned what it should not; retried likewise
    │   └── StepTimeoutError        a step or run took longer than it may
    └── Interrupted                 the user or the system asked to stop (exit 130)

A message is one sentence; `hint` says the next thing to do. No message holds a secret: text that may hold one goes
through `dataduct.config.secrets.Redactor` before it is shown or stored.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar

from dataduct.model.counting import counted
from dataduct.model.problem import Problem
from dataduct.model.verdict import CheckVerdict


class DataductError(Exception):
    """The root of the tree.

    Attributes:
        code: A code of the catalogue, such as `DD701`.
        hint: The next thing to do, or None.
        details: More lines to show below the message (a statement, the first bad rows).
    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self, message: str, *, code: str = "DD901", hint: str | None = None, details: Sequence[str] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint
        self.details = tuple(details)


class UserError(DataductError):
    """What the user wrote or asked for is wrong; nothing has run."""

    exit_code = 2


class ProblemsError(UserError):
    """Problems with positions in the user's files, all of them at once.

    Attributes:
        problems: Each of them; no message holds a secret.
        redact: Takes the secrets out of the lines of the files, for whoever shows them.
    """

    def __init__(self, problems: Sequence[Problem], *, redact: Callable[[str], str] = str) -> None:
        errors = sum(problem.severity == "error" for problem in problems)
        super().__init__(counted(errors, "error"), code=problems[0].code)
        self.problems = tuple(problems)
        self.redact = redact


class MissingDependencyError(UserError):
    """An optional package is needed and not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"{package} is needed for this and is not installed",
            code="DD902",
            hint=f"pip install 'dataduct[{extra}]'",
        )


class RunError(DataductError):
    """Something failed while running."""


class TransientError(RunError):
    """Trying again may help."""


class LockTimeoutError(TransientError):
    """Somebody else held a lock for longer than `lock_timeout`."""


class TerminalError(RunError):
    """Trying again cannot help."""


class SqlError(TerminalError):
    """A database refused a statement."""


class DataError(TerminalError):
    """Rows that do not fit where they should go."""


class SchemaMismatchError(TerminalError):
    """A table differs from its definition."""


class SourceError(TerminalError):
    """A source system's query or connection that cannot work."""


class StorageError(TerminalError):
    """Files that cannot be read or written."""


class WarehouseError(TerminalError):
    """A warehouse that cannot be opened or used."""


class CheckFailedError(TerminalError):
    """A check's verdict is bad."""

    def __init__(self, verdict: CheckVerdict) -> None:
        super().__init__(verdict.summary, code="DD801")
        self.verdict = verdict


class CommandFailedError(RunError):
    """A user's command or script ended badly."""


class HookError(RunError):
    """A user's hook raised, took too long or returned what it should not."""


class StepTimeoutError(RunError):
    """A step or a run took longer than it may."""


class Interrupted(DataductError):  # noqa: N818 - the word for the event, as KeyboardInterrupt is
    """The user or the system asked to stop."""

    exit_code = 130
