"""What each step reads and waits for: explicit names, the chain of implicit inputs, tables, phases."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

from dataduct.model.dataset import DatasetRef
from dataduct.model.nearest import did_you_mean, nearest_name
from dataduct.model.operations import Operation, tables_read, tables_written
from dataduct.model.position import Position
from dataduct.model.problem import Problem, report
from dataduct.model.table import TableName
from dataduct.plan.drafts import Drafts, StepDraft
from dataduct.plan.plan import Dependency, Phase
from dataduct.plan.uses import Waiting
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
        self._uses: dict[str, list[StepDraft]] = {name: [] for name in drafts.uses}
        for draft in self._drafts:
            if draft.parent is not None:
                self._members.setdefault(draft.parent, []).append(draft)
            for use in draft.place.uses:
                self._uses[use].append(draft)
        self._repeated = {use.name: use.items is not None for use in drafts.uses.values()}
        self._waiting = drafts.waiting
        self._waited_for: dict[str, list[StepDraft]] = {}
        self._nodes = self._output_nodes()

    def connect(self) -> None:
        """Fill every draft's inputs and explicit, chained and phase dependencies."""
        previous: dict[Phase, StepDraft] = {}
        on_uses: list[tuple[StepDraft, str]] = []
        for draft in self._drafts:
            on_uses += self._connect_depends_on(draft)
            if draft.follows is not None:
                draft.add_dependency(Dependency(draft.follows, "chain"))
            if draft.properties.input_path is not None and draft.properties.input_node is not None:
                self._report(draft, "DD507", "both `input_node` and `input_path` are given", of="input_path")
            elif draft.properties.input_path is not None:
                pass
            elif draft.properties.input_node is not None:
                self._connect_input_node(draft, draft.properties.input_node)
            elif draft.phase in previous and previous[draft.phase].place.block == draft.place.block:
                self._connect_chain(draft, previous[draft.phase])
            previous[draft.phase] = draft
        ends = {use: self._last_steps(use) for use in {name for _, name in on_uses}}
        for draft, use in on_uses:
            self._wait_for(draft, ends[use])
        for waiting in self._waiting:
            self._resolve_waiting(waiting)
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
        self._connect_waiting(wanted)
        self._add_unless_contradicted(wanted)

    def _connect_waiting(self, wanted: Iterable[tuple[str, Dependency]]) -> None:
        """Let the first steps of each use, those that wait for no other step of it, wait for what the use waits for."""
        after: dict[str, set[str]] = {}
        for name, dependency in wanted:
            after.setdefault(name, set()).add(dependency.step)
        for use, targets in self._waited_for.items():
            steps = {draft.name for draft in self._uses[use]}
            for draft in self._uses[use]:
                if steps.isdisjoint(draft.depends_on) and steps.isdisjoint(after.get(draft.name, ())):
                    self._wait_for(draft, targets)

    def _add_unless_contradicted(self, wanted: Iterable[tuple[str, Dependency]]) -> None:
        wanted = list(wanted)
        suspects = self._before_later_ones(wanted)
        for name, dependency in wanted:
            contradicted = dependency.step in suspects and self._waits_for(dependency.step, name)
            if dependency.step != name and not contradicted:
                self._by_name[name].add_dependency(dependency)

    def _before_later_ones(self, wanted: Sequence[tuple[str, Dependency]]) -> set[str]:
        """Return the steps that wait, directly or not, for a step written after them, or may once `wanted` is added."""
        rank = {draft.name: index for index, draft in enumerate(self._drafts)}
        waiting: dict[str, list[str]] = {}
        todo: list[str] = []
        for draft in self._drafts:
            for step in draft.depends_on:
                waiting.setdefault(step, []).append(draft.name)
            if any(rank[step] > rank[draft.name] for step in draft.depends_on):
                todo.append(draft.name)
        for name, dependency in wanted if todo else ():
            waiting.setdefault(dependency.step, []).append(name)
        found: set[str] = set()
        while todo:
            current = todo.pop()
            if current not in found:
                found.add(current)
                todo.extend(waiting.get(current, ()))
        return found

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
                name = node
                if draft.place.scope and node != draft.name:
                    name = f"{draft.place.scope[-1]}.{node}"
                if name in nodes:
                    first = nodes[name][0]
                    self._report(
                        draft,
                        "DD509",
                        f"the output node `{node}` is written by step `{first.name}` (line {first.position.line}) too",
                        of="output_node",
                    )
                nodes.setdefault(name, (draft, DatasetRef(draft.name, node)))
        return nodes

    def _connect_depends_on(self, draft: StepDraft) -> list[tuple[StepDraft, str]]:
        """Add what `depends_on` names; return the uses it names, whose last steps are not known yet."""
        on_uses: list[tuple[StepDraft, str]] = []
        for written in draft.properties.depends_on:
            name = self._full_name(written, draft.place.scope)
            if name in self._uses and name not in self._by_name:
                on_uses.append((draft, name))
                continue
            targets = self._steps_called(name)
            if not targets:
                self._report_unknown(draft, written, draft.place.scope, of="depends_on")
            self._wait_for(draft, targets)
        return on_uses

    def _wait_for(self, draft: StepDraft, targets: Iterable[StepDraft]) -> None:
        for target in targets:
            if self._phases_agree(draft, target, of="depends_on"):
                draft.add_dependency(Dependency(target.name, "depends_on"))

    def _resolve_waiting(self, waiting: Waiting) -> None:
        """Find the steps that a use waits for."""
        found = self._waited_for.setdefault(waiting.use, [])
        for written in waiting.names:
            name = self._full_name(written, waiting.place.scope)
            if name in self._uses and name not in self._by_name:
                found += self._last_steps(name)
                continue
            targets = self._steps_called(name)
            found += targets
            if not targets:
                self._report_missing(
                    written,
                    [name for name in self._visible(waiting.place.scope) if name != waiting.use],
                    of="depends_on",
                    position=waiting.position,
                    used_at=waiting.place.used_at,
                )

    def _last_steps(self, use: str) -> list[StepDraft]:
        """Return the steps of a use that no other step of it waits for."""
        steps = self._uses[use]
        waited_for = {name for draft in steps for name in draft.depends_on}
        return [draft for draft in steps if draft.name not in waited_for]

    def _full_name(self, name: str, scope: tuple[str, ...]) -> str:
        """Return the name in the pipeline of what is called `name` in `scope`."""
        for use in reversed(scope):
            full = f"{use}.{name}"
            if full in self._by_name or full in self._members or full in self._uses or full in self._nodes:
                return full
        return name

    def _visible(self, scope: tuple[str, ...]) -> list[str]:
        """Return the names of steps and uses as they are written in `scope`, the innermost first."""
        known = [*self._by_name, *self._members, *self._uses]
        inner = [
            name.removeprefix(f"{use}.")
            for use in reversed(scope)
            for name in known
            if name.startswith(f"{use}.")
        ]
        return [
            *inner,
            *(draft.name for draft in self._drafts if not draft.place.scope),
            *self._members,
            *self._uses,
        ]

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

    def _connect_input(self, draft: StepDraft, written: str, subdirectory: str | None) -> None:
        place = draft.place
        scope = place.scope if place.input_scope is None else place.input_scope
        name = self._full_name(written, scope)
        found = self._nodes.get(name)
        if found is None and name not in self._by_name and name in self._uses:
            found = self._output_of_use(draft, name)
            if found is None:
                return
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
            self._report_unknown(draft, written, scope, of="input_node")
            return
        target, reference = found
        if self._phases_agree(draft, target, of="input_node"):
            draft.inputs.append((reference, subdirectory))
            draft.add_dependency(Dependency(target.name, "input", str(reference)))

    def _output_of_use(self, draft: StepDraft, use: str) -> tuple[StepDraft, DatasetRef] | None:
        """Return the last dataset that a use writes, or None after reporting that there is no such one."""
        writers = [step for step in self._uses[use] if step.outputs]
        hint = f"to wait for it write `depends_on: {use}`"
        if not writers:
            self._report(
                draft, "DD508", f"`{use}` writes no dataset that could be read", of="input_node", hint=hint
            )
        elif self._repeated[use]:
            self._report(
                draft,
                "DD508",
                f"`{use}` stands for several items, and one dataset is asked for",
                of="input_node",
                hint=f"name one of them, such as `{writers[0].name}`",
            )
        elif len(writers[-1].outputs) > 1:
            nodes = ", ".join(f"`{use}.{node}`" for node in writers[-1].outputs)
            message = f"step `{writers[-1].name}`, the last of `{use}`, writes several datasets"
            self._report(
                draft, "DD508", message, of="input_node", hint=f"name one of its output nodes: {nodes}"
            )
        else:
            return writers[-1], DatasetRef(writers[-1].name, writers[-1].outputs[0])
        return None

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

    def _report_unknown(self, draft: StepDraft, name: str, scope: tuple[str, ...], *, of: str) -> None:
        valid = [name for name in self._visible(scope) if name not in draft.place.uses]
        if of == "input_node":
            outer = [node for node in self._nodes if self._nodes[node][0].place.scope in ((), scope)]
            inner = [node.removeprefix(f"{scope[-1]}.") for node in outer] if scope else outer
            valid = [*inner, *self._uses]
        own = draft.name.removeprefix(f"{scope[-1]}.") if scope else draft.name
        self._report_missing(
            name,
            [candidate for candidate in valid if candidate != own],
            of=of,
            position=draft.position_of(of),
            used_at=draft.place.used_at,
        )

    def _report_missing(
        self,
        name: str,
        valid: Iterable[str],
        *,
        of: str,
        position: Position,
        used_at: tuple[Position, ...],
    ) -> None:
        others = list(dict.fromkeys(valid))
        if name in self._left_out or (None in self._left_out and nearest_name(name, others) is None):
            return
        what = "step" if of == "depends_on" else "step or output node"
        hint = did_you_mean(name, others)
        listed = ", ".join(f"`{other}`" for other in others[:8]) + (", ..." if len(others) > 8 else "")
        self._problems.append(
            Problem(
                code="DD503",
                message=f"`{of}` names `{name}`, and no {what} of this pipeline is called that",
                position=position,
                expected=f"one of {listed}" if others else None,
                hint=hint,
                used_at=used_at,
            )
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
        report(
            self._problems,
            code,
            message,
            draft.position_of(of),
            expected=expected,
            hint=hint,
            used_at=draft.place.used_at,
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
