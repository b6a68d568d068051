"""What came of a run under test."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dataduct import api
from dataduct.config.project import Project
from dataduct.engine.engine import RunResult
from dataduct.engine.workbench import Workbench
from dataduct.errors import UserError
from dataduct.model.cancellation import Cancellation
from dataduct.model.dataset import DatasetRef
from dataduct.model.nearest import did_you_mean
from dataduct.model.operations import FileFormat, Operation, dataset_outputs
from dataduct.model.verdict import CheckVerdict
from dataduct.plan.plan import BoundPlan
from dataduct.runs.queries import RunQueries
from dataduct.runs.records import RunStatus, StepStatus
from dataduct.storage.keys import dataset_key

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcome:
    """What came of a run.

    Attributes:
        status: `succeeded`, or `failed` if a check has failed.
        statuses: The status of each step by its name.
        plan: The plan, rendered for the run date.
    """

    status: RunStatus
    statuses: Mapping[str, StepStatus]
    plan: BoundPlan
    _run_id: str
    _project: Project = field(repr=False)
    _statements: Mapping[str, tuple[str, ...]] = field(repr=False)
    _verdicts: Mapping[str, CheckVerdict] = field(repr=False)
    _bench: object = field(repr=False)

    @classmethod
    def of(cls, project: Project, bound: BoundPlan, result: RunResult, bench: object) -> "RunOutcome":
        """Return the outcome of a run on `bench`, which is kept as long as the outcome is."""
        with closing(api.open_store(project)) as store:
            queries = RunQueries(store)
            return cls(
                status=result.status,
                statuses=dict(result.steps),
                plan=bound,
                _run_id=result.run_id,
                _project=project,
                _statements={
                    step: tuple(each.text for each in queries.statements(result.run_id, step))
                    for step in result.steps
                },
                _verdicts={each.step: each.verdict for each in queries.verdicts(result.run_id)},
                _bench=bench,
            )

    def step(self, name: str) -> "StepOutcome":
        """Return what came of one step. Raises UserError (DD574) with the nearest name."""
        names = [step.name for step in self.plan.steps]
        if name not in names:
            raise UserError(
                f"the run has no step `{name}`",
                code="DD574",
                hint=did_you_mean(name, names) or f"it has {', '.join(names)}",
            )
        return StepOutcome(run=self, names=(name,))

    def table(self, name: str) -> list[Row]:
        """Return the rows of a warehouse table. Raises SqlError if there is none."""
        return self.query(f"SELECT * FROM {name}")

    def query(self, query: str) -> list[Row]:
        """Return the rows of a query on the warehouse. Raises SqlError for a wrong one."""
        with (
            Workbench(self._project) as workbench,
            workbench.warehouse.stream(query, Cancellation()) as reader,
        ):
            rows: list[Row] = reader.read_all().to_pylist()
            return rows

    def rows(self, dataset: DatasetRef) -> list[Row]:
        """Return the rows of a dataset; columns of files without a header are `column_0`, `column_1`, ...

        Raises:
            UserError: The dataset was not written, or its files hold no rows (DD574).
        """
        from dataduct.storage.rows import open_rows

        with Workbench(self._project) as workbench:
            key = self._key(dataset)
            manifest = workbench.storage.manifest(key)
            if manifest is None or manifest.format == "files":
                what = (
                    "was not written" if manifest is None else "holds files of no known format; read `files`"
                )
                raise UserError(f"the dataset `{dataset}` {what}", code="DD574")
            with workbench.storage.fetched(key, manifest) as paths:
                rows: list[Row] = open_rows(paths, manifest.format, FileFormat()).read_all().to_pylist()
                return rows

    def files(self, dataset: DatasetRef) -> dict[str, bytes]:
        """Return the files of a dataset by name. Raises UserError (DD574) if it was not written."""
        from dataduct.storage.datasets import part_name

        with Workbench(self._project) as workbench:
            key = self._key(dataset)
            manifest = workbench.storage.manifest(key)
            if manifest is None:
                raise UserError(f"the dataset `{dataset}` was not written", code="DD574")
            with workbench.storage.fetched(key, manifest) as paths:
                names = [part_name(part) for part in manifest.parts]
                return {name: Path(path).read_bytes() for name, path in zip(names, paths, strict=True)}

    def _key(self, dataset: DatasetRef) -> str:
        plan = self.plan
        return dataset_key(plan.plan.pipeline, plan.run_date, self._run_id, dataset.step, dataset.node)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutcome:
    """What came of a step, or of the several that a composite step or a pattern expands to.

    Attributes:
        run: The run as a whole.
        names: The steps, in the order of the plan.
    """

    run: RunOutcome
    names: tuple[str, ...]

    @property
    def status(self) -> StepStatus:
        """The status of the first step that did not succeed, or of the last."""
        statuses = [self.run.statuses[name] for name in self.names]
        return next((each for each in statuses if each != "succeeded"), statuses[-1])

    @property
    def operations(self) -> dict[str, Operation]:
        """What each step comes down to, by its name."""
        return {step.name: step.operation for step in self.run.plan.steps if step.name in self.names}

    @property
    def plan(self) -> Operation:
        """The operation of the step; of several, the last one's."""
        return self.operations[self.names[-1]]

    @property
    def rows(self) -> list[Row]:
        """The rows of the dataset that the step writes; of several, the last one."""
        return self.run.rows(self._output())

    @property
    def files(self) -> dict[str, bytes]:
        """The files of that dataset by name."""
        return self.run.files(self._output())

    @property
    def verdict(self) -> CheckVerdict | None:
        """The verdict of the last check among the steps, or None."""
        found = [self.run._verdicts[name] for name in self.names if name in self.run._verdicts]
        return found[-1] if found else None

    @property
    def statements(self) -> tuple[str, ...]:
        """The SQL statements that ran, in the order of the plan's steps."""
        return tuple(text for name in self.names for text in self.run._statements.get(name, ()))

    def table(self, name: str) -> list[Row]:
        """Return the rows of a warehouse table. Raises SqlError if there is none."""
        return self.run.table(name)

    def _output(self) -> DatasetRef:
        operations: Sequence[Operation] = list(self.operations.values())
        written = [dataset for operation in operations for dataset in dataset_outputs(operation)]
        if not written:
            raise UserError(f"step `{self.names[-1]}` writes no dataset", code="DD574")
        return written[-1]
