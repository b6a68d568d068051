"""Validation rules over the wired steps of a pipeline. Each returns the problems it finds; `RULES` lists them."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from dataduct.model.operations import LoadTable, Operation
from dataduct.model.problem import Problem
from dataduct.plan.drafts import StepDraft

Rule = Callable[[Sequence[StepDraft], Mapping[str, Operation]], Iterator[Problem]]


def load_has_input(drafts: Sequence[StepDraft], operations: Mapping[str, Operation]) -> Iterator[Problem]:
    """A step that loads a table reads at least one dataset."""
    for draft in drafts:
        operation = operations.get(draft.name)
        named = draft.properties.input_node or draft.properties.input_path
        if isinstance(operation, LoadTable) and not operation.inputs and not named:
            yield Problem(
                code="DD506",
                message=f"`{draft.name}` loads {operation.table} and has no dataset to load",
                position=draft.position,
                expected="`input_node` with the name of an earlier step that writes a dataset",
                hint="the step just before it is the default input if it writes exactly one dataset",
            )


RULES: tuple[Rule, ...] = (load_has_input,)


def check_rules(drafts: Sequence[StepDraft], operations: Mapping[str, Operation]) -> list[Problem]:
    """Return the problems that all rules find."""
    return [problem for rule in RULES for problem in rule(drafts, operations)]
