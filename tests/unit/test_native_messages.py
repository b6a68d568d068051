import os

import pytest

from dataduct.native_messages import without_font_warnings


def test_font_warnings_are_dropped_and_other_lines_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    with without_font_warnings():
        os.write(2, b'Fontconfig warning: line 6: unknown element "reset-dirs"\n')
        os.write(2, b"Error: out of memory\n")
        os.write(2, b"no line end")
    os.write(2, b"!\n")
    assert capfd.readouterr().err == "Error: out of memory\nno line end!\n"


def test_lines_are_passed_on_when_the_block_fails(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="layout"), without_font_warnings():
        os.write(2, b"Error: in line 1\n")
        raise ValueError("layout")
    assert capfd.readouterr().err == "Error: in line 1\n"
