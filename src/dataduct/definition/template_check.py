"""What is wrong with a Jinja template before any run: syntax, unknown names, unknown filters."""

import re
from collections.abc import Collection, Iterable
from typing import Final

from jinja2 import meta, nodes
from jinja2.exceptions import TemplateSyntaxError

from dataduct.definition.jinja import EXPRESSION_CALL, environment, hide_bash_lengths
from dataduct.definition.template_scan import Scan, normalized, scan
from dataduct.definition.templates import check_expressions
from dataduct.model.nearest import did_you_mean
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.model.template import TemplateSource

NAMES: Final = ("run_date", "scheduled_start", "scheduled_end", "var", "env", "pipeline", "mode", "range")
"""The names that every template knows."""

_COMPILED: Final = frozenset({"quoted"})
"""Filters for what is known when the pipeline is compiled."""
_OF_PATTERNS: Final = {
    "param": "`param` is known in the steps of a pattern",
    "item": "`item` is known in an entry with `for_each`",
}
_TAGS: Final = ("if", "elif", "else", "endif", "for", "endfor", "set", "endset", "macro", "endmacro", "filter",
                "endfilter", "with", "endwith", "raw", "endraw", "call", "endcall")  # fmt: skip
_NEEDS_OTHER_FILES: Final = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
_QUOTED_NAME = re.compile(r"'(\w+)'")
_ENDS: Final = {
    "'end of print statement'": "'}}'",
    "'end of statement block'": "'%}'",
    "'end of template'": "the end",
}
_TRANSLATIONS: Final = (
    (re.compile(r"unexpected end of template"), "the tag that opens here is not closed"),
    (re.compile(r"expected token '(.+)', got '(.+)'"), "`{1}` stands where `{0}` should be"),
    (re.compile(r"unexpected '(.+)'"), "`{0}` cannot stand here"),
    (re.compile(r"unexpected char (.+) at \d+"), "{0} cannot stand in a tag"),
    (re.compile(r"Expected an expression, got '(.+)'"), "a value is missing before {0}"),
    (re.compile(r"Missing end of comment tag"), "the comment `{{#` that opens here is not closed"),
    (re.compile(r"Missing end of raw directive"), "`{{% raw %}}` is not closed by `{{% endraw %}}`"),
)  # fmt: skip


def check_jinja(source: TemplateSource, variables: Collection[str]) -> list[Problem]:
    """Return what is wrong with a template that holds Jinja tags, expressions included."""
    source = normalized(source)
    found = scan(source.text)
    problems = [
        problem for part in found.data() for problem in check_expressions(source, part.offset, part.value)
    ]
    try:
        tree = environment().parse(hide_bash_lengths(source.text))
    except TemplateSyntaxError as error:
        return [*problems, syntax_problem(error, source, found)]
    except RecursionError:
        return [*problems, _too_deep(source)]
    try:
        problems += _unknown_filters(tree, source, found)
        problems += _unknown_names(tree, source, found, variables)
        problems += _unknown_variables(tree, source, found, variables)
        problems += _other_files(tree, source, found)
    except TemplateSyntaxError as error:
        return [*problems, syntax_problem(error, source, found)]
    except RecursionError:
        return [*problems, _too_deep(source)]
    return sorted(problems, key=_place) or _compiled(tree, source, found)


def _place(problem: Problem) -> Position:
    return problem.position or Position("")


def syntax_problem(error: TemplateSyntaxError, source: TemplateSource, found: Scan) -> Problem:
    """Return the problem of a template that Jinja cannot read."""
    message = error.message or "the template cannot be read"
    expected, hint = None, None
    if "unknown tag" in message:
        name = (_QUOTED_NAME.search(message) or ["", ""])[1]
        hint = did_you_mean(name, _TAGS)
        message = f"there is no tag `{name}`, or it cannot stand here"
        expected = f"a tag such as {', '.join(f'`{tag}`' for tag in ('if', 'for', 'set'))}"
        return _problem("DD301", message, _name_position(source, found, name, error.lineno), expected, hint)
    if "Unexpected end of template" in message:
        names = _QUOTED_NAME.findall(message)
        block = names[-1] if "innermost" in message and names else "a block"
        message = f"the block `{block}` is not closed"
        expected = f"`{{% end{block} %}}`"
        return _problem("DD301", message, _last_opened(source, found, block), expected, f"add {expected}")
    for written, meant in _ENDS.items():
        message = message.replace(written, meant)
    for pattern, translation in _TRANSLATIONS:
        match = pattern.match(message)
        if match:
            message = translation.format(*match.groups())
            break
    else:
        message = message[:1].lower() + message[1:].rstrip(".")
    return _problem(
        "DD301",
        message,
        tag_position(source, found, error.lineno, broken=True),
        "a template such as {{ run_date }} or {% if ... %}",
        "close every tag with `}}` or `%}`; for a literal `{{` write {{ '{{' }}",
    )


def tag_position(source: TemplateSource, found: Scan, line: int, *, broken: bool = False) -> Position:
    """Return the position of the tag on line `line` (from 1) of the text; of several, the first or broken one."""
    starts = [0, *(match.end() for match in re.finditer("\n", source.text))]
    begin = starts[min(max(line, 1), len(starts)) - 1]
    end = source.text.find("\n", begin)
    end = len(source.text) if end < 0 else end
    tags = [tag for tag in found.tags if tag[0] <= end and tag[1] > begin]
    if broken:
        tags = [tag for tag in tags if not _readable(source.text[tag[0] : tag[1]])] or tags
    if not tags:
        first = begin + len(source.text[begin:end]) - len(source.text[begin:end].lstrip())
        return source.position_at(first)
    start, stop = tags[0]
    stop = min(stop, source.text.find("\n", start) if "\n" in source.text[start:stop] else stop)
    return source.position_at(start, max(1, stop - start))


