"""One function of a hook: checked before it is kept, called with a time limit, blamed by file and line."""

import inspect
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from dataduct.errors import HookError, UserError
from dataduct.hooks.points import AFTER, BEFORE
from dataduct.project_code.modules import told

_SIGNATURES = {
    BEFORE: "def before_hook(*args, **kwargs):",
    AFTER: "def after_hook(result):",
}
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class HookTimeout(Exception):  # noqa: N818 - the word for the event
    """A hook took longer than it may; its thread is left to itself."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A function that is called at a point.

    Attributes:
        point: The point.
        name: The function's name: `before_hook`, `after_hook`, `hook`, or the point's.
        function: The function.
        source: Where it comes from as messages show it: a file, or an entry point and its distribution.
        file: The file that holds it, or None if that is not known.
    """

    point: str
    name: str
    function: Callable[..., object]
    source: str
    file: Path | None

    def check(self) -> None:
        """Raise UserError (DD893) for a function that cannot be called as its point calls it."""
        wrong = _signature_fault(self.name, self.function)
        if wrong:
            raise UserError(
                f"`{self.name}` of the hook {self.place} {wrong}",
                code="DD893",
                hint=f"write `{_SIGNATURES.get(self.name, f'def {self.name}(event):')}`",
            )

    @property
    def place(self) -> str:
        """File and line of the function, as far as they are known."""
        code = getattr(self.function, "__code__", None)
        return f"{self.source}:{code.co_firstlineno}" if code is not None and self.file else self.source

    def call(self, seconds: float, *arguments: object, **options: object) -> object:
        """Call the function and return what it returns.

        Raises:
            HookError: It raised (DD895), or took longer than `seconds` (DD896).
        """
        try:
            return call_within(seconds, self.function, *arguments, **options)
        except HookTimeout:
            raise HookError(
                f"the hook {self.place} took longer than {seconds_told(seconds)}",
                code="DD896",
                hint="set `timeout` under `hooks:` in dataduct.yml if it needs more",
            ) from None
        except BaseException as error:
            raise HookError(
                f"the hook {self._line_of(error)} raised {told(error)}",
                code="DD895",
                details=_from(self.file, error),
            ) from error

    def _line_of(self, error: BaseException) -> str:
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if self.file is not None and Path(frame.filename) == self.file:
                return f"{self.source}:{frame.lineno}"
        return self.place


def call_within(
    seconds: float, function: Callable[..., object], *arguments: object, **options: object
) -> Any:
    """Return what the function returns, called in a thread of its own that does not keep the process alive.

    Raises:
        HookTimeout: It is not done after `seconds`; its thread goes on.
        BaseException: What the function raised.
    """
    ended: SimpleQueue[tuple[bool, Any]] = SimpleQueue()

    def work() -> None:
        try:
            ended.put((True, function(*arguments, **options)))
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            ended.put((False, error))

    threading.Thread(target=work, name="dataduct hook", daemon=True).start()
    try:
        returned, value = ended.get(timeout=seconds)
    except Empty:
        raise HookTimeout from None
    if returned:
        return value
    raise value


def seconds_told(seconds: float) -> str:
    """Return a length of time as messages say it."""
    return f"{seconds:g} second{'' if seconds == 1 else 's'}"


def missing_options(function: Callable[..., object], options: Mapping[str, object]) -> list[str]:
    """Return the parameters that the function asks for by name and `options` does not hold."""
    parameters = inspect.signature(function).parameters.values()
    return [
        parameter.name
        for parameter in parameters
        if parameter.kind in _NAMED
        and parameter.default is inspect.Parameter.empty
        and parameter.name not in options
    ]


def _signature_fault(name: str, function: object) -> str | None:
    if not callable(function):
        return f"is no function, but of type `{type(function).__name__}`"
    if inspect.iscoroutinefunction(function):
        return "is an `async` function, which is not awaited"
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    if name != BEFORE:
        try:
            signature.bind(None)
        except TypeError:
            return "does not take one argument"
        return None
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        return "does not take every option: it has no `**kwargs`"
    return "takes an argument by its place only" if inspect.Parameter.POSITIONAL_ONLY in kinds else None


def _from(file: Path | None, error: BaseException) -> tuple[str, ...]:
    """Return the lines of the traceback from the hook's file on."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [index for index, frame in enumerate(frames) if file and Path(frame.filename) == file]
    shown = frames[own[0] :] if own else frames[-1:]
    return tuple(f"{frame.filename}:{frame.lineno} in {frame.name}: {frame.line or ''}" for frame in shown)
