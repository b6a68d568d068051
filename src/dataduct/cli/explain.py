"""`dataduct explain`."""

import click

from dataduct.cli.completions import complete_codes
from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options
from dataduct.cli.table import table_lines
from dataduct.cli.text import Line, Span, line, lines_of, wrapped
from dataduct.codes.entry import CodeEntry
from dataduct.errors import UserError
from dataduct.model.nearest import did_you_mean


@with_global_options
@click.command("explain")
@click.argument("code", required=False, shell_complete=complete_codes)
@pass_invocation
def command(invocation: Invocation, code: str | None) -> None:
    """Explain an error code.

    Without CODE every code is listed with its title.
    """
    from dataduct.codes import catalogue

    console = invocation.console
    entries = catalogue()
    if code is None:
        console.out(*table_lines(("CODE", "WHAT IS WRONG"), [(e.code, e.title) for e in entries.values()]))
        return
    entry = entries.get(code.strip().strip("[]").upper())
    if entry is None:
        hint = did_you_mean(code.upper(), entries) or "`dataduct explain` lists the codes"
        raise UserError(f"there is no error code `{code}`", code="DD954", hint=hint)
    console.out(*_explanation(entry, console.width))


def _explanation(entry: CodeEntry, width: int) -> list[Line]:
    drawn = [line(Span(entry.code, "error"), Span(f": {entry.title}", "strong")), line()]
    drawn += wrapped(entry.meaning, width)
    drawn += [line(), line(Span("What to do", "strong")), *wrapped(entry.remedy, width)]
    if entry.example:
        drawn += [line(), line(Span("Example", "strong")), *lines_of(entry.example, indent=2)]
    return drawn
