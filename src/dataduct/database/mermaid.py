"""Entity diagrams as Mermaid text."""

import re
from collections.abc import Iterator, Sequence

from dataduct.database.entity_diagram import key_marks, outside, relationships, tables_of, views_of
from dataduct.database.relations import Relation
from dataduct.model.table import Column, TableDefinition, TableName

_NO_WORD = re.compile(r"[^A-Za-z0-9_()\[\]-]")


def entity_mermaid(relations: Sequence[Relation]) -> str:
    """Return tables, views and their relationships as an `erDiagram`."""
    tables = tables_of(relations)
    lines = ["erDiagram"]
    for table in tables:
        lines += [
            f"    {_entity(table.name)} {{",
            *(f"        {_attribute(table, column)}" for column in table.columns),
            "    }",
        ]
    lines += (f"    {_entity(view.name)}" for view in views_of(relations))
    lines += (f"    {_entity(name)}" for name in outside(relations))
    lines += _lines_between(relations)
    return "\n".join(lines) + "\n"


def _lines_between(relations: Sequence[Relation]) -> Iterator[str]:
    for each in relationships(tables_of(relations)):
        parent = "|o" if each.optional else "||"
        child = "o|" if each.unique else "o{"
        label = _text(", ".join(each.columns))
        yield f'    {_entity(each.parent)} {parent}--{child} {_entity(each.child)} : "{label}"'
    for view in views_of(relations):
        yield from (
            f'    {_entity(table)} }}o..o{{ {_entity(view.name)} : "is read by"' for table in view.reads
        )


def _entity(name: TableName) -> str:
    return f'"{_text(str(name))}"'


def _attribute(table: TableDefinition, column: Column) -> str:
    parts = [_word(str(column.type)), _word(column.name)]
    marks = key_marks(table, column)
    if marks:
        parts.append(", ".join(marks))
    if not column.nullable and column.name not in table.primary_key:
        parts.append('"not null"')
    return " ".join(parts)


def _word(text: str) -> str:
    """Return a text as Mermaid takes it for a type or a column: letters, digits and few signs, a letter first."""
    word = _NO_WORD.sub("_", text)
    return word if word[:1].isalpha() else f"c{word}"


def _text(text: str) -> str:
    return text.replace('"', "'")
