"""Step classes of the first Dataduct: what reaches the base class becomes properties of the step type of today."""

from datetime import date

import pytest

import dataduct.steps
from dataduct.registry import STEPS
from dataduct.steps import ExtractLocalStep, UpsertStep  # type: ignore[attr-defined]
from dataduct.steps.original_api import OriginalStep, adapted, original_class
from dataduct.steps.original_classes import ORIGINAL_CLASSES


def expanded(original, **properties):
    step_type = adapted(original, "mine")
    (sub_step,) = step_type.expand(step_type.properties(**properties))
    return sub_step.suffix, sub_step.step_type, dict(sub_step.properties)


@pytest.mark.parametrize("name", ORIGINAL_CLASSES)
def test_every_class_stands_for_a_step_type_of_today(name):
    assert getattr(dataduct.steps, name) is original_class(name)
    assert ORIGINAL_CLASSES[name].step_type in STEPS


def test_the_base_class_of_all_is_not_there():
    assert original_class("ETLStep") is None
    with pytest.raises(ImportError):
        from dataduct.steps import ETLStep  # noqa: F401


def test_arguments_reach_the_base_class_changed():
    class Mine(ExtractLocalStep):
        def __init__(self, folder, path, **kwargs):
            super(Mine, self).__init__(path=folder + "/" + path, **kwargs)  # noqa: UP008 - as it was written

    assert expanded(Mine, folder="data", path="a.tsv", output_path="s3://b/") == (
        "",
        "extract-local",
        {"path": "data/a.tsv", "output_path": "s3://b/"},
    )


def test_arguments_may_go_by_position():
    class Mine(ExtractLocalStep):
        def __init__(self, path, **kwargs):
            super().__init__(path, None, **kwargs)

    assert expanded(Mine, path="a.tsv")[2] == {"path": "a.tsv"}
    with pytest.raises(TypeError, match="at most 2"):
        ExtractLocalStep(1, 2, 3)


def test_what_amazon_gave_to_constructors_is_none_and_goes_no_further():
    class Mine(UpsertStep):
        def __init__(self, id, schedule, input_node, resource=5, **kwargs):
            assert (id, schedule, input_node) == (None, None, None)
            super().__init__(id=id, schedule=schedule, resource=resource, input_node=input_node, **kwargs)

    assert expanded(Mine, destination="a.sql", source="b.sql", name="n", depends_on="x", input_node="i") == (
        "",
        "upsert",
        {"destination": "a.sql", "source": "b.sql"},
    )


def test_a_date_is_text_as_it_is_in_yaml():
    assert expanded(ExtractLocalStep, path=date(2026, 1, 2))[2] == {"path": "2026-01-02"}


def test_a_constructor_that_forgets_the_base_class_is_told():
    class Mine(ExtractLocalStep):
        def __init__(self, **kwargs):
            pass

    with pytest.raises(TypeError, match="does not call"):
        expanded(Mine, path="a")


def test_the_properties_are_those_of_the_constructor_and_any_others():
    class Mine(OriginalStep):
        replaced_by, parameters = "extract-local", ()

        def __init__(self, path, flavour="x", **kwargs):
            super().__init__(**kwargs)

    schema = adapted(Mine, "mine").properties.model_json_schema()
    assert schema["required"] == ["path"]
    assert schema["properties"]["flavour"]["default"] == "x"
    assert schema["additionalProperties"] is True
