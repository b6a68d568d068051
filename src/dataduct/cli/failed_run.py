"""What a person on call reads at the end of a run that failed or was stopped."""

from pathlib import Path

from dataduct.cli.quantities import first_names
from dataduct.cli.run_view import RunView, StepView
from dataduct.cli.table import table_lines
from dataduct.cli.text import Line, Span, line, lines_of, shorten
from dataduct.model.verdict import CheckVerdict, Figure
from dataduct.runs.events import StepFinished

_MOST_SHOWN = 5
_MOST_NAMES = 8


def failed_run_lines(
    view: RunView,
    *,
    go_on: str,
    log_directory: Path | None = None,
    width: int = 100,
    reason_told: bool = False,
) -> list[Line]:
    """Return the block: each failed step with what, why and where to look, and the command to go on.

    Args:
        view: The run, with every event taken in.
        go_on: The command that resumes the run.
        log_directory: Directory that log file names are relative to; None shows them as they are.
        width: Columns to draw in.
        reason_told: Whether the user has been told already why a run without a failed step ended.
    """
    drawn: list[Line] = [line()]
    failures = list(view.failures())
    for step, finished in failures[:_MOST_SHOWN]:
        drawn += [*_failure(view, step, finished, log_directory, width), line()]
    if len(failures) > _MOST_SHOWN:
        rest = [step.name for step, _ in failures[_MOST_SHOWN:]]
        drawn += [line(Span("also failed: ", "strong"), first_names(rest, _MOST_NAMES)), line()]
    if not failures and not reason_told and view.finished and view.finished.error:
        status = view.finished.status
        drawn += [
            line(Span(f"run {view.finished.run_id} {status}", "error"), f": {view.finished.error}"),
            line(),
        ]
    not_run = view.not_run()
    if not_run:
        drawn.append(line(Span("did not run: ", "strong"), first_names(not_run, _MOST_NAMES)))
    drawn.append(line(Span("to go on:    ", "strong"), go_on))
    return drawn


def verdict_lines(verdict: CheckVerdict, *, width: int | None, indent: int) -> list[Line]:
    """Return a verdict's figures as a table, and below it the rows that failed as another."""
    blank = " " * indent
    drawn: list[Line] = []
    if verdict.figures:
        name_width = max(map(len, verdict.figures))
        drawn += [
            line(blank, f"{name:<{name_width}}  {figure_text(n)}") for name, n in verdict.figures.items()
        ]
    if verdict.examples:
        header = list(dict.fromkeys(name for row in verdict.examples for name in row))
        room = 40 if width is None else max(8, min(40, (width - indent) // max(1, len(header)) - 2))
        rows = [[_example(row.get(name), name in row, room) for name in header] for row in verdict.examples]
        drawn += [
            line(blank, Span("examples:", "dim")),
            *table_lines(header, rows, indent=indent, width=width),
        ]
    return drawn


def figure_text(figure: Figure) -> str:
    """Return a figure of a verdict: thousands separated, fractions to four digits."""
    match figure:
        case None:
            return "unknown"
        case bool() | str():
            return str(figure)
        case int():
            return f"{figure:,}"
        case float():
            return f"{figure:,.4f}".rstrip("0").rstrip(".")


def _failure(
    view: RunView, step: StepView, finished: StepFinished, log_directory: Path | None, width: int
) -> list[Line]:
    attempt = f" in attempt {step.attempt}" if step.attempt > 1 else ""
    run = f" of run {view.started.run_id}" if view.started else ""
    code = f"[{finished.code}]" if finished.code else ""
    drawn = [line(Span("failed", "error"), ": ", Span(step.name, "strong"), f"{attempt}{run}")]
    what = (finished.message or (finished.verdict.summary if finished.verdict else "no message")).splitlines()
    drawn.append(line("  ", Span(f"error{code}", "error"), Span(f": {what[0] if what else ''}", "strong")))
    for text in (*what[1:], *finished.details):
        drawn += lines_of(text, indent=4)
    if finished.verdict:
        drawn += verdict_lines(finished.verdict, width=width, indent=4)
    if finished.hint:
        drawn.append(line("  ", Span("hint: ", "accent"), finished.hint))
    if finished.position:
        uses = "".join(f", used at {use.file}:{use.line}" for use in finished.used_at)
        place = f"{finished.position.file}:{finished.position.line}{uses}"
        drawn.append(line("  ", Span("step: ", "accent"), place))
    if finished.log_file:
        log = Path(finished.log_file) if log_directory is None else log_directory / finished.log_file
        drawn.append(line("  ", Span("log: ", "accent"), str(log)))
    return drawn


def _example(text: str | None, given: bool, width: int) -> str:
    if not given:
        return "-"
    return "NULL" if text is None else shorten(text, width) or "''"
