"""Python 2 code: where it stands and what Python 3 has in its place.

Statements are found in the tokens, since Python 3 cannot parse them; names that are gone are found in the syntax tree.
"""

import ast
import io
import tokenize
import warnings
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from dataduct.model.position import Position
from dataduct.model.problem import Problem

_GONE_NAMES = {
    "unicode": "write `str`",
    "basestring": "write `str`",
    "xrange": "write `range`",
    "raw_input": "write `input`",
    "long": "write `int`",
    "unichr": "write `chr`",
    "reduce": "write `from functools import reduce`",
    "execfile": "read the file and call `exec`",
    "reload": "write `from importlib import reload`",
}
_GONE_MODULES = {
    "imp": "use `importlib`",
    "urllib2": "use `urllib.request`",
    "urlparse": "use `urllib.parse`",
    "ConfigParser": "use `configparser`",
    "StringIO": "use `io`",
    "cStringIO": "use `io`",
    "cPickle": "use `pickle`",
    "Queue": "use `queue`",
    "commands": "use `subprocess`",
    "__builtin__": "use `builtins`",
}
_GONE_METHODS = {
    "iteritems": "write `.items()`",
    "itervalues": "write `.values()`",
    "iterkeys": "write `.keys()`",
    "has_key": "write `key in mapping`",
}
_VALUES = (tokenize.NAME, tokenize.STRING, tokenize.NUMBER)
_OPERATORS = ("and", "or", "in", "is", "if", "else", "not")
_LAYOUT = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT)


def statements_of_python2(text: str, shown: str) -> list[Problem]:
    """Return a problem (DD562) for each statement that only Python 2 reads, in the order of lines.

    Args:
        text: The source; it need not be valid in any Python.
        shown: The file as positions name it.
    """
    return [problem for line in _logical_lines(text) for problem in _of_line(line, shown)]


def python2_statement(script: Path) -> tuple[int, str] | None:
    """Return line and replacement of the first statement of a script that keeps this Python from reading it.

    None for a script that this Python reads, that no Python reads, or that cannot be opened.
    """
    try:
        text = script.read_text("utf-8", "replace")
    except OSError:
        return None
    found = [] if is_python(text) else statements_of_python2(text, str(script))
    return (found[0].position.line, found[0].hint or "") if found and found[0].position else None


def is_python(text: str) -> bool:
    """Return whether this Python can parse `text`."""
    try:
        with warnings.catch_warnings(action="ignore"):
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True


def module_in_python3(name: str) -> str | None:
    """Return what to use in place of a module that Python 3 no longer has; None for any other module."""
    return _GONE_MODULES.get(name)


def names_of_python2(tree: ast.Module, shown: str) -> list[Problem]:
    """Return a problem (DD562) for each name, module and method that Python 3 no longer has."""
    defined = _defined(tree)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in _GONE_NAMES and node.id not in defined:
            found.append(_gone(node, node.id, _GONE_NAMES[node.id], shown))
        elif isinstance(node, ast.Attribute) and node.attr in _GONE_METHODS:
            found.append(_gone(node, f".{node.attr}", _GONE_METHODS[node.attr], shown))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
            found += [
                _gone(node, module, _GONE_MODULES[module], shown)
                for module in modules
                if module in _GONE_MODULES and not getattr(node, "level", 0)
            ]
    return sorted(found, key=lambda problem: problem.position or Position(shown))


def _defined(tree: ast.Module) -> set[str]:
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not _is_read(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
    return names


def _is_read(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def _gone(node: ast.expr | ast.stmt, name: str | None, hint: str, shown: str) -> Problem:
    end = node.end_col_offset + 1 if node.end_lineno == node.lineno and node.end_col_offset else None
    return Problem(
        code="DD562",
        message=f"`{name}` is of Python 2",
        position=Position(shown, node.lineno, node.col_offset + 1, end),
        hint=hint,
    )


def _logical_lines(text: str) -> Iterator[list[tokenize.TokenInfo]]:
    """Yield the tokens of each statement, as far as the text can be cut into tokens."""
    line: list[tokenize.TokenInfo] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NEWLINE or token.string == ";":
                yield line
                line = []
            elif token.type not in _LAYOUT:
                line.append(token)
    except (tokenize.TokenError, SyntaxError):
        pass
    yield line


def _of_line(line: Sequence[tokenize.TokenInfo], shown: str) -> Iterator[Problem]:
    statement = _after_heads(line)
    words = [token.string for token in statement]
    if len(statement) > 1 and _is_print(statement):
        yield _problem(statement[0], "`print` without parentheses", "write `print(...)`", shown)
    elif len(statement) > 1 and words[0] == "exec" and statement[1].type in _VALUES:
        yield _problem(statement[0], "`exec` without parentheses", "write `exec(...)`", shown)
    elif len(statement) > 3 and words[0] == "except" and _comma_outside(words) and "as" not in words:
        kind = "".join(words[1 : _comma_outside(words)])
        name = words[_comma_outside(words) + 1]
        yield _problem(statement[0], f"`except {kind}, {name}`", f"write `except {kind} as {name}`", shown)
    elif words[:1] == ["raise"] and _comma_outside(words):
        kind = "".join(words[1 : _comma_outside(words)])
        yield _problem(statement[0], f"`raise {kind}, ...`", f"write `raise {kind}(...)`", shown)
    for token, following in pairwise(line):
        touching = token.end == following.start
        if token.string == "<>" or (token.string == "<" and following.string == ">" and touching):
            yield _problem(token, "`<>`", "write `!=`", shown)
        elif token.string == "`":
            yield _problem(token, "a backtick", "write `repr(...)`", shown)
        elif token.type == tokenize.NUMBER and touching and following.type == tokenize.NUMBER:
            yield _problem(token, f"the number `{token.string}{following.string}`", "write `0o...`", shown)
        elif token.type == tokenize.NUMBER and touching and following.string in ("L", "l"):
            yield _problem(token, f"the number `{token.string}L`", f"write `{token.string}`", shown)


def _after_heads(line: Sequence[tokenize.TokenInfo]) -> Sequence[tokenize.TokenInfo]:
    """Return the statement behind `else:`, `try:` or `if ...:` where one stands on the same line."""
    depth = 0
    if line and line[0].string in ("if", "else", "elif", "for", "while", "try", "finally", "with"):
        for number, token in enumerate(line[:-1]):
            depth += (token.string in "([{") - (token.string in ")]}")
            if token.string == ":" and depth == 0:
                return line[number + 1 :]
    return line


def _is_print(line: Sequence[tokenize.TokenInfo]) -> bool:
    following = line[1]
    if line[0].string != "print":
        return False
    return following.string == ">>" or (
        following.type in _VALUES and (following.type != tokenize.NAME or following.string not in _OPERATORS)
    )


def _comma_outside(words: Sequence[str]) -> int:
    """Return the index of the first comma outside of brackets that something follows; 0 if there is none."""
    depth = 0
    for number, word in enumerate(words[:-1]):
        depth += (word in ("(", "[", "{")) - (word in (")", "]", "}"))
        if word == "," and depth == 0:
            return number
    return 0


def _problem(token: tokenize.TokenInfo, what: str, hint: str, shown: str) -> Problem:
    (line, column), (_, end) = token.start, token.end
    return Problem(
        code="DD562",
        message=f"{what} is of Python 2",
        position=Position(shown, line, column + 1, end + 1),
        hint=hint,
    )
