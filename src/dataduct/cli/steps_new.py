"""The files that `dataduct steps new` writes."""

import os
import re
from pathlib import Path
from string import Template

from dataduct.config.project import Project
from dataduct.errors import StorageError, UserError

_LONGEST_NAME = 100
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_STEP = Template('''\
"""The step type `$name`."""

from collections.abc import Iterable

from dataduct.steps import Field, Step, StepProperties, SubStep


class $class_name(Step):
    """Copy a table of the warehouse."""

    step_type = "$name"

    class Properties(StepProperties):
        """What is copied."""

        table: str = Field(description="The table to copy.", examples=["prod.courses"])

    @classmethod
    def expand(cls, properties: Properties) -> Iterable[SubStep]:
        """Return the steps that this one stands for."""
        copy = f"{properties.table}_copy"
        script = f"DROP TABLE IF EXISTS {copy}; CREATE TABLE {copy} AS SELECT * FROM {properties.table}"
        return [SubStep("", "sql-command", {"command": script})]
''')
_TEST = Template('''\
"""Tests of the step type `$name`."""

from pathlib import Path

from dataduct.testing import run_step

PROJECT = Path(__file__).parents[1]
COURSES = "CREATE TABLE prod.courses (id INTEGER, name VARCHAR(40))"


def test_the_copy_holds_the_rows_of_the_table() -> None:
    rows = [{"id": 1, "name": "Algebra"}, {"id": 2, "name": None}]
    step = {"step_type": "$name", "table": "prod.courses"}
    outcome = run_step(step, tables={COURSES: rows}, project=PROJECT)
    assert outcome.table("prod.courses_copy") == rows
''')


def new_step(project: Project, name: str) -> list[Path]:
    """Write a step type called `name` and its test into the project, and return the files.

    Raises:
        UserError: No step type can have the name (DD572), or a file exists (DD573); nothing has been written.
        StorageError: The project cannot be written to (DD956).
    """
    _check_name(project, name)
    stem = name.replace("-", "_")
    class_name = "".join(word.capitalize() for word in name.split("-"))
    directory = project.root / Path(project.settings.steps[0]).expanduser()
    texts = {
        directory / f"{stem}.py": _STEP,
        project.root / "tests" / f"test_{stem}.py": _TEST,
    }
    existing = [file for file in texts if os.path.lexists(file)]
    if existing:
        raise UserError(
            f"{' and '.join(map(str, existing))} {'exists' if len(existing) == 1 else 'exist'}; nothing was written",
            code="DD573",
            hint="choose another name",
        )
    try:
        for file, text in texts.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("x", encoding="utf-8") as opened:
                opened.write(text.substitute(name=name, class_name=class_name))
    except (FileExistsError, NotADirectoryError) as error:
        raise StorageError(
            f"{error.filename} cannot be made: a file is where a directory is needed",
            code="DD956",
            hint="move the file away, or name another directory in `steps` of dataduct.yml",
        ) from None
    except OSError as error:
        raise StorageError(f"{error.filename} cannot be written: {error.strerror}", code="DD956") from None
    return list(texts)


def _check_name(project: Project, name: str) -> None:
    from dataduct import api

    reason = hint = None
    if not _NAME.fullmatch(name):
        reason, hint = "is not lower-case words with hyphens between them", _proposal(name)
    elif len(name) > _LONGEST_NAME:
        reason, hint = f"is longer than {_LONGEST_NAME} characters", "call it something shorter"
        name = f"{name[:20]}…"
    elif name == "new" or name.startswith(("test-", "conftest")):
        reason, hint = "is kept for other uses", f"call it `{'my-new' if name == 'new' else f'my-{name}'}`"
    elif name in api.step_catalog(project).names():
        reason = f"is a step type already ({api.step_catalog(project).origin(name)})"
    elif name in api.pattern_catalog(project).names():
        reason = "is a pattern already"
    elif not project.settings.steps:
        reason = "has no directory: `steps` in the settings is empty"
    if reason is not None:
        raise UserError(f"`{name}` {reason}", code="DD572", hint=hint)


def _proposal(name: str) -> str | None:
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+", name)]
    proposed = "-".join(words)
    return f"call it `{proposed if _NAME.fullmatch(proposed) else 'my-step'}`"
