"""The loads of a plan's steps, as the warehouse has them."""

from collections.abc import Iterable, Mapping

from dataduct.engine.changed_steps import note_change
from dataduct.engine.context import AttemptContext, Outcome
from dataduct.engine.pruning import CommittedLoad, loaded_note, refill, writes_tables
from dataduct.engine.workbench import Workbench
from dataduct.errors import DataError
from dataduct.model.operations import LoadTable, RunSql, tables_read
from dataduct.plan.plan import BoundPlan, PlanStep
from dataduct.warehouses.base import Transaction, Warehouse
from dataduct.warehouses.loads import Load, find_loads, record_load


def load_of(bound: BoundPlan, step: PlanStep) -> Load:
    """Return the load that a table-writing step commits; a script about no table has one without a table's name."""
    match step.operation:
        case LoadTable():
            table = str(step.operation.table)
        case RunSql():
            written = step.operation.table or next(iter(step.operation.writes), None)
            table = str(written) if written else ""
        case _:
            raise ValueError(f"step {step.name} commits no load")
    return Load(pipeline=bound.plan.pipeline, step=step.name, table=table, run_date=bound.run_date)


def committed_loads(
    source: Warehouse | Transaction, bound: BoundPlan, steps: Iterable[PlanStep]
) -> Mapping[str, CommittedLoad]:
    """Return the committed loads of those of `steps` that write tables, by step."""
    loads = {step.name: load_of(bound, step) for step in steps if writes_tables(step)}
    found = find_loads(source, loads.values())
    return {
        name: CommittedLoad(
            run_id=found[load.id].run_id,
            on=f"{found[load.id].committed_at:%Y-%m-%d}",
            latest=found[load.id].latest,
        )
        for name, load in loads.items()
        if load.id in found
    }


def committed_loads_of(
    workbench: Workbench, bound: BoundPlan, steps: Iterable[PlanStep]
) -> dict[str, CommittedLoad]:
    """Return the committed loads of `steps`, each asked for where it writes: the warehouse or another database."""
    writers: dict[str | None, list[PlanStep]] = {}
    for step in steps:
        if writes_tables(step):
            writers.setdefault(_connection(step), []).append(step)
    return {
        name: load
        for alias, those in writers.items()
        for name, load in committed_loads(workbench.target(alias), bound, those).items()
    }


def _connection(step: PlanStep) -> str | None:
    return step.operation.connection if isinstance(step.operation, LoadTable) else None


def committed_before(source: Warehouse | Transaction, attempt: AttemptContext) -> Outcome | None:
    """Return what to report if the step's load is there already and is not to be done again, else None.

    It may have been committed by another run meanwhile, or by an attempt of this run whose answer was lost.
    """
    load = load_of(attempt.session.bound, attempt.step)
    found = find_loads(source, [load]).get(load.id)
    if found is None:
        return None
    own = found.run_id == attempt.session.run_id
    if attempt.replaces_load and not (own and found.latest and attempt.is_retry):
        return None
    if own:
        return Outcome(rows=found.rows, message="committed by an earlier attempt of this run")
    change = note_change(attempt.session, attempt.step, found.run_id)
    note = loaded_note(CommittedLoad(found.run_id, f"{found.committed_at:%Y-%m-%d}"), change)
    return Outcome(rows=found.rows, message=note, already_loaded=True)


def record(
    transaction: Transaction, attempt: AttemptContext, *, rows: int | None, watermark: str | None = None
) -> None:
    """Record the step's load in its transaction."""
    record_load(
        transaction,
        load_of(attempt.session.bound, attempt.step),
        run_id=attempt.session.run_id,
        rows=rows,
        watermark=watermark,
        replace=attempt.replaces_load,
    )


def refuse_overwritten(transaction: Transaction, attempt: AttemptContext) -> None:
    """Raise DataError (DD789) if a table that the step reads was loaded by another run since this one loaded it."""
    bound, step = attempt.session.bound, attempt.step
    read = frozenset(tables_read(step.operation))
    earlier = attempt.session.writers_before(step, read)
    loads = committed_loads(transaction, bound, earlier)
    for table in sorted(read, key=str):
        fillers = refill(earlier, table, loads)
        if fillers:
            raise DataError(
                f"table {table} does not hold the rows of run date {bound.run_date} any more: another run has "
                f"loaded it after step `{fillers[0]}`",
                code="DD789",
                hint="`dataduct run PIPELINE --resume` with this run date loads it again",
            )
