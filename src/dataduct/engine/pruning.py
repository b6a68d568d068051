"""What of a plan is done already: kept by `--resume`, or loaded by an earlier run."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import (
    Check,
    CopyDataset,
    Extract,
    LoadTable,
    RunCommand,
    RunSql,
    Unload,
    dataset_inputs,
    dataset_outputs,
    tables_read,
    tables_written,
)
from dataduct.model.table import TableName
from dataduct.plan.plan import PlanStep


@dataclass(frozen=True, slots=True)
class CommittedLoad:
    """A load of this pipeline and run date that the warehouse has.

    Attributes:
        run_id: The run that committed it.
        on: The day it was committed, as `2026-01-01`.
        latest: Whether no other load has written its table since.
    """

    run_id: str
    on: str
    latest: bool = True


@dataclass(frozen=True, slots=True)
class Pruning:
    """Which steps need not run, each with a note for the user, and which loads are done again.

    Attributes:
        kept: Steps that this same run did before it was resumed.
        loaded: Steps whose load an earlier run committed, and extracts that only such steps read.
        repeated: Steps whose load was committed, but whose rows another load has overwritten since and a later
            step still has to read.
    """

    kept: dict[str, str] = field(default_factory=dict)
    loaded: dict[str, str] = field(default_factory=dict)
    repeated: frozenset[str] = frozenset()


def writes_tables(step: PlanStep) -> bool:
    """Return whether the step's effect is a committed load."""
    return isinstance(step.operation, LoadTable | RunSql)


def prune(
    steps: Sequence[PlanStep],
    *,
    loads: Mapping[str, CommittedLoad],
    succeeded: Collection[str],
    published: Callable[[DatasetRef], bool],
    needs: Callable[[str], Collection[str]],
) -> Pruning:
    """Return what need not run of `steps`, those chosen, in plan order. A teardown that writes no table always runs.

    Args:
        steps: The steps chosen, in plan order.
        loads: Committed loads by step; empty with `--force`.
        succeeded: Steps that succeeded earlier in the run that is resumed; empty for a new run.
        published: Whether a dataset of the run is there.
        needs: The steps that a step waits for.
    """
    repeated = overwritten_steps(steps, loads)
    done = {step.name for step in steps if writes_tables(step) and step.name in loads} - repeated
    kept = {name: _KEPT for name in done if name in succeeded}
    loaded = {name: loaded_note(loads[name]) for name in done if name not in succeeded}
    for step in steps:
        lasting = step.phase != "teardown" and not _judges(step) and not writes_tables(step)
        if lasting and step.name in succeeded and all(map(published, dataset_outputs(step.operation))):
            kept[step.name] = _KEPT
    finished = {**kept, **loaded}
    for step in steps:
        if step.name not in finished and _is_unneeded(step, steps, finished):
            loaded[step.name] = unneeded_note()
    for step in steps:
        done_before = kept.keys() | loaded.keys()
        if _judges(step) and step.name in succeeded and done_before.issuperset(needs(step.name)):
            kept[step.name] = _KEPT
    return Pruning(kept, loaded, frozenset(repeated))


_KEPT = "done before this run was resumed"


def loaded_note(load: CommittedLoad, change: str | None = None) -> str:
    """Return what the user is told of a step whose load is there; `change` says what differs of the step since."""
    return f"already loaded by run {load.run_id} on {load.on}{_remedy(change)}"


def unneeded_note(change: str | None = None) -> str:
    """Return what the user is told of an extract whose rows are loaded."""
    return f"not needed: its rows are loaded already{_remedy(change)}"


def _remedy(change: str | None) -> str:
    if change is None:
        return "; use --force to load again"
    return f"; the step has changed since ({change}): --force loads with the new one"


def _judges(step: PlanStep) -> bool:
    match step.operation:
        case Check():
            return True
        case RunCommand():
            return step.operation.is_check
        case _:
            return False


def _is_unneeded(step: PlanStep, steps: Sequence[PlanStep], finished: Collection[str]) -> bool:
    """Return whether the step only makes datasets and all that read them are done."""
    if not isinstance(step.operation, Extract | CopyDataset | Unload):
        return False
    made = set(dataset_outputs(step.operation))
    consumers = [other.name for other in steps if made.intersection(dataset_inputs(other.operation))]
    return bool(consumers) and all(name in finished for name in consumers)


def overwritten_steps(steps: Sequence[PlanStep], loads: Mapping[str, CommittedLoad]) -> set[str]:
    """Return the committed steps to do again, so that what has not run yet reads the rows it should."""
    repeated: set[str] = set()
    while True:
        pending = [
            (index, step)
            for index, step in enumerate(steps)
            if isinstance(step.operation, RunSql)
            and tables_written(step.operation)
            and (step.name not in loads or step.name in repeated)
        ]
        found = {
            name
            for index, step in pending
            for table in tables_read(step.operation)
            for name in refill(steps[:index], table, loads)
        }
        if found <= repeated:
            return repeated
        repeated |= found


def refill(earlier: Sequence[PlanStep], table: TableName, loads: Mapping[str, CommittedLoad]) -> list[str]:
    """Return the committed steps that fill `table` anew, if another load has written it since all of them."""
    writers = [step for step in earlier if table in tables_written(step.operation)]
    committed = [loads[step.name] for step in writers if step.name in loads]
    if not committed or any(load.latest for load in committed):
        return []
    replacements = [
        index
        for index, step in enumerate(writers)
        if isinstance(step.operation, LoadTable) and step.operation.mode == "replace"
    ]
    if not replacements:
        return []
    return [step.name for step in writers[replacements[-1] :] if step.name in loads]
