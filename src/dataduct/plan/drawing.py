"""Pictures of a plan: Mermaid, SVG, PNG, and a tree for the terminal."""

from collections.abc import Iterator
from typing import Literal

from dataduct.model.operations import LoadTable, Operation, RunSql, tables_read, tables_written
from dataduct.native_messages import without_font_warnings
from dataduct.plan.plan import Plan, PlanStep

PictureFormat = Literal["mermaid", "svg", "png", "text"]

_FILL = {
    "extract": "#dbeafe",
    "copy-dataset": "#dbeafe",
    "load-table": "#dcfce7",
    "run-sql": "#fef3c7",
    "unload": "#e0f2fe",
    "run-command": "#ede9fe",
    "check": "#fce7f3",
    "export-dataset": "#dbeafe",
    "submit-job": "#ede9fe",
    "wait-for-pipeline": "#f1f5f9",
}
_REDUCED_UP_TO = 1000
_EDGE_STYLE = {"input": "solid", "table": "solid"}


def draw(plan: Plan, picture: PictureFormat) -> bytes:
    """Return the picture of `plan`; Mermaid and text as UTF-8."""
    match picture:
        case "mermaid":
            return mermaid(plan).encode()
        case "text":
            return tree(plan).encode()
        case "svg" | "png":
            return _graphviz(plan, picture)


def subject(operation: Operation) -> str | None:
    """Return what an operation works on, in a few words for a picture."""
    if isinstance(operation, LoadTable):
        return str(operation.table)
    if isinstance(operation, RunSql) and operation.table is not None:
        return str(operation.table)
    tables = tables_written(operation) or tables_read(operation)
    if tables:
        return ", ".join(map(str, tables[:2])) + (", ..." if len(tables) > 2 else "")
    connection = getattr(operation, "connection", None)
    return f"from {connection}" if isinstance(connection, str) else None


def shown_edges(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Yield (step, waiting step, reason), in small plans without the edges that others imply."""
    if len(plan.steps) > _REDUCED_UP_TO:
        for step in plan.steps:
            yield from ((edge.step, step.name, edge.reason) for edge in step.depends_on)
        return
    ancestors: dict[str, set[str]] = {}
    for step in plan.steps:
        direct = [edge.step for edge in step.depends_on]
        implied = set().union(*(ancestors[name] for name in direct)) if direct else set()
        ancestors[step.name] = implied | set(direct)
        for edge in step.depends_on:
            if edge.step not in implied or edge.reason == "input":
                yield edge.step, step.name, edge.reason


def mermaid(plan: Plan) -> str:
    """Return the plan as a Mermaid flowchart."""
    ids = {step.name: f"s{index}" for index, step in enumerate(plan.steps)}
    lines = ["flowchart LR"]
    for step in plan.steps:
        label = "<br/>".join(_escaped(line) for line in _label(step))
        lines.append(f'    {ids[step.name]}["{label}"]:::{step.operation.kind}')
    for source, target, reason in shown_edges(plan):
        arrow = "-->" if reason in _EDGE_STYLE else "-.->"
        lines.append(f"    {ids[source]} {arrow} {ids[target]}")
    kinds = dict.fromkeys(step.operation.kind for step in plan.steps)
    lines += [f"    classDef {kind} fill:{_FILL[kind]},stroke:#64748b,color:#0f172a" for kind in kinds]
    return "\n".join(lines) + "\n"


def tree(plan: Plan) -> str:
    """Return the plan as a tree: each step below the last of the steps it waits for."""
    position = {step.name: index for index, step in enumerate(plan.steps)}
    children: dict[str | None, list[PlanStep]] = {}
    for step in plan.steps:
        last = max((edge.step for edge in step.depends_on), key=position.__getitem__, default=None)
        children.setdefault(last, []).append(step)
    lines = [plan.pipeline]
    pending = [(step, "", index == 0) for index, step in enumerate(reversed(children.get(None, [])))]
    while pending:
        step, indent, is_last = pending.pop()
        also = [edge.step for edge in step.depends_on]
        also = [name for name in also if name != max(also, key=position.__getitem__)]
        note = f"  (also after {', '.join(also)})" if also and len(also) <= 3 else ""
        note = f"  (also after {len(also)} others)" if len(also) > 3 else note
        lines.append(f"{indent}{'└─' if is_last else '├─'} {step.name}{_kind_note(step)}{note}")
        deeper = indent + ("   " if is_last else "│  ")
        below = children.get(step.name, [])
        pending += [(child, deeper, index == 0) for index, child in enumerate(reversed(below))]
    return "\n".join(lines) + "\n"


def _kind_note(step: PlanStep) -> str:
    about = subject(step.operation)
    return f"  [{about}]" if about and about not in step.name else ""


def _label(step: PlanStep) -> list[str]:
    about = subject(step.operation)
    lines = [step.name]
    if step.step_type not in step.name:
        lines.append(step.step_type)
    if about and about not in step.name:
        lines.append(about)
    return lines


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def _graphviz(plan: Plan, picture: Literal["svg", "png"]) -> bytes:
    import pygraphviz

    graph = pygraphviz.AGraph(directed=True, strict=True, name=plan.pipeline)
    graph.graph_attr.update(
        rankdir="LR", fontname="Helvetica", label=plan.pipeline, labelloc="t", fontsize="18",
        nodesep="0.25", ranksep="0.5", pad="0.3", dpi="96" if picture == "png" else "72",
    )  # fmt: skip
    graph.node_attr.update(
        shape="box", style="rounded,filled", color="#64748b", fontcolor="#0f172a",
        fontname="Helvetica", fontsize="11", margin="0.15,0.08",
    )  # fmt: skip
    graph.edge_attr.update(color="#475569", arrowsize="0.7")
    for step in plan.steps:
        graph.add_node(step.name, label="\n".join(_label(step)), fillcolor=_FILL[step.operation.kind])
    for source, target, reason in shown_edges(plan):
        graph.add_edge(source, target, style=_EDGE_STYLE.get(reason, "dashed"))
    with without_font_warnings():
        drawn: bytes = graph.draw(prog="dot", format=picture)
    return drawn
