"""The examples of docs/hooks.md are hooks that work."""

import json
import pathlib
import re
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataduct.config.project import Project
from dataduct.config.settings import Settings
from dataduct.hooks.activation import Activation
from dataduct.hooks.around import ProjectHooks
from dataduct.hooks.event import HookEvent
from dataduct.hooks.points import AROUND_POINTS, EVENT_POINTS

TEXT = (Path(__file__).parents[3] / "docs" / "hooks.md").read_text()
EXAMPLES = {
    re.match(r"# hooks/(\w+)\.py", block)[1]: block  # type: ignore[index]
    for block in re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
}


@pytest.fixture
def examples(hooks: Callable[..., ProjectHooks]) -> ProjectHooks:
    return hooks(**EXAMPLES)


def test_a_password_from_a_file(
    examples: ProjectHooks, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pathlib.Path, "read_text", lambda path: f"secret of {path}\n")
    shop, _ = examples.before_connecting("mysql", "shop", {"type": "mysql", "host": "db"})
    other, _ = examples.before_connecting("mysql", "other", {"type": "mysql", "host": "db"})
    assert shop["password"] == "secret of /run/secrets/shop"
    assert "password" not in other
    assert project.secrets.redact("secret of /run/secrets/shop") == "***"


def test_a_variable_of_every_run(examples: ProjectHooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    asked = Activation("courses", Path("courses.yaml"), None, {"word": "x"}).before(examples)
    assert asked.variables == {"started_by": "ada", "word": "x"}


def test_a_message_about_a_failed_step(examples: ProjectHooks, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[urllib.request.Request] = []
    monkeypatch.setattr(urllib.request, "urlopen", lambda request, timeout: sent.append(request))
    event = HookEvent(
        point="step_failed",
        pipeline="courses",
        run_id="run-1",
        run_date="2026-01-31",
        step="load",
        status="failed",
        error="no rows",
    )
    [hook] = examples.catalog.events["step_failed"]
    hook.call(5, event)
    body: Any = sent[0].data
    assert json.loads(body) == {"text": "courses for 2026-01-31: step load failed: no rows"}


def test_the_settings_of_the_page() -> None:
    [block] = re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL)
    assert Settings.model_validate(yaml.safe_load(block)).hooks.timeout == 10


def test_every_point_is_documented() -> None:
    assert [point for point in (*AROUND_POINTS, *EVENT_POINTS) if f"`{point}.py`" not in TEXT] == []
