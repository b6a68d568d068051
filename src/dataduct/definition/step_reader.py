"""The steps of a pipeline or pattern file, before any step type is looked at."""

from dataclasses import dataclass
from typing import Final

from dataduct.definition.header import RESOURCES
from dataduct.definition.pipeline import StepDefinition
from dataduct.definition.properties import shortened
from dataduct.definition.tree import MappingNode, Node, ScalarNode, SequenceNode, is_null, without
from dataduct.model.nearest import did_you_mean
from dataduct.model.problem import Problem, report

_STEP_KEYS: Final = ("type", "step-type", "steptype", "step")
_STEP_EXAMPLE: Final = "`step_type: extract-rds` or another step type"


@dataclass(frozen=True, slots=True)
class StepReader:
    """Reads steps wherever a file holds them; what is wrong goes into `problems`.

    Attributes:
        in_item: Whether the entries are those that a `for_each` repeats, without it.
    """

    problems: list[Problem]
    in_item: bool = False

    def steps(self, tree: MappingNode) -> tuple[StepDefinition, ...] | None:
        """Return the steps that can be read; None if there are none, except for `steps: []`."""
        node = tree.entries.get("steps")
        if node is None:
            return None
        found = self.list(node, "steps")
        empty = isinstance(node, SequenceNode) and not node.items
        return found if found or empty else None

    def bootstrap(self, tree: MappingNode) -> dict[str, tuple[StepDefinition, ...]]:
        """Return the bootstrap steps by resource."""
        node = tree.entries.get("bootstrap")
        if node is None or is_null(node):
            return {}
        if not isinstance(node, MappingNode):
            report(
                self.problems,
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
                steps[resource] = self.list(value, f"bootstrap.{resource}")
                continue
            report(
                self.problems,
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
        if node is None or is_null(node):
            return None
        if isinstance(node, SequenceNode):
            report(
                self.problems,
                "DD247",
                "`teardown` is one step, not a list of steps",
                node.position,
                expected="the properties of one step",
                hint="remove the `-`"
                if len(node.items) == 1
                else "put the other steps at the end of `steps`",
            )
            return None
        return self.step(node, "teardown")

    def list(self, node: Node, name: str) -> tuple[StepDefinition, ...]:
        """Return the steps of a list that can be read; `name` is what messages call the list."""
        if isinstance(node, SequenceNode):
            found = [self.step(item, f"{name}[{index}]") for index, item in enumerate(node.items)]
            return tuple(step for step in found if step is not None)
        one_step = isinstance(node, MappingNode) and "step_type" in node.entries
        empty = is_null(node)
        report(
            self.problems,
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

    def step(self, node: Node, name: str) -> StepDefinition | None:
        """Return the step that an entry of a list says, or None; `name` is what messages call it."""
        if not isinstance(node, MappingNode):
            report(
                self.problems,
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
        if step_type is None and isinstance(node.entries.get("steps"), SequenceNode):
            return self._group(node, name)
        if (
            not isinstance(step_type, ScalarNode)
            or not step_type.text.strip()
            or not isinstance(step_type.value, str)
        ):
            self._report_type(node, step_type, name)
            return None
        for_each = node.entries.get("for_each")
        return StepDefinition(
            step_type=step_type.value,
            properties=without(node, "step_type", "for_each"),
            position=node.position,
            type_position=step_type.position,
            for_each=for_each,
            entry=None if for_each is None else without(node, "for_each"),
        )

    def _group(self, node: MappingNode, name: str) -> StepDefinition | None:
        """Return the entry that repeats steps written in place."""
        steps = node.entries["steps"]
        assert isinstance(steps, SequenceNode)
        place = node.keys.get("steps", node.position)
        if "for_each" not in node.entries and not self.in_item:
            report(
                self.problems,
                "DD543",
                f"`{name}` has `steps` and neither `step_type` nor `for_each`",
                place,
                expected="`for_each: [...]`, whose items the steps are repeated for",
                hint="add `for_each`, or move the steps out",
            )
            return None
        if not steps.items:
            report(self.problems, "DD543", f"`{name}` repeats no steps", place, expected="a list of steps")
            return None
        for_each = node.entries.get("for_each")
        return StepDefinition(
            step_type="",
            properties=without(node, "steps", "for_each"),
            position=node.position,
            type_position=place,
            for_each=for_each,
            entry=None if for_each is None else without(node, "for_each"),
            steps=steps,
        )

    def _report_type(self, node: MappingNode, step_type: Node | None, name: str) -> None:
        if step_type is not None:
            report(
            self.problems,
                "DD244", f"the `step_type` of `{name}` is not the name of a step type", step_type.position,
                expected=_STEP_EXAMPLE,
            )  # fmt: skip
            return
        if "for_each" in node.entries and "steps" not in node.entries:
            report(
                self.problems,
                "DD244",
                f"`{name}` has a `for_each` and no `step_type`",
                node.keys.get("for_each", node.position),
                expected="`step_type: ...`, or `steps:` with the steps to repeat",
                hint="add `step_type`, the name of a step type or pattern",
            )
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
        report(
            self.problems,
            "DD244",
            f"`{name}` has no `step_type`",
            position,
            expected=_STEP_EXAMPLE,
            hint=hint,
        )
