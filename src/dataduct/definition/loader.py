"""A pipeline file as a `PipelineDefinition`, with every problem of its header and of the shape of its steps."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from dataduct.definition.durations import parse_duration
from dataduct.definition.files import read_text
from dataduct.definition.header import PipelineHeader, parse_load_time
from dataduct.definition.pipeline import PipelineDefinition
from dataduct.definition.properties import PropertyError, validate
from dataduct.definition.step_reader import StepReader
from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode, is_null
from dataduct.definition.yaml import parse_yaml
from dataduct.errors import ProblemsError
from dataduct.model.problem import Problem
from dataduct.model.schedule import Schedule

_EXTENSIONS: Final = (".yaml", ".yml")


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
    reader = StepReader([])
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
    if node is None or is_null(node):
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
