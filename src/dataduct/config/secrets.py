"""What is a secret or refers to one, and keeping secrets out of everything that is shown or stored."""

import base64
import json
import re
import threading
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

REFERENCE = re.compile(r"\$\{([A-Za-z_-]+):([^{}]*)\}")
REFERENCE_KINDS = ("env", "file", "aws-secretsmanager", "aws-ssm", "aws-rds", "aws-redshift")
REFERENCE_FORMS = "`${env:NAME}`, `${file:PATH}`, `${aws-secretsmanager:NAME#KEY}` or `${aws-ssm:NAME}`"
URL_PASSWORD = re.compile(r"\w://[^/?#@\s]*?:([^@/\s]+)@")

_SECRET_NAME = re.compile(
    r"password|passwd|passphrase|secret|token|(?:^|[_-]|api|private|access)key(?:[_-]id)?$", re.IGNORECASE
)
_NOT_SECRET_NAME = re.compile(r"(?:file|path|name)$|^(?:primary|foreign|sort|dist|partition)", re.IGNORECASE)
_SHORTEST_SECRET = 4
_SHORTEST_FRAGMENT = 8
_MASK = "***"


_WRITTEN = re.compile(
    r"""(?<![\w-])(?P<key>[\w-]{1,100})["']?[ \t]*[:=][ \t]*"""
    r"""(?:"(?P<double>[^"\n]*)"|'(?P<single>[^'\n]*)'|(?P<plain>[^\s"'][^\n]*))"""
)
_FLOW_END = re.compile(r"\s*[,}\]#]")


class Redactor:
    """The values that must never be shown, and the text without them. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, value: str) -> None:
        """Register a secret. One shorter than four characters is left out: it would mask half of every text."""
        parts = [value, *(line for line in value.splitlines() if len(line) >= _SHORTEST_FRAGMENT)]
        forms = {form for part in parts if len(part) >= _SHORTEST_SECRET for form in _forms(part)}
        with self._lock:
            if forms <= self._forms:
                return
            self._forms |= forms
            longest_first = sorted(self._forms, key=lambda form: (-len(form), form))
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def redact(self, text: str) -> str:
        """Return `text` with `***` in place of every registered secret, as it is or encoded.

        URL encoding, base64 (also inside a longer encoded text) and the escapes of JSON are known.
        """
        pattern = self._pattern
        return pattern.sub(_MASK, text) if pattern else text


def _forms(value: str) -> set[str]:
    """Return the texts in which `value` may appear."""
    forms = {value, quote(value, safe=""), quote(value), quote_plus(value)}
    forms |= {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    data = value.encode("utf-8", "surrogatepass")
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        forms.add(encode(data).decode())
        if len(data) >= _SHORTEST_FRAGMENT:
            forms |= {_fragment(encode(bytes(shift) + data), shift, len(data)) for shift in range(3)}
    return forms


def _fragment(encoded: bytes, shift: int, length: int) -> str:
    """Return the part of `encoded` that depends on no byte around the value, which begins at byte `shift`."""
    first = -(-shift * 8 // 6)
    last = (shift + length) * 8 // 6
    return encoded[first:last].decode()


def written_secrets(text: str) -> Iterator[str]:
    """Yield what looks like a secret in the text of a settings file that cannot be read as YAML."""
    yield from URL_PASSWORD.findall(text)
    position = 0
    while found := _WRITTEN.search(text, position):
        position = found.end("key")
        if names_secret(found["key"]):
            value = found["double"] or found["single"] or found["plain"] or ""
            yield value.strip()
            if found["plain"]:
                yield _FLOW_END.split(value, maxsplit=1)[0].strip()


def names_secret(key: str) -> bool:
    """Return whether an option called `key` usually holds a secret (`password`, `api_key`, ...)."""
    return bool(_SECRET_NAME.search(key)) and not _NOT_SECRET_NAME.search(key)
