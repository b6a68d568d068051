"""A project to run plans in: a SQLite source, a DuckDB warehouse, local storage and a run store."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dataduct.config.project import Project
from dataduct.config.settings import Settings
from dataduct.engine.engine import RunOptions, RunResult, run_plan
from dataduct.engine.workbench import Workbench
from dataduct.model.cancellation import Cancellation
from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import (
    Extract,
    LoadMode,
    LoadTable,
    Operation,
    RunCommand,
    RunSql,
    SqlStatement,
)
from dataduct.model.schedule import Schedule
from dataduct.model.table import Column, ColumnType, TableDefinition, TableName
from dataduct.plan.plan import BoundPlan, Dependency, Phase, Plan, PlanStep
from dataduct.runs.events import Event, StepFinished
from dataduct.runs.queries import RunQueries
from dataduct.runs.store import RunStore

STAGING = TableDefinition(
    name=TableName("orders", "staging"),
    columns=(
        Column(name="id", type=ColumnType("INTEGER"), nullable=False),
        Column(name="name", type=ColumnType("VARCHAR", (20,))),
    ),
    primary_key=("id",),
)
PRODUCTION = TableDefinition(name=TableName("orders", "prod"), columns=STAGING.columns, primary_key=("id",))


class PlanBuilder:
    """Short ways to write steps and plans."""

    @staticmethod
    def step(
        name: str,
        operation: Operation | None = None,
        *needs: str,
        phase: Phase = "main",
        max_retries: int | None = None,
        timeout: float | None = None,
    ) -> PlanStep:
        return PlanStep(
            name=name,
            step_type="test",
            operation=operation or RunCommand(command="true"),
            depends_on=tuple(Dependency(need, "depends_on") for need in needs),
            phase=phase,
            max_retries=max_retries,
            timeout_seconds=timeout,
        )

    def command(self, name: str, command: str, *needs: str, **more: Any) -> PlanStep:
        return self.step(name, RunCommand(command=command), *needs, **more)

    def extract(self, name: str = "extract", query: str = "SELECT id, name FROM orders") -> PlanStep:
        return self.step(name, Extract(connection="shop", query=query, output=DatasetRef(name, name)))

    def load(
        self,
        name: str = "load",
        of: str = "extract",
        *,
        mode: LoadMode = "replace",
        definition: TableDefinition = STAGING,
        **more: Any,
    ) -> PlanStep:
        operation = LoadTable(
            inputs=(DatasetRef(of, of),), table=definition.name, definition=definition, mode=mode, **more
        )
        return self.step(name, operation, of)

    def upsert(self, name: str = "upsert", needs: str = "load") -> PlanStep:
        operation = RunSql(
            creates=(PRODUCTION,),
            statements=(
                SqlStatement(
                    text="DELETE FROM prod.orders WHERE id IN (SELECT id FROM staging.orders)",
                    purpose="delete replaced rows",
                ),
                SqlStatement(
                    text="INSERT INTO prod.orders SELECT id, name FROM staging.orders", purpose="insert rows"
                ),
            ),
            table=PRODUCTION.name,
            reads=(STAGING.name,),
            writes=(PRODUCTION.name,),
        )
        return self.step(name, operation, needs)

    def plan(self, *steps: PlanStep, run_date: str = "2026-01-01", **more: Any) -> BoundPlan:
        start = datetime.fromisoformat(run_date).replace(tzinfo=UTC)
        plan = Plan(
            pipeline="sales",
            file="sales.yaml",
            schedule=Schedule("daily"),
            dialect="duckdb",
            steps=steps,
            **more,
        )
        return BoundPlan(
            plan=plan, run_date=run_date, scheduled_start=start, scheduled_end=start, steps=steps
        )


class Bench:
    """A project and what happened in it.

    Attributes:
        events: Every event of the last run.
    """

    def __init__(self, root: Path, store: RunStore, **engine: Any) -> None:
        self.root = root
        self.store = store
        self.queries = RunQueries(store)
        self.events: list[Event] = []
        self.source = root / "shop.db"
        self.settings: dict[str, Any] = {
            "connections": {"shop": {"type": "sqlite", "path": "shop.db"}},
            "engine": {"retry_delay": "0.01 seconds", "lock_timeout": "5 seconds", **engine},
        }

    @property
    def project(self) -> Project:
        return Project(root=self.root, settings=Settings.model_validate(self.settings))

    def engine(self, **settings: Any) -> None:
        """Change settings of the engine."""
        self.settings["engine"].update(settings)

    def fill_source(self, rows: Sequence[tuple[int, str]]) -> None:
        """Give the source table `orders` these rows and no others."""
        with sqlite3.connect(self.source) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS orders (id INTEGER NOT NULL, name VARCHAR(20))")
            connection.execute("DELETE FROM orders")
            connection.executemany("INSERT INTO orders VALUES (?, ?)", rows)
        connection.close()

    def run(self, bound: BoundPlan, run_id: str = "run-1", **options: Any) -> RunResult:
        """Run a plan in a workbench of its own."""
        self.events = []
        with Workbench(self.project) as workbench:
            return run_plan(
                bound,
                workbench,
                self.store,
                options=RunOptions(run_id=run_id, **options),
                listener=self.events.append,
            )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the warehouse."""
        with (
            Workbench(self.project) as workbench,
            workbench.warehouse.transaction(Cancellation()) as transaction,
        ):
            return transaction.fetch(query)

    def write(self, *statements: str) -> None:
        """Run statements on the warehouse."""
        with (
            Workbench(self.project) as workbench,
            workbench.warehouse.transaction(Cancellation()) as transaction,
        ):
            for statement in statements:
                transaction.execute(statement)

    def finished(self, step: str) -> StepFinished:
        """Return how the step ended in the last run."""
        (event,) = [each for each in self.events if isinstance(each, StepFinished) and each.step == step]
        return event

    def log(self, step: str) -> str:
        """Return the log of the step's last attempt in the last run."""
        name = self.finished(step).log_file
        assert name is not None
        return (self.project.log_directory / name).read_text()
