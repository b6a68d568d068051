"""Which files and entry points are hooks, and what is said of those that cannot be."""

import sys
import textwrap
from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from dataduct import registry
from dataduct.config.project import Project
from dataduct.errors import UserError
from dataduct.hooks.around import ProjectHooks

Hooks = Callable[..., ProjectHooks]


def test_a_project_without_the_directory_has_no_hooks(project: Project) -> None:
    catalog = ProjectHooks(project).catalog
    assert (catalog.before, catalog.after, catalog.events) == ({}, {}, {})


def test_files_are_named_after_points(hooks: Hooks) -> None:
    catalog = hooks(
        connect_to_mysql="def before_hook(*args, **kwargs): return args, kwargs\ndef after_hook(result): pass",
        step_failed="def hook(event): pass",
        events="def run_started(event): pass\ndef step_failed(event): pass\ndef another(): pass",
        _shared="raise RuntimeError",
        notes="raise RuntimeError",
    ).catalog
    assert {point: [hook.name for hook in found] for point, found in catalog.before.items()} == {
        "connect_to_mysql": ["before_hook"]
    }
    assert list(catalog.after) == ["connect_to_mysql"]
    assert {point: [hook.source for hook in found] for point, found in catalog.events.items()} == {
        "run_started": ["hooks/events.py"],
        "step_failed": ["hooks/events.py", "hooks/step_failed.py"],
    }


@pytest.mark.parametrize(
    ("name", "text", "message", "hint"),
    [
        (
            "connect_to_mysql",
            "import os\nprint 'connecting'",
            "the hook hooks/connect_to_mysql.py:2 is no Python 3: Missing parentheses",
            "this is Python 2: write `print(...)`",
        ),
        (
            "connect_to_mysql",
            "try:\n    pass\nexcept ValueError, error:\n    pass",
            "the hook hooks/connect_to_mysql.py:3 is no Python 3",
            "write `except ValueError as error`",
        ),
        (
            "connect",
            "import urllib2",
            "the hook hooks/connect.py:1 cannot be imported: ModuleNotFoundError: No module named 'urllib2'",
            "`urllib2` is a module of Python 2",
        ),
        (
            "connect",
            "import slack_of_ours",
            "hooks/connect.py:1 cannot be imported",
            "install the package that brings `slack_of_ours`",
        ),
        (
            "connect",
            "def f():\n    1 / 0\nf()",
            "hooks/connect.py:2 cannot be imported: ZeroDivisionError",
            None,
        ),
        ("connect", "raise SystemExit(3)", "hooks/connect.py:1 cannot be imported: SystemExit: 3", None),
        (
            "connect",
            "import time\ntime.sleep(9)",
            "importing the hook hooks/connect.py took longer than 0.2",
            None,
        ),
    ],
)
def test_a_file_that_cannot_be_imported(
    hooks: Hooks, name: str, text: str, message: str, hint: str | None
) -> None:
    with pytest.raises(UserError) as raised:
        hooks(**{name: text}).catalog  # noqa: B018 - importing is what it does
    assert raised.value.code == "DD890"
    assert message in raised.value.message
    assert (raised.value.hint is None) == (hint is None)
    assert hint is None or hint in (raised.value.hint or "")


def test_a_file_that_is_named_almost_like_a_point(hooks: Hooks) -> None:
    with pytest.raises(UserError) as raised:
        hooks(step_fail="def hook(event): pass").catalog  # noqa: B018
    assert raised.value.code == "DD891"
    assert (raised.value.hint or "").startswith("did you mean `step_failed`")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("connect", "def before(): pass", "defines no `before_hook` and no `after_hook`"),
        ("step_failed", "def on_failure(event): pass", "defines no `hook`"),
        ("events", "x = 1", "defines no `run_started` and no `step_started`"),
    ],
)
def test_a_file_without_the_function(hooks: Hooks, name: str, text: str, message: str) -> None:
    with pytest.raises(UserError) as raised:
        hooks(**{name: text}).catalog  # noqa: B018
    assert raised.value.code == "DD892"
    assert message in raised.value.message


@pytest.mark.parametrize(
    ("name", "text", "message", "hint"),
    [
        (
            "connect",
            "def before_hook(): pass",
            "`before_hook` of the hook hooks/connect.py:1",
            "(*args, **kwargs)",
        ),
        ("connect", "\n\nbefore_hook = 3", "is no function, but of type `int`", "(*args, **kwargs)"),
        ("connect", "def after_hook(): pass", "does not take one argument", "def after_hook(result):"),
        ("step_failed", "def hook(): pass", "does not take one argument", "def hook(event):"),
        ("events", "def step_failed(): pass", "does not take one argument", "def step_failed(event):"),
        ("step_failed", "async def hook(event): pass", "is an `async` function", "def hook(event):"),
    ],
)
def test_a_function_with_a_wrong_signature(
    hooks: Hooks, name: str, text: str, message: str, hint: str
) -> None:
    with pytest.raises(UserError) as raised:
        hooks(**{name: text}).catalog  # noqa: B018
    assert raised.value.code == "DD893"
    assert message in raised.value.message
    assert hint in (raised.value.hint or "")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Register entry points of the group `dataduct.hooks` that lead into one module."""

    def register(text: str, **points: str) -> None:
        (tmp_path / "company_hooks.py").write_text(textwrap.dedent(text))
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, "company_hooks", raising=False)
        found = EntryPoints(
            EntryPoint(name, f"company_hooks{target}", "dataduct.hooks") for name, target in points.items()
        )
        monkeypatch.setattr(registry, "_installed", lambda: found)

    return register


def test_entry_points_are_hooks_too(hooks: Hooks, installed: Callable[..., None]) -> None:
    installed(
        """
        def before_hook(*args, **kwargs):
            return args, {**kwargs, "password": "from the vault"}
        def told(event):
            pass
        """,
        connect_to_mysql="",
        run_finished=":told",
    )
    found = hooks(run_finished="def hook(event): pass")
    assert found.before("connect_to_mysql", {"host": "h"}) == {"host": "h", "password": "from the vault"}
    assert [hook.source for hook in found.catalog.events["run_finished"]] == [
        "hooks/run_finished.py",
        "`run_finished` of an unknown distribution",
    ]


def test_an_entry_point_of_another_name(hooks: Hooks, installed: Callable[..., None]) -> None:
    installed("def told(event): pass", run_finish=":told")
    with pytest.raises(
        UserError, match=r"`run_finish` of the group `dataduct\.hooks` is called like no point"
    ):
        hooks().catalog  # noqa: B018


def test_hooks_share_code_in_files_that_begin_with_an_underscore(hooks: Hooks) -> None:
    found = hooks(
        _vault="def password(): return 'from the vault'",
        connect="from ._vault import password\ndef before_hook(*args, **kw): return args, {'password': password()}",
    )
    assert found.before("connect", {}) == {"password": "from the vault"}
