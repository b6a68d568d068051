"""A pipeline file as a `PipelineDefinition`, with every problem of its header and of the shape of its steps."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from dataduct.definition.durations import parse_duration
from dataduct.definition.files import read_text
from dataduct.definition.header import RESOURCES, PipelineHeader, parse_load_time
from dataduct.definition.pipeline import PipelineDefinition, StepDefinition
from dataduct.definition.properties import PropertyError, shortened, validate
from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode
from dataduct.definition.yaml import parse_yaml
from dataduct.errors import ProblemsError
from dataduct.model.nearest import did_you_mean
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.model.schedule import Schedule

_EXTENSIONS: Final = (".yaml", ".yml")
_STEP_KEYS: Final = ("type", "step-type", "steptype", "step")
_STEP_EXAMPLE: Final = "`step_type: extract-rds` or another step type"


def load_pipeline(path: str | Path) -> tuple[PipelineDefinition | None, list[Problem]]:
    """Return what the pipeline file at `path` says, and every problem found.

    The definition is None if nothing can be made of the file. Otherwise it holds every step that can be read,
    also when there are problems, so that a compiler finds the problems of those steps in the same go.
    """
    suffix = Path(path).suffix
    if suffix.lower() not in _EXTENSIONS:
        problem = Problem(
            code="DD123",
            message=f"`{path}` is not named like a pipeline file",
            expected="a file name that ends in .yaml or .yml",
            hint="rename the file" if Path(path).is_file() else None,
        )
        return None, [problem]
    try:
        text = read_text(path)
    except ProblemsError as error:
        return None, list(error.problems)
    return parse_pipeline(text, str(path))


def parse_pipeline(text: str, file: str) -> tuple[PipelineDefinition | None, list[Problem]]:
    """Return what the text of a pipeline file says, and every problem found. See `load_pipeline`."""
    try:
        tree = parse_yaml(text, file)
    except ProblemsError as error:
        return None, list(error.problems)
    reader = _Reader([])
    header = _header(tree, reader.problems)
    steps = reader.steps(tree)
    definition = PipelineDefinition(
        name=header.name,
        file=file,
        text=text,
        header=tree,
        steps=steps or (),
        schedule=_schedule(header),
        description=header.description,
        bootstrap=reader.bootstrap(tree),
        teardown=reader.teardown(tree),
        variables=_variables(tree, reader.problems),
        max_retries=header.max_retries,
        timeout_seconds=parse_duration(header.timeout) if header.timeout else None,
    )
    problems = sorted(reader.problems, key=lambda problem: problem.position or tree.position)
    return (None if steps is None else definition), problems


def _header(tree: MappingNode, problems: list[Problem]) -> PipelineHeader:
    """Return the header; properties with an error are left at their defaults, a missing name at the file's."""
    if "steps" in tree.entries:
        unread = SequenceNode((), tree.entries["steps"].position)
        tree = MappingNode({**tree.entries, "steps": unread}, tree.position, tree.keys)
    header, found = validate(PipelineHeader, tree, owner="the pipeline")
    problems += [_softened(problem, tree) for problem in found]
    if isinstance(header, PipelineHeader):
        return header
    entries = dict(tree.entries)
    for name in tree.entries:
        single = MappingNode({name: tree.entries[name]}, tree.position, tree.keys)
        wrong = validate(PipelineHeader, single, owner="")[1]
        if any(problem.code != "DD202" or problem.position != tree.position for problem in wrong):
            del entries[name]
    stem = Path(tree.position.file).stem or "pipeline"
    entries.setdefault("name", ScalarNode(stem, stem, tree.position))
    entries.setdefault("steps", SequenceNode((), tree.position))
    header, _ = validate(PipelineHeader, MappingNode(entries, tree.position, tree.keys), owner="")
    assert isinstance(header, PipelineHeader)
    return header


def _softened(problem: Problem, tree: MappingNode) -> Problem:
    """Return a warning in place of an unknown property of `ec2_resource_config`, which has no effect."""
    node = tree.entries.get("ec2_resource_config")
    if problem.code != "DD201" or not isinstance(node, MappingNode):
        return problem
    if problem.position not in node.keys.values():
        return problem
    return replace(problem, code="DD249", message=f"{problem.message}, so it is ignored", severity="warning")


def _schedule(header: PipelineHeader) -> Schedule:
    schedule = Schedule()
    if header.frequency is not None:
        schedule = replace(schedule, frequency=header.frequency)
    if header.load_time is not None:
        try:
            schedule = replace(schedule, load_time=parse_load_time(header.load_time))
        except PropertyError as error:
            raise AssertionError("the header's validation has let a wrong load time pass") from error
    return schedule


