"""The only place that prints.

Results go to standard output, everything else to standard error. A reader that has gone away (`| head`) is not an
error: what would be written to it is dropped, and the command ends as it would have.
"""

import os
import sys
from collections.abc import Mapping
from typing import IO

import click

from dataduct.cli.text import Line, Style, line, without_controls

_STYLES: Mapping[Style, Mapping[str, str | bool]] = {
    "plain": {},
    "strong": {"bold": True},
    "dim": {"dim": True},
    "good": {"fg": "green"},
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "accent": {"fg": "cyan"},
}
_WIDEST = 120


class Console:
    """Standard output and standard error, with colour where a terminal shows it.

    Attributes:
        color: Whether colour may be used at all; `--no-color` and the variable `NO_COLOR` say no.
        reader_gone: Whether whoever read standard output has stopped.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = os.environ if environment is None else environment
        self.color = not self._environment.get("NO_COLOR")
        self.reader_gone = False

    @property
    def width(self) -> int:
        """Columns of the terminal; 100 if there is none, and never more than 120."""
        import shutil

        return max(40, min(shutil.get_terminal_size((100, 24)).columns, _WIDEST))

    @property
    def result_width(self) -> int | None:
        """Columns that a table on standard output may take; None, as many as it needs, if that is no terminal."""
        return self.width if sys.stdout.isatty() else None

    @property
    def live(self) -> bool:
        """Whether standard error is a terminal in which lines can be redrawn."""
        in_ci = self._environment.get("CI", "").casefold() not in ("", "0", "false")
        return sys.stderr.isatty() and not in_ci and not self._is_dumb

    @property
    def unicode(self) -> bool:
        """Whether standard error can show marks that are not ASCII."""
        encoding = (getattr(sys.stderr, "encoding", None) or "ascii").casefold().replace("-", "")
        return encoding.startswith("utf")

    def out(self, *lines: Line | str) -> None:
        """Write lines of a result to standard output."""
        self._write_lines(sys.stdout, lines)

    def err(self, *lines: Line | str) -> None:
        """Write lines about the work to standard error."""
        self._write_lines(sys.stderr, lines)

    def document(self, text: str) -> None:
        """Write a document that a program reads to standard output, as it is, with one final line feed."""
        self._write(sys.stdout, text if text.endswith("\n") else text + "\n")

    def ask(self, question: str) -> bool | None:
        """Ask on the terminal and return whether the answer is yes; None if nobody is there to answer."""
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            return None
        self._write(sys.stderr, f"{without_controls(question)} [y/N] ")
        return sys.stdin.readline().strip().casefold() in ("y", "yes")

    def flush(self) -> None:
        """Hand over what is still buffered."""
        for stream in (sys.stdout, sys.stderr):
            self._write(stream, "")

    @property
    def _is_dumb(self) -> bool:
        return self._environment.get("TERM") in ("dumb", "unknown")

    def _write_lines(self, stream: IO[str], lines: tuple[Line | str, ...]) -> None:
        colored = self.color and stream.isatty() and not self._is_dumb
        for each in lines:
            spans = line(each) if isinstance(each, str) else each
            text = "".join(_styled(without_controls(span.text), span.style, colored) for span in spans)
            self._write(stream, text.rstrip() + "\n")

    def _write(self, stream: IO[str], text: str) -> None:
        if self.reader_gone and stream is sys.stdout:
            return
        try:
            stream.write(_encodable(text, stream))
            stream.flush()
        except BrokenPipeError:
            if stream is sys.stdout:
                self.reader_gone = True
            drop(stream)


def drop(stream: IO[str]) -> None:
    """Send the rest of `stream` nowhere, so that flushing it at exit cannot fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _styled(text: str, style: Style, colored: bool) -> str:
    if not colored or style == "plain" or not text:
        return text
    return click.style(text, **_STYLES[style])  # type: ignore[arg-type]  # click takes each option by its own type


def _encodable(text: str, stream: IO[str]) -> str:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
