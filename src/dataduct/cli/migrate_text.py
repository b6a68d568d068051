"""What becomes of an original project, as a person reads it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from dataduct.cli.text import Line, Span, Style, display_width, line, pad, wrapped
from dataduct.migration.report import AppliedDifference, FileReport, Kind, MigrationReport, Verdict
from dataduct.migration.tidy_settings import TidySettings
from dataduct.model.counting import counted
from dataduct.model.position import Position
from dataduct.model.problem import Problem

_KINDS: tuple[tuple[Kind, str], ...] = (
    ("settings", "Settings"),
    ("pipeline", "Pipelines"),
    ("custom step", "Custom steps"),
    ("hook", "Hooks"),
    ("script", "Python scripts of pipelines"),
)
_MARKS: dict[Verdict, tuple[str, str, Style]] = {
    "runs unchanged": ("✓", "+", "good"),
    "runs with a difference": ("~", "~", "warning"),
    "needs an edit": ("✗", "x", "error"),
}
_NO_SETTINGS = (
    "No settings of the first Dataduct were found, so connections and the directory of resources are not known. "
    "Name the file with --config."
)
_MOST_LINES = 6
_WIDEST_NAME = 48


def report_lines(report: MigrationReport, *, width: int, unicode: bool) -> list[Line]:
    """Return the report: each kind of file with its verdicts, what the differences are, and the counts."""
    drawn: list[Line] = []
    names = [display_width(file.file) for file in report.files]
    name_width = min(max(names, default=0), _WIDEST_NAME)
    if report.config is None:
        drawn += [*wrapped(_NO_SETTINGS, width, indent=0), line()]
    for kind, title in _KINDS:
        files = report.of_kind(kind)
        if files:
            drawn += [line(Span(title, "strong"))]
            for file in files:
                drawn += _file(file, name_width, width, unicode)
            drawn.append(line())
    if report.unread:
        drawn += [
            line(Span("Not compiled", "strong"), ", because the settings cannot be read:"),
            *(line("  ", name) for name in report.unread),
            line(),
        ]
    drawn += _differences(report, width)
    return [*drawn, *_summary(report)]


def written_lines(path: Path, settings: TidySettings) -> list[Line]:
    """Return what was written, and what the environment has to hold."""
    drawn = [line(Span("written", "good"), f": {path}")]
    if settings.taken_out:
        drawn.append(line("It refers to variables of the environment, which have to hold:"))
        widest = max(len(each.variable) for each in settings.taken_out)
        for each in settings.taken_out:
            what = "is missing at" if each.is_missing else "stands at"
            place = f"{each.place.file}:{each.place.line}"
            drawn.append(line("  ", Span(each.variable.ljust(widest), "accent"), f"  what {what} {place}"))
    return drawn


def _file(file: FileReport, name_width: int, width: int, unicode: bool) -> Iterator[Line]:
    mark, ascii_mark, style = _MARKS[file.verdict]
    verdict: str = file.verdict
    if file.edits:
        verdict = f"needs {counted(len(file.edits), 'edit')}"
    elif verdict == "runs with a difference":
        count = len(file.differences) + len(file.notes)
        verdict = f"runs with {counted(count, 'difference')}"
    yield line(
        "  ",
        Span(mark if unicode else ascii_mark, style),
        f" {pad(file.file, name_width)}  ",
        Span(verdict, style),
    )
    yield from _problems(file.edits, file.file, width, "error")
    yield from _problems(file.notes, file.file, width, "warning")
    if file.differences:
        yield from wrapped(", ".join(map(_applied, file.differences)), width, indent=6)


def _problems(problems: Sequence[Problem], file: str, width: int, style: Style) -> Iterator[Line]:
    """Yield the problems, those that say the same in one with all their lines."""
    alike: dict[tuple[str, str | None, str | None], list[Problem]] = {}
    for problem in problems:
        alike.setdefault((problem.message, problem.hint, problem.expected), []).append(problem)
    for (message, hint, expected), group in alike.items():
        where = _places([problem.position for problem in group if problem.position], file)
        yield from wrapped(f": {message}" if where else message, width, indent=6, lead=Span(where, style))
        if expected:
            yield from wrapped(expected, width, indent=8, lead=Span("expected ", "accent"))
        if hint:
            yield from wrapped(hint, width, indent=8, lead=Span("do: ", "accent"))


def _places(places: Sequence[Position], file: str) -> str:
    own = sorted({place.line for place in places if place.file == file})
    others = sorted({f"{place.file}:{place.line}" for place in places if place.file != file})
    return ", ".join([*([_lines(own)] if own else []), *others])


def _lines(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:_MOST_LINES])) + (", ..." if len(numbers) > _MOST_LINES else "")
    return f"line{'s' if len(numbers) > 1 else ''} {shown}"


def _applied(applied: AppliedDifference) -> str:
    return f"{applied.difference.id} ({_lines(sorted({place.line for place in applied.places}))})"


def _differences(report: MigrationReport, width: int) -> list[Line]:
    if not report.differences:
        return []
    drawn = [line(Span("What the differences are", "strong"))]
    for difference in report.differences:
        drawn.append(line("  ", Span(difference.id, "accent")))
        drawn += wrapped(f"{difference.title}.", width, indent=4)
        drawn += wrapped(difference.before, width, indent=4, lead=Span("before: ", "dim"), style="dim")
    return [*drawn, line()]


def _summary(report: MigrationReport) -> list[Line]:
    parts: list[str | Span] = [f"{counted(len(report.files), 'file')}: "]
    counts: Sequence[tuple[Verdict, str, Style]] = (
        ("runs unchanged", "run unchanged", "good"),
        ("runs with a difference", "run with differences", "warning"),
        ("needs an edit", "need an edit", "error"),
    )
    for index, (verdict, words, style) in enumerate(counts):
        number = report.count(verdict)
        parts += [", " if index else "", Span(f"{number} {words}", style if number else "dim")]
    return [line(*parts)]
