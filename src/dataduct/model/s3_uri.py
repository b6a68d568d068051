"""URIs of objects in S3: what they name, and which objects a pattern matches."""

import re
from dataclasses import dataclass

_URI = re.compile(r"s3[an]?://([^/]*)(?:/(.*))?", re.DOTALL)
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")
_MAGIC = re.compile(r"[*?[]")


@dataclass(frozen=True, slots=True)
class S3Uri:
    """A bucket and a key, a prefix or a pattern of keys in it."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def is_s3_uri(text: str) -> bool:
    """Return whether `text` is meant as an S3 URI (`s3://`, also `s3a://` and `s3n://` as Hadoop writes them)."""
    return re.match(r"s3[an]?://", text) is not None


def parse_s3_uri(text: str) -> S3Uri:
    """Return what `text` names. Raises `ValueError`, whose text is the message, if it is no S3 URI."""
    match = _URI.fullmatch(text)
    if match is None:
        raise ValueError(f"`{text}` is no S3 URI")
    if not match[1]:
        raise ValueError(f"`{text}` names no bucket")
    if not _BUCKET.fullmatch(match[1]):
        raise ValueError(f"`{match[1]}` in `{text}` cannot name a bucket")
    return S3Uri(match[1], match[2] or "")


def has_wildcard(key: str) -> bool:
    """Return whether `key` is a pattern."""
    return _MAGIC.search(key) is not None


def fixed_prefix(pattern: str) -> str:
    """Return the part of `pattern` before its first wildcard."""
    match = _MAGIC.search(pattern)
    return pattern[: match.start()] if match else pattern


def fixed_directory(pattern: str) -> str:
    """Return the directories before the first wildcard of `pattern`, with their final slash, or an empty text."""
    return fixed_prefix(pattern).rpartition("/")[0] + "/" if "/" in fixed_prefix(pattern) else ""


def matcher(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern of keys.

    `*` and `?` stay within one segment, `**` as a whole segment stands for any number of them, and `[abc]` and
    `[!abc]` for one character.
    """
    segments = pattern.split("/")
    expression = ""
    for number, segment in enumerate(segments):
        last = number == len(segments) - 1
        if segment == "**":
            expression += r".*" if last else r"(?:[^/]+/)*"
        else:
            expression += _segment(segment) + ("" if last else "/")
    return re.compile(expression, re.DOTALL)


def _segment(segment: str) -> str:
    expression, position = "", 0
    while position < len(segment):
        character = segment[position]
        position += 1
        if character == "*":
            expression += "[^/]*"
        elif character == "?":
            expression += "[^/]"
        elif (
            character == "["
            and (end := segment.find("]", position + 1 + segment.startswith("!", position))) > 0
        ):
            inner = segment[position:end]
            negated = inner.startswith("!")
            inner = inner[1:] if negated else inner
            escaped = re.sub(r"([\\^\[\]&~|])", r"\\\1", inner)
            expression += f"[{'^/' if negated else ''}{escaped}]"
            position = end + 1
        else:
            expression += re.escape(character)
    return expression
