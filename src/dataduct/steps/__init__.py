"""Step types: one file each, with its properties, their documentation and what it lowers to.

The names below are for authors of step types. They are imported when they are asked for, since the modules behind
them take longer to import than a command that needs no step.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import Field as Field

    from dataduct.model.dataset import DatasetRef as DatasetRef
    from dataduct.model.operations import Check as Check
    from dataduct.model.operations import ColumnComparison as ColumnComparison
    from dataduct.model.operations import CopyDataset as CopyDataset
    from dataduct.model.operations import CountComparison as CountComparison
    from dataduct.model.operations import EmrJob as EmrJob
    from dataduct.model.operations import ExportDataset as ExportDataset
    from dataduct.model.operations import Extract as Extract
    from dataduct.model.operations import FileFormat as FileFormat
    from dataduct.model.operations import LoadTable as LoadTable
    from dataduct.model.operations import Measure as Measure
    from dataduct.model.operations import PrimaryKeyComparison as PrimaryKeyComparison
    from dataduct.model.operations import RunCommand as RunCommand
    from dataduct.model.operations import RunSql as RunSql
    from dataduct.model.operations import SqlStatement as SqlStatement
    from dataduct.model.operations import StagedInput as StagedInput
    from dataduct.model.operations import StagedOutput as StagedOutput
    from dataduct.model.operations import StreamingJob as StreamingJob
    from dataduct.model.operations import SubmitJob as SubmitJob
    from dataduct.model.operations import Unload as Unload
    from dataduct.model.operations import WaitForPipeline as WaitForPipeline
    from dataduct.model.table import TableName as TableName
    from dataduct.steps.base import Chaining as Chaining
    from dataduct.steps.base import Step as Step
    from dataduct.steps.base import StepProperties as StepProperties
    from dataduct.steps.base import SubStep as SubStep
    from dataduct.steps.commands import staged_inputs as staged_inputs
    from dataduct.steps.commands import staged_outputs as staged_outputs
    from dataduct.steps.context import LoweringContext as LoweringContext

_NAMES = {
    "pydantic": ("Field",),
    "dataduct.model.dataset": ("DatasetRef",),
    "dataduct.model.operations": (
        "Check",
        "ColumnComparison",
        "CopyDataset",
        "CountComparison",
        "EmrJob",
        "ExportDataset",
        "Extract",
        "FileFormat",
        "LoadTable",
        "Measure",
        "PrimaryKeyComparison",
        "RunCommand",
        "RunSql",
        "SqlStatement",
        "StagedInput",
        "StagedOutput",
        "StreamingJob",
        "SubmitJob",
        "Unload",
        "WaitForPipeline",
    ),
    "dataduct.model.table": ("TableName",),
    "dataduct.steps.base": ("Chaining", "Step", "StepProperties", "SubStep"),
    "dataduct.steps.commands": ("staged_inputs", "staged_outputs"),
    "dataduct.steps.context": ("LoweringContext",),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is not None:
        return getattr(import_module(module), name)
    if name.endswith("Step"):
        from dataduct.steps.original_api import original_class

        found = original_class(name)
        if found is not None:
            return found
    raise AttributeError(f"module `dataduct.steps` has no `{name}`")


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
