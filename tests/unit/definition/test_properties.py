"""Validating properties: the form values take, and each mistake at the place where it stands."""

from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from dataduct.definition.properties import PropertyError, validate
from dataduct.definition.yaml import parse_yaml
from dataduct.model.problem import Problem


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    size: int = 1


class Sample(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = "n"
    count: int = Field(1, ge=0, le=9)
    tolerance: float = 1.0
    flag: bool = False
    mode: Literal["append", "replace"] = "append"
    names: tuple[str, ...] = ()
    pairs: list[str | dict[str, str | None]] = Field(default_factory=list)
    either: str | list[str] | None = None
    written: str | int | float | None = None
    inner: Inner | None = None
    table: str | None = None
    sql: str | None = None

    @field_validator("name")
    @classmethod
    def _not_reserved(cls, value: str) -> str:
        if value == "custom":
            raise PydanticCustomError("DD299", "this name is taken")
        if value == "plain":
            raise ValueError("this name is plain.")
        return value

    @model_validator(mode="after")
    def _one_source(self) -> "Sample":
        if self.table and self.sql:
            raise PropertyError("sql", "`table` and `sql` exclude each other", "remove one", code="DD210")
        return self


class Needing(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    database: str


def good(text: str) -> Sample:
    value, problems = validate(Sample, parse_yaml(text, "f"), owner="sample")
    assert problems == []
    assert isinstance(value, Sample)
    return value


def bad(text: str) -> list[Problem]:
    value, problems = validate(Sample, parse_yaml(text, "f"), owner="sample")
    assert value is None
    return problems


@pytest.mark.parametrize("text", ["5", "10:30", "010", "1.50", "2026-01-01", "0x1F", "1_000"])
def test_text_fields_take_numbers_times_and_dates_as_written(text: str) -> None:
    assert good(f"name: {text}").name == text
    assert good(f"names: [{text}]").names == (text,)
    assert good(f"pairs: [{text}, {{a: {text}}}]").pairs == [text, {"a": text}]
    assert good(f"either: {text}").either == text


@pytest.mark.parametrize(
    ("text", "value"), [("4", 4), ("1.5", 1.5), ("1.50", "1.50"), ("0x1F", "0x1F"), ("'4'", "4")]
)
def test_a_field_of_text_or_number_gets_the_number_if_nothing_is_lost(text: str, value: object) -> None:
    assert good(f"written: {text}").written == value


def test_lists_become_tuples_and_whole_numbers_become_floats() -> None:
    sample = good("names: [a, b]\ntolerance: 2\ninner: {size: 3}")
    assert sample.names == ("a", "b")
    assert sample.tolerance == 2.0
    assert sample.inner == Inner(size=3)
    assert good("tolerance: 1e-3").tolerance == 0.001


@pytest.mark.parametrize(
    ("text", "code", "column", "message", "hint"),
    [
        ("name: on", "DD241", 7, "`name` must be text, but YAML reads `on` as a boolean", 'put it in quotes: "on"'),
        ("name: ~", "DD241", 7, "`name` must be text, but YAML reads `~` as null",
         "write a value, or remove the property"),
        ("name: [a]", "DD203", 7, "`name` must be text, not a list", "write one value, not a list"),
        ("name: {A}", "DD203", 7, "`name` must be text, not a mapping", "put the text in quotes"),
        ("count: '5'", "DD203", 8, "`count` must be a whole number, not the text `5`", "write 5 without quotes"),
        ("count: 010", "DD203", 8, "`count` must be a whole number, not the text `010`", "write 10"),
        ("count: 1.5", "DD203", 8, "`count` must be a whole number, not the number `1.5`", None),
        ("count: -1", "DD240", 8, "`count` is -1; it must be at least 0", None),
        ("count: 10", "DD240", 8, "`count` is 10; it must be at most 9", None),
        ("count: true", "DD203", 8, "`count` must be a whole number, not the boolean `true`", None),
        ("flag: 'yes'", "DD203", 7, "`flag` must be true or false, not the text `yes`", "write yes without quotes"),
        ("mode: apend", "DD204", 7, "`mode` cannot be `apend`", "did you mean `append`?"),
        ("names: a", "DD203", 8, "`names` must be a list of text, not the text `a`", "write it as a list: [a]"),
        ("names: [a, true]", "DD241", 12, "`names[1]` must be text, but YAML reads `true` as a boolean",
         'put it in quotes: "true"'),
        ("either: {a: b}", "DD203", 9, "`either` must be text or a list of text, not a mapping",
         "write one value, not a mapping"),
        ("either: [a, [b]]", "DD203", 13, "`either[1]` must be text, not a list", "write one value, not a list"),
        ("inner: {sise: 1}", "DD201", 9, "`inner` has no property `sise`", "did you mean `size`?"),
        ("nmae: x", "DD201", 1, "sample has no property `nmae`", "did you mean `name`?"),
        ("name: custom", "DD299", 7, "this name is taken", None),
        ("name: plain", "DD242", 7, "this name is plain", None),
        ("table: a\nsql: b", "DD210", 6, "`table` and `sql` exclude each other", "remove one"),
    ],
)  # fmt: skip
def test_each_mistake_has_its_place_and_its_words(
    text: str, code: str, column: int, message: str, hint: str | None
) -> None:
    (problem,) = bad(text)
    assert problem.position is not None
    assert (problem.code, problem.position.column, problem.message, problem.hint) == (
        code,
        column,
        message,
        hint,
    )


def test_all_mistakes_come_at_once_and_in_order() -> None:
    problems = bad("nmae: x\ncount: -1\nmode: x\nnames: [true, {a: b}]\ninner: {size: x, y: 1}\n")
    assert [(problem.code, problem.position and problem.position.line) for problem in problems] == [
        ("DD201", 1), ("DD240", 2), ("DD204", 3), ("DD241", 4), ("DD203", 4), ("DD203", 5), ("DD201", 5)
    ]  # fmt: skip


def test_a_missing_property_is_reported_at_its_mapping() -> None:
    value, (problem,) = validate(Needing, parse_yaml("{}", "f"), owner="step `x`")
    assert value is None
    assert (problem.code, problem.message) == ("DD202", "step `x` lacks the property `database`")
    assert problem.expected == "`database: ...`, text"


def test_long_values_are_cut_in_messages() -> None:
    (problem,) = bad(f"count: {'x' * 500}")
    assert len(problem.message) < 150
