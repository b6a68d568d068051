"""Problems as a person reads them, with the line and a caret, and as JSON."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import groupby, islice
from pathlib import Path
from typing import TypeVar

import click

from dataduct.cli.console import Console
from dataduct.cli.text import Line, Span, Style, display_width, folded, line
from dataduct.model.counting import counted
from dataduct.model.position import Position
from dataduct.model.problem import Problem

CommandT = TypeVar("CommandT", bound=Callable[..., object])

_TAB = " " * 4
_LONGEST_LINE = 100_000


def problem_lines(
    problems: Iterable[Problem],
    *,
    width: int = 100,
    base: Path | None = None,
    redact: Callable[[str], str] = str,
) -> list[Line]:
    """Draw `problems` in the order of their places, and a closing line that counts them.

    Args:
        problems: Any number; none gives no lines.
        width: Columns to draw in. Longer source lines are cut around the caret.
        base: Directory that relative file names are looked up in when the working directory has none.
        redact: Takes secrets out of the files' lines.
    """
    ordered = _once(sorted(problems, key=_place))
    drawn: list[Line] = []
    for file, group in groupby(ordered, key=lambda problem: problem.position and problem.position.file):
        of_file = list(group)
        source = _source_lines(file, {p.position.line for p in of_file if p.position}, base) if file else {}
        for problem in of_file:
            drawn += [*_problem(problem, ordered[problem], source, width, redact), line()]
    return [*drawn, _closing(list(ordered))] if ordered else []


def problem_format_option(command: CommandT) -> CommandT:
    """Add `--format`; the command gets `form`, `text` or `json`."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="How problems are shown; json is one document with file, line and column of each.",
    )(command)


def print_problems(
    console: Console,
    problems: Sequence[Problem],
    form: str,
    *,
    base: Path | None,
    redact: Callable[[str], str],
) -> None:
    """Print problems as a result, in one of the forms of `--format`; see `problem_lines`."""
    if form == "json":
        console.document(json.dumps(problem_document(problems), indent=2, ensure_ascii=False))
    else:
        console.out(*problem_lines(problems, width=console.width, base=base, redact=redact))


def problem_document(problems: Iterable[Problem]) -> dict[str, object]:
    """Return `problems` as a JSON document: `{"problems": [{file, line, column, ...}]}`.

    A problem that a pattern has in several uses stands once: `used_at` is the first use, and `uses` counts them.
    """
    ordered = _once(sorted(problems, key=_place))
    return {"problems": [_record(problem, uses) for problem, uses in ordered.items()]}


def _once(problems: Iterable[Problem]) -> dict[Problem, int]:
    """Return the problems, those that differ in their uses alone only once, each with the number of its uses."""
    first: dict[Problem, Problem] = {}
    uses: dict[Problem, int] = {}
    for problem in problems:
        shown = first.setdefault(replace(problem, used_at=(), given=()), problem)
        uses[shown] = uses.get(shown, 0) + (1 if problem.used_at else 0)
    return uses


def error_count(problems: Iterable[Problem]) -> int:
    """Return how many of `problems` are errors."""
    return sum(problem.severity == "error" for problem in problems)


def _place(problem: Problem) -> tuple[str, int, int]:
    place = problem.position
    return (place.file, place.line, place.column) if place else ("", 0, 0)


def _record(problem: Problem, uses: int) -> dict[str, object]:
    place = problem.position
    used: dict[str, object] = {
        "used_at": [_at(position) for position in problem.used_at],
        "uses": uses,
    }
    given = [{"name": each.name, **_at(each.position)} for each in problem.given]
    return {
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "end_column": place.end_column if place else None,
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message,
        "expected": problem.expected,
        "hint": problem.hint,
        **(used if problem.used_at else {}),
        **({"given": given} if given else {}),
    }


def _at(position: Position) -> dict[str, object]:
    return {"file": position.file, "line": position.line, "column": position.column}


def _source_lines(file: str, numbers: set[int], base: Path | None) -> dict[int, str]:
    """Read the lines of those numbers; none of them if the file cannot be read."""
    path = Path(file)
    if base and not path.is_absolute() and not path.exists():
        path = base / path
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as opened:
            numbered = enumerate(islice(opened, max(numbers)), start=1)
            return {n: text.rstrip("\n")[:_LONGEST_LINE] for n, text in numbered if n in numbers}
    except (OSError, ValueError):
        return {}


