"""Steps that were edited after their rows were loaded: they are kept, and the user is told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from dataduct.engine.fingerprints import difference
from dataduct.engine.pruning import CommittedLoad, Pruning, loaded_note, unneeded_note
from dataduct.engine.session import Session
from dataduct.model.operations import dataset_inputs, dataset_outputs
from dataduct.plan.plan import PlanStep
from dataduct.runs.queries import RunQueries
from dataduct.runs.records import StepRun

_RESUMED = "{note}; the step has changed since ({change}): a new run with --force runs the new one"


def with_changes(
    pruning: Pruning,
    session: Session,
    steps: Sequence[PlanStep],
    loads: Mapping[str, CommittedLoad],
    earlier: Mapping[str, StepRun],
) -> Pruning:
    """Return `pruning` with notes that tell which steps do something else now than when they were done.

    What differs is kept in `session.changed`. A load by a run that the run store does not know is taken as it is.

    Args:
        steps: The steps chosen, in plan order.
        loads: Committed loads by step.
        earlier: What the run did before it was resumed, by step.
    """
    if not pruning.kept and not pruning.loaded:
        return pruning
    queries = RunQueries(session.store)
    runs = {load.run_id for load in loads.values()}
    prints = {run: {each.step: each.fingerprint for each in queries.steps(run)} for run in runs}
    kept, loaded = dict(pruning.kept), dict(pruning.loaded)
    for step in steps:
        if step.name in kept and step.name in earlier:
            change = _change(session, step, earlier[step.name].fingerprint)
            if change:
                kept[step.name] = _RESUMED.format(note=kept[step.name], change=change)
        elif step.name in loaded:
            found = (
                _change(session, step, prints[run].get(step.name)) for run in _made_by(step, steps, loads)
            )
            change = next(filter(None, found), None)
            if change:
                load = loads.get(step.name)
                loaded[step.name] = loaded_note(load, change) if load else unneeded_note(change)
    return replace(pruning, kept=kept, loaded=loaded)


def note_change(session: Session, step: PlanStep, run_id: str) -> str | None:
    """Return what differs of `step` since `run_id` loaded its rows, and keep it in `session.changed`."""
    for before in RunQueries(session.store).steps(run_id):
        if before.step == step.name:
            return _change(session, step, before.fingerprint)
    return None


def _made_by(step: PlanStep, steps: Sequence[PlanStep], loads: Mapping[str, CommittedLoad]) -> Iterator[str]:
    """Yield the runs that loaded what the step writes, or else what its datasets went into."""
    if step.name in loads:
        yield loads[step.name].run_id
        return
    made = set(dataset_outputs(step.operation))
    for other in steps:
        if made.intersection(dataset_inputs(other.operation)):
            yield from _made_by(other, steps, loads)


def _change(session: Session, step: PlanStep, before: str | None) -> str | None:
    change = difference(before, session.fingerprint(step)) if before is not None else None
    if change:
        session.changed[step.name] = change
    return change
