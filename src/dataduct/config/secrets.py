"""Secrets by reference, and keeping secrets out of everything that is shown or stored."""

import base64
import json
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from dataduct.errors import UserError
from dataduct.model.nearest import did_you_mean

if TYPE_CHECKING:
    from dataduct.config.project import Project

REFERENCE = re.compile(r"\$\{([A-Za-z_]+):([^{}]*)\}")
REFERENCE_KINDS = ("env", "file")
URL_PASSWORD = re.compile(r"\w://[^/?#@\s]*?:([^@/\s]+)@")

_SECRET_NAME = re.compile(
    r"password|passwd|passphrase|secret|token|(?:^|[_-]|api|private|access)key(?:[_-]id)?$", re.IGNORECASE
)
_NOT_SECRET_NAME = re.compile(r"(?:file|path|name)$|^(?:primary|foreign|sort|dist|partition)", re.IGNORECASE)
_SHORTEST_SECRET = 4
_SHORTEST_FRAGMENT = 8
_MASK = "***"
_FILE_BYTES = 1_000_000


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


def names_secret(key: str) -> bool:
    """Return whether an option called `key` usually holds a secret (`password`, `api_key`, ...)."""
    return bool(_SECRET_NAME.search(key)) and not _NOT_SECRET_NAME.search(key)


def resolve_secrets(
    options: Mapping[str, Any], *, project: "Project", environment: Mapping[str, str]
) -> dict[str, Any]:
    """Return `options` with the values that `${env:NAME}` and `${file:PATH}` refer to, each made known as a secret.

    Paths are relative to the project's directory; one line end at the end of a file is left out.

    Raises:
        UserError: A variable is not set (DD620), a file cannot be read (DD621), or a reference is of no known
            kind (DD622).
    """

    def value_of(reference: re.Match[str]) -> str:
        kind, name = reference[1], reference[2].strip()
        if kind == "env":
            value = _from_environment(name, environment)
        elif kind == "file":
            value = _from_file(name, project.root)
        else:
            raise UserError(
                f"`{reference[0]}` refers to nothing: there is no `{kind}:`",
                code="DD622",
                hint=did_you_mean(kind, REFERENCE_KINDS) or "write `${env:NAME}` or `${file:PATH}`",
            )
        project.secrets.add(value)
        return value

    def resolved(value: Any) -> Any:
        match value:
            case str():
                return REFERENCE.sub(value_of, value)
            case Mapping():
                return {key: resolved(item) for key, item in value.items()}
            case list() | tuple():
                return [resolved(item) for item in value]
            case _:
                return value

    return {key: resolved(value) for key, value in options.items()}


def _from_environment(name: str, environment: Mapping[str, str]) -> str:
    if name in environment:
        return environment[name]
    raise UserError(
        f"the environment variable `{name}` is not set",
        code="DD620",
        hint=did_you_mean(name, environment) or f"export {name}=... before the command",
    )


def _from_file(name: str, root: Path) -> str:
    path = root / Path(name).expanduser()
    try:
        with path.open("rb") as file:
            data = file.read(_FILE_BYTES + 1)
        if len(data) > _FILE_BYTES:
            raise UserError(f"the secret file {path} is larger than {_FILE_BYTES} bytes", code="DD621")
        text = data.decode("utf-8")
    except OSError as error:
        raise UserError(f"the secret file {path} cannot be read: {error.strerror}", code="DD621") from None
    except UnicodeDecodeError:
        raise UserError(f"the secret file {path} is not UTF-8 text", code="DD621") from None
    return text.removesuffix("\n").removesuffix("\r")
