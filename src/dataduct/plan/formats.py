"""How files are to be read that a table load reads and that nobody gave a format."""

from dataclasses import replace

from dataduct.definition.templates import has_template
from dataduct.model.dataset import DatasetRef, format_of_name
from dataduct.model.operations import CopyDataset, LoadTable
from dataduct.plan.plan import PlanStep


def with_formats(steps: tuple[PlanStep, ...]) -> tuple[PlanStep, ...]:
    """Return the steps with a format for each file that is loaded: that of its ending, else TSV as the original had it.

    A path that holds a template is left as it is: its ending is known once it is rendered.
    """
    loaded = {
        reference
        for step in steps
        if isinstance(step.operation, LoadTable)
        for reference in step.operation.inputs
    }
    return tuple(_with_format(step, loaded) for step in steps)


def _with_format(step: PlanStep, loaded: set[DatasetRef]) -> PlanStep:
    operation = step.operation
    if (
        not isinstance(operation, CopyDataset)
        or operation.format != "files"
        or operation.output not in loaded
    ):
        return step
    if has_template(operation.source):
        return step
    known = format_of_name(operation.source)
    return replace(step, operation=replace(operation, format="tsv" if known == "files" else known))
