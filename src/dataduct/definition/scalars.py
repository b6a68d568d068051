"""What an unquoted YAML text stands for, by the rules of YAML 1.1.

Four kinds of text stay text on purpose: times (`10:30`), numbers with a leading zero (`010`), numbers with
underscores (`1_000`) and dates (`2026-01-01`). YAML 1.1 would change how they are written.
"""

import math
import re

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {
    spelling: value
    for value, words in ((True, ("true", "yes", "on")), (False, ("false", "no", "off")))
    for word in words
    for spelling in (word, word.capitalize(), word.upper())
}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,3999}|0x[0-9a-fA-F]+|0b[01]+)", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?", re.ASCII)
_INFINITE = re.compile(r"([-+]?)\.(?:inf|Inf|INF)")
_NOT_A_NUMBER = frozenset((".nan", ".NaN", ".NAN"))
_NUMBER_STARTS = frozenset("0123456789+-.")

Scalar = None | bool | int | float | str

TAGS = {
    "tag:yaml.org,2002:str": "text",
    "tag:yaml.org,2002:int": "a whole number",
    "tag:yaml.org,2002:float": "a number",
    "tag:yaml.org,2002:bool": "a boolean",
    "tag:yaml.org,2002:null": "null",
    "tag:yaml.org,2002:timestamp": "text",
}
"""The tags a scalar may carry, and what each asks for."""


def resolve(text: str) -> Scalar:
    """Return what the unquoted `text` stands for."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text.lstrip("+-").startswith(("0x", "0b")) else int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    infinite = _INFINITE.fullmatch(text)
    if infinite:
        return -math.inf if infinite[1] == "-" else math.inf
    return math.nan if text in _NOT_A_NUMBER else text


def resolve_tagged(text: str, tag: str) -> Scalar:
    """Return what `text` stands for under one of `TAGS`. Raises ValueError if it does not fit."""
    wanted = TAGS[tag]
    if wanted == "text":
        return text
    value = resolve(text)
    if wanted == "a number" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    fits = {
        "a whole number": isinstance(value, int) and not isinstance(value, bool),
        "a number": isinstance(value, float),
        "a boolean": isinstance(value, bool),
        "null": value is None,
    }
    if not fits[wanted]:
        raise ValueError(f"`{text}` is not {wanted}")
    return value
