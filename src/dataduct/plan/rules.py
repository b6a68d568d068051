"""Validation rules over the wired steps of a pipeline. Each returns the problems it finds; `RULES` lists them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from dataduct.model.operations import EmrJob, LoadTable, Operation, SubmitJob
from dataduct.model.problem import Problem
from dataduct.plan.drafts import StepDraft

_HINT = "the step just before it is the default input if it writes exactly one dataset"
_HINT_IN_USE = (
    "the step just before it in the pattern is the default input; `input_node` where the pattern is used is the input "
    "of its first step"
)

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
                used_at=draft.place.used_at,
                expected="`input_node` with the name of an earlier step that writes a dataset",
                hint=_HINT_IN_USE if draft.place.scope else _HINT,
            )


def jobs_can_run(jobs: Collection[str]) -> Rule:
    """Return the rule that every job is of one of the kinds `jobs`, which are those that the engine can run."""

    def rule(drafts: Sequence[StepDraft], operations: Mapping[str, Operation]) -> Iterator[Problem]:
        for draft in drafts:
            operation = operations.get(draft.name)
            if isinstance(operation, SubmitJob) and operation.job.kind not in jobs:
                cluster = "an EMR cluster" if isinstance(operation.job, EmrJob) else "a cluster"
                yield Problem(
                    code="DD280",
                    message=f"`{draft.name}` submits a job to {cluster}, and this engine has none",
                    position=draft.position,
                    used_at=draft.place.used_at,
                    hint="use `emr-streaming` for a mapper and a reducer of Hadoop streaming, which run on this "
                    "machine, or `transform` for a command",
                )

    return rule


RULES: tuple[Rule, ...] = (load_has_input,)


def check_rules(
    drafts: Sequence[StepDraft], operations: Mapping[str, Operation], jobs: Collection[str]
) -> list[Problem]:
    """Return the problems that all rules find with steps that run where jobs of the kinds `jobs` can."""
    return [problem for rule in (*RULES, jobs_can_run(jobs)) for problem in rule(drafts, operations)]
