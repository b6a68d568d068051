"""What each step reads and waits for: explicit names, the chain of implicit inputs, tables, phases."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

from dataduct.model.dataset import DatasetRef
from dataduct.model.nearest import did_you_mean, nearest_name
from dataduct.model.operations import Operation, tables_read, tables_written
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.model.table import TableName
from dataduct.plan.drafts import Drafts, StepDraft
from dataduct.plan.plan import Dependency
from dataduct.steps.base import Chaining


class Wiring:
    """Resolves names among the drafts of one pipeline and fills their `inputs` and `depends_on`.

    The order of the drafts is that of the file. Problems go to `problems`.
    """

    def __init__(self, drafts: Drafts, problems: list[Problem]) -> None:
        self._drafts = drafts.steps
        self._left_out = drafts.left_out
        self._problems = problems
        self._by_name = {draft.name: draft for draft in self._drafts}
        self._members: dict[str, list[StepDraft]] = {}
        for draft in self._drafts:
            if draft.parent is not None:
                self._members.setdefault(draft.parent, []).append(draft)
        self._nodes = self._output_nodes()

    def connect(self) -> None:
        """Fill every draft's inputs and explicit, chained and phase dependencies."""
        previous: dict[str, StepDraft] = {}
        for draft in self._drafts:
            self._connect_depends_on(draft)
            if draft.follows is not None:
                draft.add_dependency(Dependency(draft.follows, "chain"))
            if draft.properties.input_path is not None and draft.properties.input_node is not None:
                self._report(draft, "DD507", "both `input_node` and `input_path` are given", of="input_path")
            elif draft.properties.input_path is not None:
                pass
            elif draft.properties.input_node is not None:
                self._connect_input_node(draft, draft.properties.input_node)
            elif draft.phase in previous:
                self._connect_chain(draft, previous[draft.phase])
            previous[draft.phase] = draft
        self._connect_phases()

    def connect_tables(self, operations: Mapping[str, Operation]) -> None:
        """Order steps of a phase that meet at a warehouse table as the file orders them.

        A step waits for the latest earlier step that writes a table it reads or writes, and a writer for the
        earlier readers since. An edge that an explicit one contradicts is left out: what the user says wins.
        """
        writers: dict[TableName, str] = {}
        readers: dict[TableName, list[str]] = {}
        wanted: list[tuple[str, Dependency]] = []
        for draft in self._drafts:
            if draft.phase != "main" or draft.name not in operations:
                continue
            operation = operations[draft.name]
            reads, writes = tables_read(operation), tables_written(operation)
            for table in dict.fromkeys((*reads, *writes)):
                before = [writers[table]] if table in writers else []
                if table in writes:
                    before += readers.get(table, [])
                wanted += [(draft.name, Dependency(step, "table", str(table))) for step in before]
            for table in writes:
                writers[table], readers[table] = draft.name, []
            for table in reads:
                if table not in writes:
                    readers.setdefault(table, []).append(draft.name)
        self._add_unless_contradicted(wanted)

    def _add_unless_contradicted(self, wanted: Iterable[tuple[str, Dependency]]) -> None:
        rank = {draft.name: index for index, draft in enumerate(self._drafts)}
        backwards = any(rank[step] > rank[draft.name] for draft in self._drafts for step in draft.depends_on)
        for name, dependency in wanted:
            contradicted = backwards and self._waits_for(dependency.step, name)
            if dependency.step != name and not contradicted:
                self._by_name[name].add_dependency(dependency)

    def _waits_for(self, name: str, other: str) -> bool:
        """Whether `name` waits for `other`, directly or not."""
        seen: set[str] = set()
        todo = [name]
        while todo:
            current = todo.pop()
            if current == other:
                return True
            if current not in seen:
                seen.add(current)
                todo.extend(self._by_name[current].depends_on)
        return False

    def _output_nodes(self) -> dict[str, tuple[StepDraft, DatasetRef]]:
        nodes: dict[str, tuple[StepDraft, DatasetRef]] = {}
        for draft in self._drafts:
            for node in draft.outputs:
                if node in nodes:
                    first = nodes[node][0]
                    self._report(
                        draft,
                        "DD509",
                        f"the output node `{node}` is written by step `{first.name}` (line {first.position.line}) too",
                        of="output_node",
                    )
                nodes.setdefault(node, (draft, DatasetRef(draft.name, node)))
        return nodes

    def _connect_depends_on(self, draft: StepDraft) -> None:
        for name in draft.properties.depends_on:
            targets = self._steps_called(name)
            if not targets:
                self._report_unknown(draft, name, [*self._by_name, *self._members], of="depends_on")
                continue
            for target in targets:
                if self._phases_agree(draft, target, of="depends_on"):
                    draft.add_dependency(Dependency(target.name, "depends_on"))

    def _steps_called(self, name: str) -> list[StepDraft]:
        if name in self._by_name:
            return [self._by_name[name]]
        if name in self._members:
            return self._members[name]
        return [self._nodes[name][0]] if name in self._nodes else []

    def _connect_input_node(self, draft: StepDraft, wanted: str | dict[str, str | None] | list[str]) -> None:
        if isinstance(wanted, list):
            if wanted:
                pairs = ", ".join(f"{name}: {name}" for name in wanted)
                self._report(
                    draft,
                    "DD505",
                    "`input_node` is a list",
                    of="input_node",
                    expected="the name of one dataset, or a mapping of names to subdirectories",
                    hint=f"write `input_node: {{{pairs}}}`",
                )
            return
        named = {wanted: None} if isinstance(wanted, str) else wanted
        for name, subdirectory in named.items():
            self._connect_input(draft, name, subdirectory)

    def _connect_input(self, draft: StepDraft, name: str, subdirectory: str | None) -> None:
        found = self._nodes.get(name)
        if found is None and name in self._by_name:
            outputs = self._by_name[name].outputs
            if len(outputs) > 1:
                message = f"step `{name}` writes several datasets"
                hint = "name one of its output nodes: " + ", ".join(f"`{node}`" for node in outputs)
            else:
                message = f"step `{name}` writes no dataset that could be read"
                hint = f"to wait for it write `depends_on: {name}`"
            self._report(draft, "DD508", message, of="input_node", hint=hint)
            return
        if found is None:
            self._report_unknown(draft, name, self._nodes, of="input_node")
            return
        target, reference = found
        if self._phases_agree(draft, target, of="input_node"):
            draft.inputs.append((reference, subdirectory))
            draft.add_dependency(Dependency(target.name, "input", str(reference)))

    def _connect_chain(self, draft: StepDraft, previous: StepDraft) -> None:
        if draft.type.chaining is Chaining.NONE or len(previous.outputs) > 1:
            return
        if draft.type.chaining is Chaining.INPUT and previous.outputs:
            reference = DatasetRef(previous.name, previous.outputs[0])
            draft.inputs.append((reference, None))
            draft.add_dependency(Dependency(previous.name, "input", str(reference)))
        else:
            draft.add_dependency(Dependency(previous.name, "chain"))

    def _connect_phases(self) -> None:
        by_phase: dict[str, list[StepDraft]] = {"bootstrap": [], "main": [], "teardown": []}
        for draft in self._drafts:
            by_phase[draft.phase].append(draft)
        for earlier, later in pairwise(by_phase["bootstrap"]):
            later.add_dependency(Dependency(earlier.name, "bootstrap"))
        if by_phase["bootstrap"]:
            last = by_phase["bootstrap"][-1]
            for draft in by_phase["main"] or by_phase["teardown"]:
                if not draft.depends_on:
                    draft.add_dependency(Dependency(last.name, "bootstrap"))
        waited_for = {step for draft in by_phase["main"] for step in draft.depends_on}
        for draft in by_phase["teardown"]:
            for last in by_phase["main"]:
                if last.name not in waited_for:
                    draft.add_dependency(Dependency(last.name, "teardown"))

    def _phases_agree(self, draft: StepDraft, target: StepDraft, *, of: str) -> bool:
        rank = {"bootstrap": 0, "main": 1, "teardown": 2}
        if rank[target.phase] <= rank[draft.phase]:
            return True
        self._report(
            draft,
            "DD510",
            f"a {draft.phase} step cannot wait for the {target.phase} step `{target.name}`",
            of=of,
        )
        return False

    def _report_unknown(self, draft: StepDraft, name: str, valid: Iterable[str], *, of: str) -> None:
        others = [candidate for candidate in valid if candidate != draft.name]
        if name in self._left_out or (None in self._left_out and nearest_name(name, others) is None):
            return
        what = "step" if of == "depends_on" else "step or output node"
        hint = did_you_mean(name, others)
        listed = ", ".join(f"`{other}`" for other in others[:8]) + (", ..." if len(others) > 8 else "")
        self._report(
            draft,
            "DD503",
            f"`{of}` names `{name}`, and no {what} of this pipeline is called that",
            of=of,
            expected=f"one of {listed}" if others else None,
            hint=hint,
        )

    def _report(
        self,
        draft: StepDraft,
        code: str,
        message: str,
        *,
        of: str,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        self._problems.append(
            Problem(code=code, message=message, position=draft.position_of(of), expected=expected, hint=hint)
        )


def cycle_problem(cycle: Sequence[str], position_of: Callable[[str], Position]) -> Problem:
    """Return the problem that says which steps wait for each other."""
    waits = ", ".join(f"`{after}` waits for `{before}`" for before, after in pairwise(cycle))
    return Problem(
        code="DD504",
        message=f"steps wait for each other: {' → '.join(cycle)}",
        position=position_of(cycle[0]),
        expected="an order in which every step can start",
        hint=waits,
    )
