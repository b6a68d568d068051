"""The steps that `input_path` and `output_path` stand for: files brought into the run, and copied out of it."""

from collections.abc import Iterable
from itertools import chain, count
from pathlib import Path

from dataduct.definition.templates import has_template
from dataduct.model.dataset import DatasetRef, format_of_name
from dataduct.model.operations import CopyDataset, ExportDataset
from dataduct.model.s3_uri import has_wildcard, is_s3_uri, parse_s3_uri
from dataduct.model.template import TemplateSource
from dataduct.plan.drafts import StepDraft
from dataduct.plan.plan import Dependency, PlanStep
from dataduct.steps.context import LoweringContext
from dataduct.steps.files import checked_connection, checked_uri

Templates = tuple[TemplateSource, ...]

_FOLLOWED = frozenset({"depends_on", "chain"})
"""Reasons for which a step that waits for another waits for its copied files too."""

_OVER = {"bootstrap": "bootstrap", "teardown": "main"}
"""For a reason for which a step waits for the end of a phase: the phase, whose copies it waits for too."""

_AWAITED_BY_COPY = frozenset({"bootstrap", *_FOLLOWED})
"""Reasons for which the files of `input_path` are copied only after the step that is waited for."""


class ImplicitSteps:
    """The implicit steps of one pipeline: `NAME-input` before a step, `NAME-output` after it.

    Args:
        taken: Names that the pipeline's own steps have.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._places: dict[str, tuple[str, bool]] = {}
        self._before: dict[str, PlanStep] = {}
        self._after: dict[str, list[PlanStep]] = {}
        self._by_name: dict[str, PlanStep] = {}

    def find(self, name: str) -> PlanStep | None:
        """Return the implicit step called `name`, or None."""
        return self._by_name.get(name)

    def before(self, draft: StepDraft) -> tuple[PlanStep, ...]:
        """Return the step that brings the draft's files, if it has one."""
        return (self._before[draft.name],) if draft.name in self._before else ()

    def after(self, draft: StepDraft) -> tuple[PlanStep, ...]:
        """Return the steps that copy the draft's datasets out of the run."""
        return tuple(self._after.get(draft.name, ()))

    def dependencies(self, draft: StepDraft) -> tuple[Dependency, ...]:
        """Return what the draft waits for: its own dependencies and the implicit steps they bring with them.

        A step that waits for another without reading its dataset may read the copied files, so it waits for these.
        """
        inputs = tuple(Dependency(step.name, "input", step.name) for step in self.before(draft))
        return self._with_copies(tuple(draft.depends_on.values())) + inputs

    def _with_copies(self, edges: tuple[Dependency, ...]) -> tuple[Dependency, ...]:
        copies = tuple(
            Dependency(export.name, edge.reason)
            for edge in edges
            if edge.reason in _FOLLOWED
            for export in self._after.get(edge.step, ())
        )
        reasons = {edge.reason for edge in edges}
        of_phases = tuple(
            Dependency(export.name, reason)
            for reason, phase in _OVER.items()
            if reason in reasons
            for export in chain.from_iterable(self._after.values())
            if export.phase == phase and export.name not in {copy.step for copy in copies}
        )
        return edges + copies + of_phases

    def add_input(self, draft: StepDraft, context: LoweringContext, templates: Templates) -> None:
        """Turn `input_path` into a copy step of its own, whose dataset is the draft's input."""
        path = draft.properties.input_path
        if path is None or draft.properties.input_node is not None:
            return
        path = context.with_base_path(path, of="input_path")
        name = self._free(f"{draft.name}-input")
        reference = DatasetRef(name, name)
        from_s3 = is_s3_uri(path)
        source = (
            checked_uri(path, context, of="input_path")
            if from_s3
            else context.location(path, of="input_path")
        )
        connection = getattr(draft.properties, "s3_connection", None) if from_s3 else None
        if source is None or not checked_connection(connection, context, of="s3_connection"):
            return
        format = format_of_name(source)
        self._before[draft.name] = self._by_name[name] = PlanStep(
            name=name,
            step_type="extract-s3" if from_s3 else "extract-local",
            operation=CopyDataset(
                source=source,
                output=reference,
                format=format,
                connection=connection,
                detects_format=from_s3 and format == "files",
            ),
            phase=draft.phase,
            parent=draft.name,
            templates=templates,
            position=draft.position_of("input_path"),
            depends_on=self._with_copies(
                tuple(edge for edge in draft.depends_on.values() if edge.reason in _AWAITED_BY_COPY)
            ),
        )
        draft.inputs.append((reference, None))

    def add_outputs(
        self,
        draft: StepDraft,
        context: LoweringContext,
        templates: Templates,
        *,
        writes_rows: bool = False,
    ) -> None:
        """Turn `output_path` into one copy step for each dataset of the draft.

        Args:
            writes_rows: Whether the datasets are rows, whose files are numbered and not named by a command.
        """
        path = getattr(draft.properties, "output_path", None)
        if path is None:
            return
        if not draft.outputs:
            context.report(
                "DD209",
                "`output_path` has no effect: the step writes no dataset",
                of="output_path",
                severity="warning",
            )
            return
        destination = _destination(context.with_base_path(path, of="output_path"), context)
        to_s3 = destination is not None and is_s3_uri(destination)
        connection = getattr(draft.properties, "s3_connection", None) if to_s3 else None
        if destination is None or not checked_connection(connection, context, of="s3_connection"):
            return
        self._refuse_shared(destination, draft, context, writes_rows=writes_rows)
        several = len(draft.outputs) > 1
        if several and _is_file(destination):
            context.report(
                "DD261",
                f"`{path}` is one file, and the step writes {len(draft.outputs)} datasets",
                of="output_path",
                expected="a directory, with a slash at its end; each dataset gets a subdirectory of its own",
            )
            return
        for node in draft.outputs:
            name = self._free(f"{draft.name}-output-{node}" if several else f"{draft.name}-output")
            reference = DatasetRef(draft.name, node)
            export = PlanStep(
                name=name,
                step_type=draft.step_type,
                operation=ExportDataset(
                    input=reference,
                    destination=f"{destination.rstrip('/')}/{node}/" if several else destination,
                    connection=connection,
                ),
                depends_on=(Dependency(draft.name, "input", str(reference)),),
                phase=draft.phase,
                parent=draft.name,
                max_retries=draft.properties.max_retries,
                templates=templates,
                position=draft.position_of("output_path"),
            )
            self._after.setdefault(draft.name, []).append(export)
            self._by_name[name] = export

    def _refuse_shared(
        self, destination: str, draft: StepDraft, context: LoweringContext, *, writes_rows: bool
    ) -> None:
        """Report a place at which two steps would overwrite each other's files (DD266)."""
        first, numbered = self._places.setdefault(destination, (draft.name, writes_rows))
        if first != draft.name and (writes_rows or numbered or _is_file(destination)):
            context.report(
                "DD266",
                f"step `{first}` copies its files to `{destination}` too, and one would overwrite the other's",
                of="output_path",
                expected="a place for each step",
            )

    def _free(self, name: str) -> str:
        """Return `name`, or the next numbered one that no other step has."""
        free = next(
            each for each in chain((name,), (f"{name}-{n}" for n in count(2))) if each not in self._taken
        )
        self._taken.add(free)
        return free


def _destination(path: str, context: LoweringContext) -> str | None:
    """Return the URI or absolute path to copy to, or None after reporting a wrong one (DD261, DD860)."""
    if is_s3_uri(path):
        uri = checked_uri(path, context, of="output_path")
        key = uri and not has_template(uri) and parse_s3_uri(uri).key
        if not key or not has_wildcard(key):
            return uri if uri is None or _is_file(uri) else f"{uri.rstrip('/')}/"
    elif "://" not in path and not has_wildcard(path):
        place = context.project_directory.absolute() / Path(path).expanduser()
        return str(place) if _is_file(path) else f"{place}/"
    context.report(
        "DD261",
        f"`{path}` is no place to copy files to",
        of="output_path",
        expected="`s3://bucket/directory/` or a directory on this machine, or a file with an ending",
    )
    return None


def _is_file(path: str) -> bool:
    """Return whether `path` names one file: its ending is that of a format, as `courses.csv` has one."""
    return not path.endswith("/") and format_of_name(path) != "files"
