"""What keeps a Python file of a project from running here is told without running it."""

from pathlib import Path
from textwrap import dedent

import pytest

from dataduct.errors import ProblemsError
from dataduct.steps.custom_diagnosis import diagnose, diagnose_text

FIRST_EXAMPLE = """\
from dataduct.steps import ExtractLocalStep
import logging
logger = logging.getLogger(__name__)


class CustomExtractLocalStep(ExtractLocalStep):
    def __init__(self, **kwargs):
        logger.info('Using the Custom Extract Local Step')
        super(CustomExtractLocalStep, self).__init__(**kwargs)
"""


def told(text: str) -> list[tuple[int, str, str | None]]:
    problems = diagnose_text(dedent(text), "s.py")
    assert all(problem.position and problem.position.file == "s.py" for problem in problems)
    return [(problem.position.line, problem.code, problem.hint) for problem in problems if problem.position]


def test_the_example_of_the_first_dataduct_is_fine() -> None:
    assert told(FIRST_EXAMPLE) == []


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("print 'a', b", "write `print(...)`"),
        ("print >>stream, 'a'", "write `print(...)`"),
        ("if a: print 'b'", "write `print(...)`"),
        ("a = 1; print a", "write `print(...)`"),
        ("exec code in scope", "write `exec(...)`"),
        ("raise ValueError, 'no'", "write `raise ValueError(...)`"),
        ("if a <> b: pass", "write `!=`"),
        ("mode = 0777", "write `0o...`"),
        ("big = 10L", "write `10`"),
        ("text = `a`", "write `repr(...)`"),
        ("for k, v in d.iteritems(): pass", "write `.items()`"),
        ("x = d.has_key('a')", "write `key in mapping`"),
        ("x = unicode('a')", "write `str`"),
        ("import ConfigParser", "use `configparser`"),
        ("from urlparse import urljoin", "use `urllib.parse`"),
    ],
)
def test_python_2_is_told_with_what_to_write(line: str, hint: str) -> None:
    assert told(line + "\n")[0] == (1, "DD562", hint)


def test_every_statement_of_python_2_is_told_at_once() -> None:
    assert [line for line, _, _ in told("print 'a'\ntry:\n    pass\nexcept (A, B), e:\n    print e\n")] == [
        1,
        4,
        5,
    ]


@pytest.mark.parametrize(
    "line",
    [
        "print('a')",
        "print",
        "print = 3",
        "print in x",
        "raise ValueError('a, b')",
        "x = 'print a'",
        "# print a",
        "def reduce(a): return a\nreduce(1)",
        "from functools import reduce\nreduce(f, [])",
        "from importlib import reload\nreload(m)",
        "x: dict[str, int] = {}",
        "try: pass\nexcept (A, B): pass",
        "x = 0o777 + 0x1F + 1_000",
        "from . import commands",
    ],
)
def test_python_3_is_left_alone(line: str) -> None:
    assert told(line + "\n") == []


def test_text_that_is_no_python_at_all() -> None:
    (problem,) = diagnose_text("def f(:\n    pass\n", "s.py")
    assert (problem.code, problem.message) == ("DD561", "this is no Python: invalid syntax")
    assert [problem.code for problem in diagnose_text("x = '\0'\n", "s.py")] == ["DD561"]


def test_the_uses_of_the_first_interface_are_told_also_through_a_class_between() -> None:
    found = told(
        """\
        from dataduct.steps import TransformStep
        class Base(TransformStep):
            pass
        class Mine(Base):
            def __init__(self, **kwargs):
                super().__init__(**kwargs)
                print(self.activities)
        class Other:
            def run(self):
                return self.activities
        """
    )
    assert [(line, code) for line, code, _ in found] == [(7, "DD570")]


@pytest.mark.parametrize(
    "line",
    [
        "from dataduct.utils.helpers import parse_path",
        "import dataduct.pipeline",
        "from dataduct import s3",
        "from dataduct.config import Config",
        "from dataduct.steps.etl_step import ETLStep",
    ],
)
def test_modules_that_are_gone_are_told_with_what_there_is(line: str) -> None:
    ((at, code, hint),) = told(line + "\n")
    assert (at, code) == (1, "DD570")
    assert hint


def test_a_class_that_stands_elsewhere_is_told_with_its_import() -> None:
    ((_, code, hint),) = told("from dataduct.steps.emr_job import EMRJobStep\n")
    assert (code, hint) == ("DD571", "write `from dataduct.steps import EMRJobStep`")


def test_files_are_named_by_their_path_or_as_asked(tmp_path: Path) -> None:
    file = tmp_path / "s.py"
    file.write_text("print 1\n")
    assert [str(problem.position) for problem in diagnose(file)] == [f"{file}:1:1"]
    assert [str(problem.position) for problem in diagnose(file, shown="steps/s.py")] == ["steps/s.py:1:1"]
    with pytest.raises(ProblemsError) as raised:
        diagnose(tmp_path / "missing.py")
    assert raised.value.problems[0].code == "DD561"
