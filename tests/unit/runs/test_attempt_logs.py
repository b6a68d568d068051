"""The log of an attempt: whole lines, no secrets, a bounded size, a name that is safe as a file's."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataduct.errors import StorageError, UserError
from dataduct.runs.logs import AttemptLog, log_file, read_log

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (DEBUG  |INFO   |WARNING|ERROR  ) ")


def texts(log: AttemptLog) -> list[str]:
    return [line.split("Z ", 1)[1][8:] for line in read_log(log.path)]


def test_each_line_has_its_time_and_level(tmp_path: Path) -> None:
    with AttemptLog(tmp_path / "courses/run/load.1.log") as log:
        log.write("copying 3 files")
        log.write("file 2 is empty", "warning")
    lines = list(read_log(tmp_path / "courses/run/load.1.log"))
    assert all(LINE.match(line) for line in lines)
    assert [line[25:] for line in lines] == ["INFO    copying 3 files", "WARNING file 2 is empty"]


def test_a_line_can_be_read_before_the_log_is_closed(tmp_path: Path) -> None:
    with AttemptLog(tmp_path / "a.log") as log:
        log.write("under way")
        assert texts(log) == ["under way"]


def test_several_lines_at_once_are_several_lines(tmp_path: Path) -> None:
    with AttemptLog(tmp_path / "a.log") as log:
        log.write("SELECT 1\r\n  FROM t\n")
        log.write("")
    assert texts(log) == ["SELECT 1", "  FROM t", ""]


def test_secrets_are_left_out_even_over_several_lines(tmp_path: Path) -> None:
    with AttemptLog(tmp_path / "a.log", redact=lambda text: text.replace("BEGIN\nKEY", "***")) as log:
        log.write("got BEGIN\nKEY here")
    assert texts(log) == ["got *** here"]


def test_a_log_goes_on_where_an_earlier_one_ended(tmp_path: Path) -> None:
    for word in ("first", "second"):
        with AttemptLog(tmp_path / "a.log") as log:
            log.write(word)
    assert texts(log) == ["first", "second"]


def test_a_log_is_cut_at_its_limit_and_says_how_much_is_missing(tmp_path: Path) -> None:
    with AttemptLog(tmp_path / "a.log", max_bytes=1_000) as log:
        for number in range(100):
            log.write(f"line {number:03d} " + "x" * 50)
        log.write("short")
    lines = texts(log)
    kept = len(lines) - 2
    assert log.path.stat().st_size < 1_200
    assert lines[:2] == ["line 000 " + "x" * 50, "line 001 " + "x" * 50]
    assert lines[kept:] == ["log cut at 1000 bytes", f"lines left out: {101 - kept}"]


def test_threads_never_mix_their_lines(tmp_path: Path) -> None:
    with AttemptLog(tmp_path / "a.log") as log, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: log.write(f"{number:04d}" * 20 + "\nend"), range(400)))
    lines = texts(log)
    assert sorted(lines[::2]) == [f"{number:04d}" * 20 for number in range(400)]
    assert set(lines[1::2]) == {"end"}


def test_text_that_is_no_unicode_is_written_in_a_readable_form(tmp_path: Path) -> None:
    with AttemptLog(tmp_path / "a.log") as log:
        log.write("file \udce9t\udce9")
    assert texts(log) == ["file \\udce9t\\udce9"]


def test_only_the_last_lines_if_asked_for(tmp_path: Path) -> None:
    with AttemptLog(tmp_path / "a.log") as log:
        log.write("one\ntwo\nthree")
    assert [line[-5:].strip() for line in read_log(log.path, last=2)] == ["two", "three"]


def test_a_log_that_cannot_be_written_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "courses").write_text("", encoding="utf-8")
    with pytest.raises(StorageError) as caught:
        AttemptLog(tmp_path / "courses/run/load.1.log")
    assert caught.value.code == "DD650"
    assert str(tmp_path / "courses/run/load.1.log") in str(caught.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_said_plainly() -> None:
    log = AttemptLog(Path("/dev/full"))
    with pytest.raises(StorageError, match="no space left on device"):
        log.write("anything")
    log.close()


def test_a_missing_log_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        list(read_log(tmp_path / "none.log"))
    assert caught.value.code == "DD651"


class TestFileNames:
    def test_a_plain_name_stays_as_it_is(self) -> None:
        assert log_file("courses", "20260101T013000-k3f9", "load-redshift", 2) == (
            "courses/20260101T013000-k3f9/load-redshift.2.log"
        )

    @pytest.mark.parametrize("name", ["..", ".", "", "a/b", "../../etc/passwd", "naïve", "x" * 300, "a\0b"])
    def test_no_name_leaves_the_directory_or_is_too_long(self, name: str) -> None:
        parts = log_file(name, "run", name, 1).split("/")
        assert len(parts) == 3
        assert all(re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,120}", part) for part in parts)

    @given(st.text(), st.text())
    def test_different_steps_have_different_files(self, left: str, right: str) -> None:
        assert (log_file("p", "r", left, 1) == log_file("p", "r", right, 1)) == (left == right)
