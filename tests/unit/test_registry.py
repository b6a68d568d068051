"""Built-ins and plugins through one door."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dataduct import registry
from dataduct.errors import MissingDependencyError, UserError
from dataduct.registry import STEPS, Registry

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install distributions for one test: their entry points, modules and requirements."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install_distribution(
        name: str, points: str = "", requires: tuple[str, ...] = (), **modules: str
    ) -> None:
        information = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        information.mkdir()
        needed = "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
        (information / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needed}", encoding="utf-8"
        )
        (information / "entry_points.txt").write_text(f"[dataduct.test]\n{points}\n", encoding="utf-8")
        for module, text in modules.items():
            (tmp_path / f"{module}.py").write_text(text, encoding="utf-8")
        registry._installed.cache_clear()

    yield install_distribution
    registry._installed.cache_clear()


def test_names_are_sorted_and_nothing_is_imported(install: Install) -> None:
    install("plugin-one", "zeta = broken_module:A\nalpha = broken_module:B", broken_module="1 / 0")
    tests = Registry("dataduct.test")
    assert tests.names() == ("alpha", "zeta")
    assert "alpha" in tests
    assert "beta" not in tests


def test_loading_gives_the_object_every_time(install: Install) -> None:
    install("plugin-one", "thing = module_of_thing:THING", module_of_thing="THING = object()")
    tests = Registry("dataduct.test")
    assert tests.load("thing") is tests.load("thing")


def test_an_unknown_name_comes_with_the_nearest_and_all() -> None:
    with pytest.raises(UserError) as caught:
        STEPS.load("upsrt")
    assert caught.value.code == "DD602"
    assert str(caught.value) == "unknown step type `upsrt`"
    assert caught.value.hint == "did you mean `upsert`?"
    assert "create-load-redshift" in caught.value.details[0]


def test_an_empty_group_says_that_it_is(install: Install) -> None:
    with pytest.raises(UserError) as caught:
        Registry("dataduct.nothing").load("x")
    assert caught.value.details == ("known: none",)


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ("import no_such_module_anywhere", "ModuleNotFoundError: No module named 'no_such_module_anywhere'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("x = 1", "AttributeError: module 'module_of_plugin' has no attribute 'THING'"),
    ],
)
def test_a_broken_plugin_is_named_with_its_distribution(install: Install, module: str, reason: str) -> None:
    install("plugin-one", "thing = module_of_plugin:THING", module_of_plugin=module)
    import sys

    sys.modules.pop("module_of_plugin", None)
    with pytest.raises(UserError) as caught:
        Registry("dataduct.test", "test type").load("thing")
    assert caught.value.code == "DD603"
    assert str(caught.value) == (
        f"test type `thing` (`module_of_plugin:THING` of plugin-one) cannot be imported: {reason}"
    )


def test_two_distributions_that_claim_one_name_are_both_named(install: Install) -> None:
    install("plugin-one", "thing = one:THING")
    install("plugin-two", "thing = two:THING")
    with pytest.raises(UserError) as caught:
        Registry("dataduct.test", "test type").load("thing")
    assert caught.value.code == "DD604"
    assert str(caught.value) == (
        "test type `thing` is claimed by plugin-one (one:THING) and plugin-two (two:THING)"
    )


def test_two_that_mean_the_same_thing_do_not_disagree(install: Install) -> None:
    install("plugin-one", "thing = module_of_both:THING", module_of_both="THING = 7")
    install("plugin-two", "thing = module_of_both:THING")
    assert Registry("dataduct.test").load("thing") == 7


def test_a_missing_optional_package_of_dataduct_comes_with_its_extra(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(
        "dataduct",
        "thing = module_with_driver:THING",
        ("no-such.driver>=1; extra == 'driven'",),
        module_with_driver="import no_such_driver.sub",
    )
    with pytest.raises(MissingDependencyError) as caught:
        Registry("dataduct.test").load("thing")
    assert caught.value.hint == "pip install 'dataduct[driven]'"
    assert str(caught.value) == "no-such.driver is needed for this and is not installed"


def test_installed_distributions_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    registry._installed.cache_clear()
    STEPS.names()
    Registry("dataduct.other").names()
    assert "upsert" in STEPS
    assert registry._installed.cache_info().misses == 1
