"""Names of tables as users write them in properties."""

from dataduct.definition.templates import has_template
from dataduct.errors import ProblemsError
from dataduct.model.table import TableName
from dataduct.sql.tokens import tokenize
from dataduct.steps.context import LoweringContext


def name_parts(text: str) -> tuple[str, ...] | None:
    """Return the parts of a dotted name as the database folds them, or None if `text` is no such name.

    >>> name_parts('Prod."Orders"')
    ('prod', 'Orders')
    """
    try:
        tokens = tokenize(text.strip())
    except ProblemsError:
        return None
    names, dots = tokens[::2], tokens[1::2]
    if not names or len(names) != len(dots) + 1 or any(dot.text != "." for dot in dots):
        return None
    if any(token.kind not in ("word", "quoted") or not token.name for token in names):
        return None
    return tuple(token.name for token in names)


def table_subject(schema: str, table: str) -> str | None:
    """Return `schema.table` for a step's name, or None if one of them is a template."""
    written = f"{schema}.{table}"
    return None if has_template(written) or "{" in written else written.replace('"', "")


def plain_table_name(schema: str, table: str, context: LoweringContext) -> TableName | None:
    """Return the table that `schema` and `table` name, or None after reporting a name with a dot (DD213)."""
    parts = name_parts(table)
    if parts is not None and len(parts) == 2:
        context.report(
            "DD213",
            f"`table` is the name without the schema, and `{table}` has one",
            of="table",
            hint=f"write `schema: {parts[0]}` and `table: {parts[1]}`",
        )
        return None
    named = {"schema": name_parts(schema), "table": parts}
    for name, found in named.items():
        if found is None or len(found) != 1:
            written = {"schema": schema, "table": table}[name]
            template = has_template(written) or "{" in written
            context.report(
                "DD207" if template else "DD213",
                f"`{name}` holds a template, and the order of the steps rests on it"
                if template
                else f"`{written}` is not the name of a {name}",
                of=name,
                expected="a name, in double quotes if it has other characters than letters, digits and `_`",
            )
            return None
    assert named["schema"] is not None and named["table"] is not None
    return TableName(named["table"][0], named["schema"][0])
