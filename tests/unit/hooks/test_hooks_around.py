"""Hooks around an act: what they are given, what they may change, and what happens when they do not work."""

import threading
from collections.abc import Callable

import pytest

from dataduct.config.project import Project
from dataduct.errors import HookError
from dataduct.hooks.around import ProjectHooks

Hooks = Callable[..., ProjectHooks]
SERVER = {"type": "mysql", "host": "db", "user": "etl", "password": "old"}


def test_options_that_a_hook_changes_are_used(hooks: Hooks, project: Project) -> None:
    found = hooks(
        connect="def before_hook(*args, **kwargs):\n    return args, {**kwargs, 'host': 'tunnel', 'port': 3307}",
        connect_to_mysql="def before_hook(*args, host, **kwargs):\n"
        "    return args, {**kwargs, 'host': host + '-1', 'password': 'fetched-secret'}",
        connect_to_postgres="def before_hook(*args, **kwargs):\n    raise ValueError",
    )
    options, database = found.before_connecting("mysql", "shop", SERVER)
    assert options == {**SERVER, "host": "tunnel-1", "port": 3307, "password": "fetched-secret"}
    assert database is None
    assert project.secrets.redact("with fetched-secret on tunnel-1") == "with *** on tunnel-1"


def test_a_hook_sees_alias_type_and_the_database_that_the_step_asks_for(hooks: Hooks) -> None:
    found = hooks(
        connect="def before_hook(*args, **kwargs):\n"
        "    assert not args\n"
        "    kwargs['host'] = ' '.join((kwargs['alias'], kwargs['type'], kwargs['database']))\n"
        "    kwargs['database'] = 'archive'\n"
        "    return args, kwargs"
    )
    options, database = found.before_connecting(
        "mysql", "shop", {**SERVER, "database": "own"}, database="asked"
    )
    assert options == {**SERVER, "host": "shop mysql asked", "database": "own"}
    assert database == "archive"


def test_an_option_that_a_hook_leaves_out_is_gone(hooks: Hooks) -> None:
    found = hooks(
        connect="def before_hook(*args, **kwargs):\n    del kwargs['password']\n    return args, kwargs"
    )
    assert "password" not in found.before_connecting("mysql", "shop", SERVER)[0]


def test_without_hooks_nothing_changes(hooks: Hooks) -> None:
    assert hooks().before_connecting("mysql", "shop", SERVER, database="d") == (SERVER, "d")


def test_after_hooks_are_given_what_was_opened_from_the_inside_out(hooks: Hooks) -> None:
    found = hooks(
        connect="def after_hook(result):\n    result.append('connect')",
        connect_to_mysql="def after_hook(result):\n    result.append('connect_to_mysql')",
    )
    opened: list[str] = []
    found.after_connecting("mysql", opened)
    found.after_connecting("sqlite", opened)
    assert opened == ["connect_to_mysql", "connect", "connect"]


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("    raise KeyError('old')", "DD895", "the hook hooks/connect.py:2 raised KeyError: '***'"),
        ("    raise SystemExit", "DD895", "the hook hooks/connect.py:2 raised SystemExit"),
        (
            "    import time; time.sleep(9)",
            "DD896",
            "the hook hooks/connect.py:1 took longer than 0.2 seconds",
        ),
        ("    pass", "DD897", "the hook hooks/connect.py:1 returned nothing"),
        ("    return kwargs", "DD897", "the hook hooks/connect.py:1 returned a value of type `dict`"),
        ("    return 'ab'", "DD897", "the hook hooks/connect.py:1 returned a value of type `str`"),
        ("    return [3], kwargs", "DD897", "returned arguments without a name"),
        ("    return args, {**kwargs, 'type': 'sqlite'}", "DD897", "changed `type`"),
        ("    return args, {}", "DD897", "changed `alias`"),
    ],
)
def test_a_hook_that_does_not_work(
    hooks: Hooks, project: Project, text: str, code: str, message: str
) -> None:
    project.secrets.add("'old'")
    found = hooks(connect=f"def before_hook(*args, **kwargs):\n{text}")
    with pytest.raises(HookError) as raised:
        found.before_connecting("mysql", "shop", SERVER)
    assert raised.value.code == code
    assert message.replace("'***'", "***") in raised.value.message


def test_a_hook_that_asks_for_an_option_the_system_lacks(hooks: Hooks) -> None:
    found = hooks(connect="def before_hook(host, *args, **kwargs): return args, kwargs")
    with pytest.raises(HookError, match="asks for `host`, which is no option here") as raised:
        found.before_connecting("sqlite", "shop", {"type": "sqlite", "path": "x"})
    assert raised.value.hint == "the options: type, path, alias"


def test_a_hook_that_hangs_keeps_no_process_alive(hooks: Hooks) -> None:
    found = hooks(connect="import threading\ndef before_hook(*args, **kwargs): threading.Event().wait()")
    with pytest.raises(HookError, match="took longer"):
        found.before_connecting("mysql", "shop", SERVER)
    hanging = [thread for thread in threading.enumerate() if thread.name == "dataduct hook"]
    assert hanging
    assert all(thread.daemon for thread in hanging)


def test_the_line_is_the_hook_s_own_even_if_another_module_raised(hooks: Hooks) -> None:
    found = hooks(
        connect="import json\ndef fetch():\n    return json.loads('no json')\n\n"
        "def before_hook(*args, **kwargs):\n    return args, fetch()"
    )
    with pytest.raises(HookError, match=r"hooks/connect.py:3 raised JSONDecodeError") as raised:
        found.before_connecting("mysql", "shop", SERVER)
    assert [detail.split(": ")[0].split()[-1] for detail in raised.value.details][:2] == [
        "before_hook",
        "fetch",
    ]
