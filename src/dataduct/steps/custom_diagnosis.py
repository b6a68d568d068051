"""What keeps a Python file of a project from running here, told line by line without running it.

`diagnose(file)` knows three kinds of trouble: text that is no Python (DD561), Python 2 (DD562), and the interface of
the first Dataduct where it makes objects of Amazon Data Pipeline (DD570) or stands in another module (DD571). It fits
any Python file: those of custom steps, hooks, and scripts, of which only the first two kinds can be true.
"""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from dataduct.errors import ProblemsError
from dataduct.model.position import Position
from dataduct.model.problem import Problem
from dataduct.project_code.python2 import names_of_python2, statements_of_python2
from dataduct.steps.original_classes import ORIGINAL_CLASSES

_NEW_STYLE = "derive the class from `dataduct.steps.Step` and return an operation from `lower`"
_GONE_MODULES = {
    "dataduct.pipeline": "a step returns an operation (`RunCommand`, `RunSql`, ...) from `dataduct.steps`",
    "dataduct.s3": "files are named by path; datasets go to the storage of the settings",
    "dataduct.etl": "pipelines are compiled by `dataduct plan` and run by `dataduct run`",
    "dataduct.utils": "write the few lines yourself; paths are looked up by `context.file`",
    "dataduct.database": "`context.table_definition(path, of=...)` reads a table definition",
    "dataduct.data_access": "connections are named by alias; the engine opens them",
    "dataduct.qa": "use the step types `count-check`, `column-check` and `primary-key-check`",
    "dataduct.config": "what steps need of the settings is in `context.settings` and `context.connections`",
    "dataduct.steps.executors": "a script runs with staging directories, without a runner",
    "dataduct.steps.etl_step": _NEW_STYLE,
}
_GONE_CLASSES = {"ETLStep": _NEW_STYLE}
_METHODS = {
    "create_pipeline_object": "return an operation such as `RunCommand` from `lower`",
    "create_s3_data_node": "the dataset of a step is `DatasetRef(context.step, context.step)`",
    "create_output_nodes": "name the outputs in `output_nodes`",
    "create_script": "name the script by path in `RunCommand(script=...)`",
    "copy_s3": "inputs are given in `context.inputs`",
    "merge_s3_nodes": "inputs are given in `context.inputs`",
    "add_required_steps": "write `depends_on` in the pipeline",
    "base_arguments_processor": "change the keyword arguments in `__init__`",
    "get_output_s3_path": "write `output_path` in the pipeline",
    "pop_inputs": "change the keyword arguments in `__init__`",
}
_STATE = {
    "activities",
    "pipeline_objects",
    "input",
    "output",
    "_output",
    "_objects",
    "_input_node",
    "_required_steps",
    "_required_activities",
    "_depends_on",
    "s3_data_dir",
    "s3_log_dir",
    "s3_source_dir",
}


def diagnose(file: Path, *, shown: str | None = None) -> list[Problem]:
    """Return what keeps the Python file from running here, in the order of lines; nothing is run.

    Args:
        file: The file.
        shown: The file as positions name it; by default its path.

    Raises:
        ProblemsError: The file cannot be read or is not UTF-8 (DD561).
    """
    name = shown or str(file)
    return diagnose_text(read_source(file, name), name)


