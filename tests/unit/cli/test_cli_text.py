"""Widths, tables, quantities, and what a console writes where."""

import io
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataduct.cli.console import Console
from dataduct.cli.quantities import bytes_text, moment_text, rate_text, rows_text, seconds_text
from dataduct.cli.table import table_lines
from dataduct.cli.text import Span, display_width, folded, line, pad, plain_text, shorten, without_controls
from dataduct.model.counting import counted


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, ""), (0, "0.00 s"), (0.044, "0.04 s"), (0.0949, "0.09 s"), (0.095, "0.1 s"), (1.24, "1.2 s"),
        (59.94, "59.9 s"), (59.96, "1 min 00 s"), (185, "3 min 05 s"), (3599.7, "1 h 00 min"),
        (7620, "2 h 07 min"), (360000, "100 h 00 min"),
    ],
)  # fmt: skip
def test_seconds(seconds, told):
    assert seconds_text(seconds) == told


@pytest.mark.parametrize(
    ("size", "told"),
    [(None, ""), (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"),
     (12_100_000, "12.1 MB"), (3 * 10**15, "3.0 PB"), (5 * 10**18, "5000.0 PB")],
)  # fmt: skip
def test_bytes(size, told):
    assert bytes_text(size) == told


def test_counts_rows_and_rates():
    assert [counted(n, "row") for n in (0, 1, 336_776)] == ["0 rows", "1 row", "336,776 rows"]
    assert (rows_text(None), rows_text(2)) == ("", "2 rows")
    assert rate_text(336_776, 1.2) == "280,647 rows/s"
    assert rate_text(5, 0) == rate_text(None, 2) == rate_text(0, 2) == ""


def test_moments_are_utc():
    at = datetime(2026, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert moment_text(at) == "2026-01-01 06:30:00"
    assert moment_text(datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)) == "2026-01-01 00:00:00"
    assert moment_text(None) == ""


@given(text=st.text(), width=st.integers(1, 40))
def test_shortened_text_fits(text, width):
    assert display_width(shorten(text, width)) <= width


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_padding_fills_up_to_the_width(text):
    assert display_width(pad(text, 60)) == max(60, display_width(text))


def test_tables_leave_out_empty_columns_and_align_wide_text():
    table = table_lines(("NAME", "EMPTY", "ROWS"), [("航空", "", "5"), ("a", "", "1,234")], right=("ROWS",))
    assert plain_text(table) == "NAME   ROWS\n航空      5\na     1,234\n"


def test_the_last_column_is_shortened_to_the_width():
    (_, row) = plain_text(table_lines(("A", "B"), [("x", "y" * 80)], width=40)).splitlines()
    assert row == "x  " + "y" * 36 + "…"


def test_data_cannot_steer_the_terminal():
    assert without_controls("a\x1b[2Jb\rc\u202ed\te\n") == "a\\x1b[2Jb\\x0dc\\u202ed\te\n"


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("environment", "colored"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_on_a_terminal(monkeypatch, environment, colored):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    Console(environment).out(line(Span("bad\x1b[0m", "error")))
    assert terminal.getvalue() == ("\x1b[31m\x1b[1mbad\\x1b[0m\x1b[0m\n" if colored else "bad\\x1b[0m\n")


@pytest.mark.parametrize(
    ("environment", "live"),
    [({}, True), ({"CI": "true"}, False), ({"CI": "false"}, True), ({"TERM": "dumb"}, False)],
)
def test_a_terminal_is_redrawn_unless_told_otherwise(monkeypatch, environment, live):
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert Console(environment).live is live


def test_a_file_gets_no_colours_and_text_it_cannot_hold_is_spelled_out(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    Console({}).out(line(Span("naïve", "error")))
    assert raw.getvalue() == b"na\\xefve\n"


def test_what_stands_in_backquotes_is_kept_on_one_line():
    assert folded("write `a b c` for it", 12) == ["write", "`a b c` for", "it"]
    assert folded("`a long text in quotes`", 10) == ["`a long", "text in", "quotes`"]


@given(st.text(alphabet="ab `-", max_size=60), st.integers(5, 20))
def test_folding_loses_nothing_but_white_space(text, width):
    parts = folded(text, width)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(len(part) <= width for part in parts)