def _variables(tree: MappingNode, problems: list[Problem]) -> dict[str, Node]:
    node = tree.entries.get("variables")
    if node is None or (isinstance(node, ScalarNode) and node.value is None):
        return {}
    if isinstance(node, MappingNode):
        return dict(node.entries)
    problems.append(
        Problem(
            code="DD251",
            message="`variables` is not a mapping, so templates cannot read it",
            position=node.position,
            expected="`name: value` lines",
            severity="warning",
        )
    )
    return {}


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads steps wherever a pipeline file holds them; what is wrong goes into `problems`."""

    problems: list[Problem]

    def steps(self, tree: MappingNode) -> tuple[StepDefinition, ...] | None:
        """Return the steps that can be read; None if there are none, except for `steps: []`."""
        node = tree.entries.get("steps")
        if node is None:
            return None
        found = self._list(node, "steps")
        empty = isinstance(node, SequenceNode) and not node.items
        return found if found or empty else None

    def bootstrap(self, tree: MappingNode) -> dict[str, tuple[StepDefinition, ...]]:
        """Return the bootstrap steps by resource."""
        node = tree.entries.get("bootstrap")
        if node is None or (isinstance(node, ScalarNode) and node.value is None):
            return {}
        if not isinstance(node, MappingNode):
            self._report(
                "DD248",
                "`bootstrap` must be a mapping of resources to lists of steps",
                node.position,
                expected="`ec2:`, `emr:` or `local:`, and below it a list of steps",
                hint="put `local:` above the steps, which AWS Data Pipeline calls `ec2:`",
            )
            return {}
        steps: dict[str, tuple[StepDefinition, ...]] = {}
        for resource, value in node.entries.items():
            if resource in RESOURCES:
                steps[resource] = self._list(value, f"bootstrap.{resource}")
                continue
            self._report(
                "DD248",
                f"`bootstrap` has no resource `{shortened(resource)}`",
                node.keys.get(resource, node.position),
                expected="one of " + ", ".join(f"`{known}`" for known in RESOURCES),
                hint=did_you_mean(resource, RESOURCES),
            )
        return steps

    def teardown(self, tree: MappingNode) -> StepDefinition | None:
        """Return the teardown step."""
        node = tree.entries.get("teardown")
        if node is None or (isinstance(node, ScalarNode) and node.value is None):
            return None
        if isinstance(node, SequenceNode):
            self._report(
                "DD247",
                "`teardown` is one step, not a list of steps",
                node.position,
                expected="the properties of one step",
                hint="remove the `-`"
                if len(node.items) == 1
                else "put the other steps at the end of `steps`",
            )
            return None
        return self._step(node, "teardown")

    def _list(self, node: Node, name: str) -> tuple[StepDefinition, ...]:
        if isinstance(node, SequenceNode):
            found = [self._step(item, f"{name}[{index}]") for index, item in enumerate(node.items)]
            return tuple(step for step in found if step is not None)
        one_step = isinstance(node, MappingNode) and "step_type" in node.entries
        empty = isinstance(node, ScalarNode) and node.value is None
        self._report(
            "DD250",
            f"`{name}` has no value" if empty else f"`{name}` must be a list of steps",
            node.position,
            expected="a list of steps",
            hint="begin the step with `- `"
            if one_step
            else "add a step, or write [] for none"
            if empty
            else "begin each step with `- step_type: ...`",
        )
        return ()

    def _step(self, node: Node, name: str) -> StepDefinition | None:
        if not isinstance(node, MappingNode):
            self._report(
                "DD243",
                f"`{name}` is not a step",
                node.position,
                expected="the properties of a step, `step_type` among them",
                hint=f"write `step_type: {shortened(node.text)}`"
                if isinstance(node, ScalarNode) and node.text
                else None,
            )
            return None
        step_type = node.entries.get("step_type")
        if not isinstance(step_type, ScalarNode) or not step_type.text.strip():
            self._report_type(node, step_type, name)
            return None
        if not isinstance(step_type.value, str):
            self._report_type(node, step_type, name)
            return None
        return StepDefinition(
            step_type=step_type.value,
            properties=MappingNode(
                {key: value for key, value in node.entries.items() if key != "step_type"},
                node.position,
                {key: position for key, position in node.keys.items() if key != "step_type"},
            ),
            position=node.position,
            type_position=step_type.position,
        )

    def _report_type(self, node: MappingNode, step_type: Node | None, name: str) -> None:
        if step_type is not None:
            self._report(
                "DD244", f"the `step_type` of `{name}` is not the name of a step type", step_type.position,
                expected=_STEP_EXAMPLE,
            )  # fmt: skip
            return
        wrong = next(
            (key for key in node if key.lower() in _STEP_KEYS or did_you_mean(key, ("step_type",))), None
        )
        nested = len(node.entries) == 1 and isinstance(next(iter(node.entries.values())), MappingNode)
        position, hint = node.position, "add `step_type`"
        if wrong is not None:
            position, hint = node.keys.get(wrong, position), f"write `step_type` in place of `{wrong}`"
        elif nested:
            key = next(iter(node))
            hint = f"write `step_type: {shortened(key)}`, and its properties at the same indentation"
        self._report("DD244", f"`{name}` has no `step_type`", position, expected=_STEP_EXAMPLE, hint=hint)

    def _report(
        self,
        code: str,
        message: str,
        position: Position,
        *,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.problems.append(
            Problem(code=code, message=message, position=position, expected=expected, hint=hint)
        )
