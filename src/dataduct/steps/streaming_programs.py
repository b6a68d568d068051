"""Mappers, reducers and combiners as users write them: scripts of the project, or shell commands."""

import re
import shlex
import shutil
from pathlib import Path

from dataduct.definition.templates import has_template
from dataduct.model.s3_uri import is_s3_uri
from dataduct.model.streaming_options import is_java_class
from dataduct.project_code.python2 import python2_statement
from dataduct.steps.context import LoweringContext
from dataduct.steps.files import checked_uri

_FILE_ENDING = re.compile(r"\.(py|sh|rb|pl|pm|r|js|awk|php|lua|jar)$", re.IGNORECASE)
_PATH = re.compile(r"[\w.-]*/[\w./-]*")
_BUILT_IN = frozenset({"aggregate"})


def streaming_program(text: str, context: LoweringContext, *, of: str) -> str | None:
    """Return a program as `StreamingJob` has it: an absolute path, or a shell command; None after a problem.

    A script may have arguments behind it. What names no file of the project is a shell command, if it has arguments
    or is a program on the PATH; otherwise the name of a file that is missing.
    """
    text = text.strip()
    if is_s3_uri(text):
        if checked_uri(text, context, of=of) is not None:
            context.report(
                "DD283",
                f"`{of}` names a program in S3, which a job on this machine does not fetch",
                of=of,
                hint="put the script in the project and name it by its path",
            )
        return None
    if is_java_class(text):
        context.report(
            "DD283",
            f"`{text}` is a Java class, which runs on a cluster only",
            of=of,
            hint="`cat` passes every line on"
            if text.endswith(("IdentityMapper", "IdentityReducer"))
            else None,
        )
        return None
    first, *arguments = text.split(maxsplit=1)
    if has_template(first) or text in _BUILT_IN:
        return text
    found = _existing(text, context) or _existing(first, context)
    if found is None and _names_a_file(first):
        context.file(first, of=of)
        return None
    if found is None and (arguments or shutil.which(first)):
        return text
    if found is None:
        context.report(
            "DD205",
            f"`{first}` is no file of the project and no program on the PATH",
            of=of,
            expected="the path of a script, or a shell command",
        )
        return None
    if found.is_dir():
        context.report("DD206", f"`{first}` is a directory, not a script", of=of)
        return None
    _warn_of_python2(found, context, of=of)
    whole = _existing(text, context) is not None
    return str(found) if whole or not arguments else f"{shlex.quote(str(found))} {arguments[0]}"


def _existing(path: str, context: LoweringContext) -> Path | None:
    """Return the file or directory of the project that `path` names, without a word if there is none."""
    places = (Path(directory).absolute() / Path(path).expanduser() for directory in context.directories)
    return next((place.resolve() for place in places if place.exists()), None)


def _names_a_file(word: str) -> bool:
    """Return whether `word` looks like the path of a script: it has a script's ending, or is a plain path."""
    return _FILE_ENDING.search(word) is not None or _PATH.fullmatch(word) is not None


def _warn_of_python2(script: Path, context: LoweringContext, *, of: str) -> None:
    """Tell that a script runs only where there is a Python 2 (DD282, a warning)."""
    found = python2_statement(script) if script.suffix == ".py" else None
    if found is not None:
        line, hint = found
        context.report(
            "DD282",
            f"`{context.shown(script)}` is written for Python 2 (line {line}) and runs only where `python2` does",
            of=of,
            hint=hint,
            severity="warning",
        )