def _readable(tag: str) -> bool:
    try:
        environment().parse(hide_bash_lengths(tag))
    except (TemplateSyntaxError, RecursionError):
        return False
    return True


def _problem(code: str, message: str, position: Position, expected: str | None, hint: str | None) -> Problem:
    return Problem(code=code, message=message, position=position, expected=expected, hint=hint)


def _too_deep(source: TemplateSource) -> Problem:
    return _problem(
        "DD306", "the template is nested too deeply", source.position_at(0), None, "make it simpler"
    )


def _name_position(source: TemplateSource, found: Scan, name: str, line: int) -> Position:
    for token in found.names(name):
        if source.text.count("\n", 0, token.offset) + 1 >= line:
            return source.position_at(token.offset, len(name))
    return tag_position(source, found, line)


def _last_opened(source: TemplateSource, found: Scan, block: str) -> Position:
    """Return the position of the last `{% block` that no `{% endblock` follows."""
    opened: list[int] = []
    for index, token in enumerate(found.tokens[1:], start=1):
        if found.tokens[index - 1].kind != "block_begin":
            continue
        if token.value == block:
            opened.append(token.offset)
        elif token.value == f"end{block}" and opened:
            opened.pop()
    return source.position_at(opened[-1], len(block)) if opened else source.position_at(0)


def _unknown_names(
    tree: nodes.Template, source: TemplateSource, found: Scan, variables: Collection[str]
) -> Iterable[Problem]:
    unknown = meta.find_undeclared_variables(tree) - {*NAMES, EXPRESSION_CALL, "namespace"}
    for name in sorted(unknown):
        hint = (
            f"did you mean `var.{name}`?"
            if name in variables
            else did_you_mean(name, (*NAMES, *_OF_PATTERNS))
        )
        if hint is None:
            near = did_you_mean(name, variables)
            hint = near.replace("`", "`var.", 1) if near else None
        hint = _OF_PATTERNS.get(name, hint)
        if name in _OF_PATTERNS and not source.position.file.lower().endswith((".yaml", ".yml")):
            hint = (
                "placeholders of patterns stand in YAML only; give the file the value with `script_arguments`, or "
                "write {{ var.NAME }} for a variable of the pipeline (`variables:` or `--var`)"
            )
        position = _name_position(source, found, name, 1)
        expected = "one of " + ", ".join(f"`{known}`" for known in NAMES[:-1])
        yield _problem("DD302", f"there is no name `{name}` in templates", position, expected, hint)


def _unknown_variables(
    tree: nodes.Template, source: TemplateSource, found: Scan, variables: Collection[str]
) -> Iterable[Problem]:
    optional = {
        id(node.node)
        for node in tree.find_all((nodes.Filter, nodes.Test))
        if node.name in ("default", "d", "defined", "undefined")
    }
    reported: set[str] = set()
    accesses: list[nodes.Getattr | nodes.Getitem] = [*tree.find_all(nodes.Getattr)]
    accesses += tree.find_all(nodes.Getitem)
    for node in accesses:
        if not isinstance(node.node, nodes.Name) or node.node.name != "var" or id(node) in optional:
            continue
        name = node.attr if isinstance(node, nodes.Getattr) else getattr(node.arg, "value", None)
        if not isinstance(name, str) or name in variables or name in reported:
            continue
        reported.add(name)
        token = next(iter(found.names("var", ".", name)), None)
        position = (
            source.position_at(token.offset, len(name)) if token else tag_position(source, found, node.lineno)
        )
        known = ", ".join(f"`{known}`" for known in sorted(variables))
        yield _problem(
            "DD303",
            f"the pipeline declares no variable `{name}`",
            position,
            f"one of {known}" if known else "a variable declared under `variables:`",
            did_you_mean(name, variables) or f"declare `{name}` under `variables:`",
        )


def _unknown_filters(tree: nodes.Template, source: TemplateSource, found: Scan) -> Iterable[Problem]:
    """Yield a problem for each unknown filter and test, and put a known one in its place in `tree`."""
    kinds = (
        (nodes.Filter, "filter", environment().filters, "|"),
        (nodes.Test, "test", environment().tests, "is"),
    )
    for kind, word, known, before in kinds:
        reported: set[str] = set()
        for node in tree.find_all(kind):
            name = node.name
            if name in known and name not in _COMPILED:
                continue
            node.name = "string"
            if name in reported:
                continue
            reported.add(name)
            token = next(iter(found.names(before, name)), None) or next(iter(found.names("not", name)), None)
            yield _problem(
                "DD304",
                f"there is no {word} `{name}`",
                source.position_at(token.offset, len(name))
                if token
                else tag_position(source, found, node.lineno),
                f"a {word} of templates",
                f"`{name}` is for `param` and `item`" if name in _COMPILED else did_you_mean(name, known),
            )


def _other_files(tree: nodes.Template, source: TemplateSource, found: Scan) -> Iterable[Problem]:
    for node in tree.find_all(_NEEDS_OTHER_FILES):
        yield _problem(
            "DD301",
            "a template cannot take in another file",
            tag_position(source, found, node.lineno),
            None,
            "write the text out here",
        )


def _compiled(tree: nodes.Template, source: TemplateSource, found: Scan) -> list[Problem]:
    try:
        environment().compile(tree)
    except TemplateSyntaxError as error:
        return [syntax_problem(error, source, found)]
    except (RecursionError, SyntaxError, MemoryError, OverflowError):
        return [_too_deep(source)]
    return []
