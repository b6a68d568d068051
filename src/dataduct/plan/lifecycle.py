"""The steps before and after all others: the settings', where a pipeline has none of its own, and per resource."""

from collections.abc import Mapping
from dataclasses import replace

from dataduct.definition.pipeline import PipelineDefinition
from dataduct.definition.step_reader import StepReader
from dataduct.definition.tree import MappingNode, Node
from dataduct.model.problem import Problem
from dataduct.plan.drafts import Drafts, StepDraft

_CLUSTER = "emr"
_CLUSTER_STEPS = ("emr-streaming", "emr-step")


def with_lifecycle(
    definition: PipelineDefinition, settings: Mapping[str, Node], problems: list[Problem]
) -> PipelineDefinition:
    """Return the pipeline with the settings' bootstrap and teardown, each unless the pipeline writes its own.

    What it writes replaces the settings' whole; a key without a value means none.

    Args:
        definition: The pipeline.
        settings: `bootstrap` and `teardown` of the settings as they are written, where they are.
        problems: Takes what is wrong with those that apply.
    """
    written = definition.header.entries
    inherited = {name: node for name, node in settings.items() if name not in written}
    if not inherited:
        return definition
    tree, reader = MappingNode(inherited, definition.header.position), StepReader(problems)
    return replace(
        definition,
        bootstrap=reader.bootstrap(tree) if "bootstrap" in inherited else definition.bootstrap,
        teardown=reader.teardown(tree) if "teardown" in inherited else definition.teardown,
    )


def without_idle_bootstrap(drafts: Drafts, definition: PipelineDefinition) -> Drafts:
    """Return the drafts without the bootstrap of the cluster, unless a step runs on it."""
    steps = definition.bootstrap.get(_CLUSTER, ())
    of_cluster = {place for step in steps for place in (step.position, step.type_position)}
    if not of_cluster or any(_runs_on_cluster(draft) for draft in drafts.steps if draft.phase == "main"):
        return drafts
    kept = tuple(
        draft
        for draft in drafts.steps
        if draft.phase != "bootstrap" or of_cluster.isdisjoint((draft.position, *draft.place.used_at))
    )
    return replace(drafts, steps=kept)


def _runs_on_cluster(draft: StepDraft) -> bool:
    in_family = draft.type.step_type in _CLUSTER_STEPS
    return in_family or getattr(draft.properties, "resource_type", None) == _CLUSTER
