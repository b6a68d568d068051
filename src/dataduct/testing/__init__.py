"""The test kit: run one step, a pattern or a whole pipeline on a warehouse and sources made for the test.

    from dataduct.testing import run_step

    def test_the_snapshot_holds_every_row():
        outcome = run_step(
            {"step_type": "snapshot-table", "table": "prod.courses"},
            tables={"CREATE TABLE prod.courses (id INTEGER)": [{"id": 1}, {"id": 2}]},
        )
        assert outcome.table("prod.courses_snapshot") == [{"id": 1}, {"id": 2}]

Nothing of the project's own warehouse, storage, connections or history is touched. Its step types, patterns and files
are those of the project the working directory is in, or of `project=DIRECTORY`. The fixture `dataduct_project` of the
pytest plugin `dataduct.testing.plugin` gives an empty project and its command line.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataduct.testing.bench import InvalidPipeline as InvalidPipeline
    from dataduct.testing.outcome import RunOutcome as RunOutcome
    from dataduct.testing.outcome import StepOutcome as StepOutcome
    from dataduct.testing.running import run_pipeline as run_pipeline
    from dataduct.testing.running import run_step as run_step

_MODULES = {
    "InvalidPipeline": "dataduct.testing.bench",
    "RunOutcome": "dataduct.testing.outcome",
    "StepOutcome": "dataduct.testing.outcome",
    "run_pipeline": "dataduct.testing.running",
    "run_step": "dataduct.testing.running",
}


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module `dataduct.testing` has no `{name}`")
    return getattr(import_module(module), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