def _problem(
    problem: Problem, uses: int, source: dict[int, str], width: int, redact: Callable[[str], str]
) -> list[Line]:
    style: Style = "error" if problem.severity == "error" else "warning"
    first, *rest = problem.message.splitlines() or [""]
    drawn = [line(Span(f"{problem.severity}[{problem.code}]", style), Span(f": {first}", "strong"))]
    drawn += [line(f"  {text}") for text in rest]
    place = problem.position
    gutter = 1
    if place:
        text = source.get(place.line)
        gutter = len(str(place.line))
        drawn.append(line(" " * gutter, Span("--> ", "accent"), str(place)))
        if text is not None:
            drawn += _excerpt(place, text, gutter, style, width, redact)
    notes = [f"expected {problem.expected}"] if problem.expected else []
    notes += [problem.hint] if problem.hint else []
    notes += [f"`{value.name}` is given at {value.position}" for value in problem.given]
    notes += [f"used at {at}" for at in problem.used_at]
    notes += [f"and {counted(uses - 1, 'more use')}"] if uses > 1 else []
    for note in notes:
        room = max(20, width - gutter - 3)
        parts = [part for text in note.splitlines() for part in folded(text, room) or [""]]
        for position, part in enumerate(parts):
            drawn.append(line(" " * (gutter + 1), Span("= " if position == 0 else "  ", "accent"), part))
    return drawn


def _excerpt(
    place: Position, text: str, gutter: int, style: Style, width: int, redact: Callable[[str], str]
) -> list[Line]:
    before, marked, after = (_shown(part) for part in _redacted_parts(place, text, redact))
    before, marked, after = _window(before, marked, after, width - gutter - 3)
    bar = Span("|", "accent")
    carets = "^" * max(1, display_width(marked))
    return [
        line(" " * gutter, " ", bar),
        line(Span(f"{place.line} ", "accent"), bar, f" {before}{marked}{after}"),
        line(" " * gutter, " ", bar, " " * (1 + display_width(before)), Span(carets, style)),
    ]


def _redacted_parts(place: Position, text: str, redact: Callable[[str], str]) -> tuple[str, str, str]:
    """Return the line before, in and after the place, without secrets.

    All of it is in the place if a secret crosses one of its ends.
    """
    start = min(place.column - 1, len(text))
    end = min(max(place.end_column or place.column + 1, place.column + 1) - 1, max(len(text), start + 1))
    parts = redact(text[:start]), redact(text[start:end]), redact(text[end:])
    whole = redact(text)
    return parts if "".join(parts) == whole else ("", whole, "")


def _shown(text: str) -> str:
    """Return `text` with tabs as blanks and control characters as one replacement character each."""
    expanded = text.replace("\t", _TAB)
    return "".join(
        "\ufffd" if ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u2028\u2029" else c for c in expanded
    )


def _window(before: str, marked: str, after: str, width: int) -> tuple[str, str, str]:
    """Cut a line that is wider than `width` around its marked part, an ellipsis at each cut."""
    if display_width(before + marked + after) <= width:
        return before, marked, after
    marked = _cut(marked, width - 8)
    room = width - display_width(marked)
    before = _cut_left(before, max(room - display_width(after), room // 2))
    return before, marked, _cut(after, width - display_width(before + marked))


def _cut(text: str, width: int) -> str:
    if display_width(text) <= width:
        return text
    kept = text[: max(0, width - 1)]
    while kept and display_width(kept) > width - 1:
        kept = kept[:-1]
    return kept + "…"


def _cut_left(text: str, width: int) -> str:
    return _cut(text[::-1], width)[::-1]


def _closing(problems: Sequence[Problem]) -> Line:
    errors = error_count(problems)
    warnings = len(problems) - errors
    counts = [counted(n, noun) for n, noun in ((errors, "error"), (warnings, "warning")) if n]
    files = {problem.position.file for problem in problems if problem.position}
    where = f" in {counted(len(files), 'file')}" if files else ""
    return line(f"{' and '.join(counts)}{where}; dataduct explain {problems[0].code} tells more")
