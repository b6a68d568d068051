"""Entity diagrams drawn by Graphviz: a box for each table, a line with crow's feet for each foreign key."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from dataduct.database.entity_diagram import (
    Relationship,
    escaped,
    key_marks,
    outside,
    relationships,
    tables_of,
    views_of,
)
from dataduct.database.relations import Relation, View
from dataduct.model.table import Column, TableDefinition, TableName
from dataduct.native_messages import without_font_warnings

if TYPE_CHECKING:
    from pygraphviz import AGraph

_INK = "#0f172a"
_PALE = "#64748b"
_HEADS = ("#dbeafe", "#dcfce7", "#fef3c7", "#fce7f3", "#ede9fe", "#e2e8f0")
_KEY = "#f8fafc"
_OUTSIDE = "#f1f5f9"
_MARK = "#1d4ed8"


def entity_graph(relations: Sequence[Relation], picture: Literal["svg", "png"]) -> bytes:
    """Return the picture of tables, views and their relationships. Those of one schema have one colour."""
    graph = _graph(picture)
    schemas = list(dict.fromkeys(each.name.schema for each in relations))
    for each in relations:
        color = _HEADS[schemas.index(each.name.schema) % len(_HEADS)]
        label = _view_label(each, color) if isinstance(each, View) else _table_label(each, color)
        graph.add_node(str(each.name), label=f"<{label}>")
    for name in outside(relations):
        graph.add_node(
            str(name),
            shape="box",
            style="dashed,filled",
            fillcolor=_OUTSIDE,
            label=str(name),
            margin="0.15,0.08",
        )
    _connect(graph, relations)
    with without_font_warnings():
        drawn: bytes = graph.draw(prog="dot", format=picture)
    return drawn


def _graph(picture: Literal["svg", "png"]) -> "AGraph":
    import pygraphviz

    graph = pygraphviz.AGraph(directed=True, strict=False, name="tables")
    graph.graph_attr.update(
        rankdir="LR", fontname="Helvetica", fontsize="13", fontcolor=_PALE, nodesep="0.35", ranksep="1.1",
        pad="0.3", splines="spline", dpi="96" if picture == "png" else "72",
    )  # fmt: skip
    graph.node_attr.update(shape="plain", fontname="Helvetica", fontsize="11", fontcolor=_INK, color=_PALE)
    graph.edge_attr.update(color="#475569", arrowsize="0.8", penwidth="1.1")
    return graph


def _connect(graph: "AGraph", relations: Sequence[Relation]) -> None:
    tables = tables_of(relations)
    place = {table.name: number for number, table in enumerate(tables)}
    for each in relationships(tables):
        closes_circle = place.get(each.parent, -1) > place[each.child]
        graph.add_edge(
            str(each.parent),
            str(each.child),
            key=f"{each.child} {each.columns}",
            dir="both",
            arrowtail="teeodot" if each.optional else "teetee",
            arrowhead="teeodot" if each.unique else "crowodot",
            **_ends(each, tables, backwards=closes_circle),
        )
    for view in views_of(relations):
        for table in view.reads:
            graph.add_edge(str(table), str(view.name), style="dashed", arrowhead="vee", color=_PALE)


def _ends(
    relationship: Relationship, tables: Sequence[TableDefinition], *, backwards: bool
) -> dict[str, str]:
    """Return where a line begins and ends: at the rows of its columns, the parent on the left if not `backwards`."""
    if relationship.parent == relationship.child:
        return {
            "label": f" {relationship.column}",
            "fontname": "Helvetica",
            "fontsize": "9",
            "fontcolor": _PALE,
        }
    out, into = ("w", "e") if backwards else ("e", "w")
    ends = {"headport": _port(relationship.child, relationship.column, tables, into)}
    if any(table.name == relationship.parent for table in tables):
        ends["tailport"] = _port(relationship.parent, relationship.target, tables, out)
    if backwards:
        ends["constraint"] = "false"
    return ends


def _port(name: TableName, column: str | None, tables: Sequence[TableDefinition], side: str) -> str:
    """Return the side of a column's row that a line ends at; of the table's head if the column is not known."""
    [table] = [each for each in tables if each.name == name]
    if column not in table.column_names:
        return f"head:{side}"
    return f"{side}{table.column_names.index(column)}:{side}"


def _table_label(table: TableDefinition, color: str) -> str:
    rows = "".join(_column_row(table, index, column) for index, column in enumerate(table.columns))
    return _box(str(table.name), color, rows)


def _view_label(view: View, color: str) -> str:
    row = f'<TR><TD COLSPAN="3" ALIGN="LEFT"><FONT COLOR="{_PALE}">view</FONT></TD></TR>'
    return _box(str(view.name), color, row)


def _box(title: str, color: str, rows: str) -> str:
    return (
        '<TABLE BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4" COLOR="#64748b" BGCOLOR="white">'
        f'<TR><TD PORT="head" COLSPAN="3" BGCOLOR="{color}" BORDER="1" SIDES="B"><B>{escaped(title)}</B></TD></TR>'
        f"{rows}</TABLE>"
    )


def _column_row(table: TableDefinition, index: int, column: Column) -> str:
    marks = key_marks(table, column)
    name = escaped(column.name)
    if "PK" in marks:
        name = f"<B>{name}</B>"
    not_null = "" if column.nullable or "PK" in marks else " not null"
    background = f' BGCOLOR="{_KEY}"' if marks else ""
    return (
        f'<TR><TD PORT="w{index}" ALIGN="LEFT"{background}>{name}</TD>'
        f'<TD ALIGN="LEFT"{background}><FONT COLOR="{_PALE}">{escaped(str(column.type))}{not_null}</FONT></TD>'
        f'<TD PORT="e{index}" ALIGN="RIGHT"{background}>'
        f'<FONT COLOR="{_MARK}" POINT-SIZE="9">{" ".join(marks) or " "}</FONT></TD></TR>'
    )
