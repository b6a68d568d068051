"""What a step does, in a short text: a later run compares it with what its own step would do.

A fingerprint is a JSON object of a digest for each field of the operation, rendered for the run date, that is not its
default. Secrets, the project's directory and places in files are left out: none of them changes what is done.
"""

import json
from collections.abc import Mapping, Set
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from dataduct.model.operations import Operation

if TYPE_CHECKING:
    from dataduct.config.project import Project

_DIGITS = 12
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True)
_NOT_COMPARED = frozenset({"position", "source"})
_WORDS = {
    "after_commit": "SQL",
    "creates": "table definition",
    "definition": "table definition",
    "query": "SQL",
    "reads": "SQL",
    "statements": "SQL",
    "writes": "SQL",
}


def fingerprint(operation: Operation, project: "Project") -> str:
    """Return the fingerprint of a bound operation."""
    root = str(project.root)
    digests = {}
    for name, value in _fields(operation).items():
        text = _ENCODER.encode(value)
        shown = project.secrets.redact(text).replace(root, ".")
        digests[name] = sha256(shown.encode("utf-8", "backslashreplace")).hexdigest()[:_DIGITS]
    return json.dumps(digests, sort_keys=True)


def difference(before: str, after: str) -> str | None:
    """Return what differs between two fingerprints, as `its SQL differs`; None if nothing does."""
    if before == after:
        return None
    old, new = json.loads(before), json.loads(after)
    changed = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    words = sorted({_WORDS.get(name, name.replace("_", " ")) for name in changed})
    return f"its {' and '.join(words)} {'differs' if len(words) == 1 else 'differ'}"


@cache
def _compared(kind: type) -> tuple[tuple[str, object], ...]:
    """Return name and default of each field of a dataclass that counts."""
    found = []
    for field in fields(kind):
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if field.name not in _NOT_COMPARED:
            found.append((field.name, default))
    return tuple(found)


def _fields(value: Any) -> dict[str, object]:
    kind: Any = type(value)
    given = ((name, getattr(value, name), default) for name, default in _compared(kind))
    return {name: _plain(each) for name, each, default in given if default is MISSING or each != default}


def _plain(value: Any) -> object:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if is_dataclass(value):
        return _fields(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return sorted(map(str, value)) if isinstance(value, Set) else str(value)
