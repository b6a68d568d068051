"""How a command that cannot go on ends: what it tells the user, and the exit code."""

import os
import platform
import sys
import tempfile
import traceback

import click

from dataduct.cli.console import Console, drop
from dataduct.cli.invocation import Invocation
from dataduct.cli.problems import problem_lines
from dataduct.cli.text import Line, Span, line, lines_of
from dataduct.errors import DataductError, Interrupted, ProblemsError

INTERRUPTED = 130


def report(error: BaseException, invocation: Invocation) -> int:
    """Tell the user about `error` on standard error and return the exit code."""
    console = invocation.console
    match error:
        case ProblemsError():
            base = invocation.directory
            console.err(*problem_lines(error.problems, width=console.width, base=base, redact=error.redact))
        case DataductError():
            console.err(*error_lines(error))
        case KeyboardInterrupt() | click.Abort():
            console.err(line(Span("interrupted", "warning")))
            return INTERRUPTED
        case click.ClickException():
            return _usage(error, console)
        case BrokenPipeError():
            drop(sys.stdout)
            return 0
        case _:
            return _unexpected(error, invocation)
    return error.exit_code


def error_lines(error: DataductError) -> list[Line]:
    """Return an error's message with its code, its details and its hint."""
    word = "interrupted" if isinstance(error, Interrupted) else "error"
    first, *rest = error.message.splitlines() or [""]
    drawn = [line(Span(f"{word}[{error.code}]", "error"), Span(f": {first}", "strong"))]
    for text in (*rest, *error.details):
        drawn += lines_of(text, indent=2)
    if error.hint:
        drawn.append(line(Span("  hint: ", "accent"), error.hint))
    return drawn


def _usage(error: click.ClickException, console: Console) -> int:
    context = getattr(error, "ctx", None)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        console.err(error.format_message())
        return error.exit_code
    message = error.format_message()
    console.err(
        line(Span("error", "error"), Span(f": {message[:1].lower()}{message[1:].rstrip('.')}", "strong"))
    )
    if isinstance(context, click.Context):
        console.err(*lines_of(context.get_usage(), indent=2))
        console.err(line(Span("  hint: ", "accent"), f"{context.command_path} --help tells more"))
    return 2


def _unexpected(error: BaseException, invocation: Invocation) -> int:
    """Save a report of an error that nobody meant to happen; nothing of it goes to the terminal unasked."""
    told = "".join(traceback.format_exception(error))
    what = f"{type(error).__name__} at {_place(error)}"
    console = invocation.console
    if invocation.verbose:
        console.err(*lines_of(told))
    try:
        saved = _save_report(told)
    except OSError as unsaved:
        saved = f"no report could be saved: {unsaved.strerror}"
    console.err(line(Span("error[DD901]", "error"), Span(f": unexpected {what}; report: {saved}", "strong")))
    return 1


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "an unknown place"  # noqa: PTH119 - the path is text of a traceback


def _save_report(told: str) -> str:
    from dataduct import __version__

    heading = f"dataduct {__version__}, Python {platform.python_version()}, {platform.platform()}\n\n"
    with tempfile.NamedTemporaryFile(
        "w",
        prefix="dataduct-error-",
        suffix=".txt",
        delete=False,
        encoding="utf-8",
        errors="backslashreplace",
    ) as opened:
        opened.write(heading + told)
        return opened.name