def read_source(file: Path, shown: str) -> str:
    """Return the text of a Python file. Raises ProblemsError (DD561) for one that cannot be read."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        message, hint = f"{shown} is not UTF-8 text (byte {error.start + 1})", "save the file as UTF-8"
    except OSError as error:
        message, hint = f"{shown} cannot be read: {error.strerror}", None
    raise ProblemsError([Problem(code="DD561", message=message, position=Position(shown), hint=hint)])


def diagnose_text(text: str, shown: str) -> list[Problem]:
    """Return what keeps the Python source `text` from running here, in the order of lines."""
    found = statements_of_python2(text, shown)
    try:
        tree = ast.parse(text, shown)
    except (SyntaxError, ValueError, RecursionError) as error:
        return found or [_syntax_problem(error, shown)]
    found += names_of_python2(tree, shown)
    found += _imports(tree, shown)
    for name in _classes_of_original(tree):
        found += _uses(name, shown)
    return sorted(found, key=lambda problem: problem.position or Position(shown))


def is_of_original(problems: Iterable[Problem]) -> bool:
    """Return whether some of the problems come from the interface of the first Dataduct."""
    return any(problem.code in ("DD570", "DD571") for problem in problems)


def _syntax_problem(error: SyntaxError | ValueError | RecursionError, shown: str) -> Problem:
    if not isinstance(error, SyntaxError):
        return Problem(code="DD561", message=f"this is no Python: {error}", position=Position(shown))
    line, column = error.lineno or 1, max(1, error.offset or 1)
    end = error.end_offset if error.end_lineno == line and (error.end_offset or 0) > column else None
    return Problem(
        code="DD561", message=f"this is no Python: {error.msg}", position=Position(shown, line, column, end)
    )


def _imports(tree: ast.Module, shown: str) -> Iterator[Problem]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                module = _gone_module(alias.name)
                if module:
                    yield _problem("DD570", node, f"`{alias.name}` is gone", _GONE_MODULES[module], shown)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from _import_from(node, node.module, shown)


def _import_from(node: ast.ImportFrom, module: str, shown: str) -> Iterator[Problem]:
    names = [alias.name for alias in node.names]
    originals = [name for name in names if name in ORIGINAL_CLASSES]
    if module.startswith("dataduct.steps.") and originals:
        hint = f"write `from dataduct.steps import {', '.join(originals)}`"
        yield _problem("DD571", node, f"`{originals[0]}` does not stand in `{module}`", hint, shown)
    elif module == "dataduct.steps":
        for name in names:
            if name in _GONE_CLASSES:
                yield _problem(
                    "DD570", node, f"`{name}` made objects of Amazon Data Pipeline", _NEW_STYLE, shown
                )
    elif gone := _gone_module(module):
        yield _problem("DD570", node, f"`{module}` is gone", _GONE_MODULES[gone], shown)
    elif module == "dataduct":
        for name in names:
            if gone := _gone_module(f"dataduct.{name}"):
                yield _problem("DD570", node, f"`{gone}` is gone", _GONE_MODULES[gone], shown)


def _gone_module(module: str) -> str | None:
    for gone in _GONE_MODULES:
        if module == gone or module.startswith(f"{gone}."):
            return gone
    return None


def _classes_of_original(tree: ast.Module) -> Iterator[ast.ClassDef]:
    """Yield the classes that derive, through others of the file too, from a class of the original."""
    known = {*ORIGINAL_CLASSES, *_GONE_CLASSES}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and {_last_name(base) for base in node.bases} & known:
            known.add(node.name)
            yield node


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        return _last_name(node.value)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _uses(owner: ast.ClassDef, shown: str) -> Iterator[Problem]:
    for statement in owner.body:
        if isinstance(statement, ast.FunctionDef) and statement.name in {"arguments_processor", *_STATE}:
            hint = _METHODS["pop_inputs"] if statement.name == "arguments_processor" else _NEW_STYLE
            yield _problem("DD570", statement, f"`{statement.name}` is never called here", hint, shown)
    for node in ast.walk(owner):
        if not isinstance(node, ast.Attribute):
            continue
        if node.attr in _METHODS:
            yield _problem("DD570", node, f"`{node.attr}` is gone", _METHODS[node.attr], shown)
        elif node.attr in _STATE and isinstance(node.value, ast.Name) and node.value.id == "self":
            yield _problem("DD570", node, f"`self.{node.attr}` is gone", _NEW_STYLE, shown)


def _problem(code: str, node: ast.expr | ast.stmt, message: str, hint: str, shown: str) -> Problem:
    end = node.end_col_offset + 1 if node.end_lineno == node.lineno and node.end_col_offset else None
    if isinstance(node, ast.FunctionDef):
        end = node.col_offset + len("def ") + len(node.name) + 1
    return Problem(
        code=code,
        message=message,
        position=Position(shown, node.lineno, node.col_offset + 1, end),
        hint=hint,
    )
