"""The address of a system as a URL, taken apart: the only place that reads one.

A reference to a secret stands for one part of a URL and is left as it is, so what it refers to needs no encoding.
Everything else is percent-decoded.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from urllib.parse import unquote

from dataduct.config.secrets import REFERENCE

SCHEMES = {"postgresql": "postgres", "mariadb": "mysql", "sqlite3": "sqlite"}
"""Schemes of URLs, and names of types, that stand for another type."""

_URL = re.compile(
    r"(?:jdbc:)?(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://"
    r"(?:(?P<userinfo>[^/?#]*)@)?"
    r"(?P<host>\[[^\]/?#]*\]|[^:/?#]*)(?::(?P<port>[^/?#]*))?"
    r"(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?(?P<fragment>#.*)?",
    re.DOTALL,
)
_ENCODE = (
    "write %40 for an @, %2F for a /, %3A for a : inside the user or password, or `${env:NAME}` for all of it"
)


@dataclass(frozen=True, slots=True)
class UrlPart:
    """One part of a URL.

    Attributes:
        option: The option that it gives (`host`, `password`, the name of a parameter).
        text: Its text, decoded.
        written: Its text as it stands in the URL.
        start: Where it begins in the URL, from 0.
        named_at: Where its option's name begins: that of a parameter, otherwise `start`.
    """

    option: str
    text: str
    written: str
    start: int
    named_at: int


class UrlError(ValueError):
    """A URL that cannot be read. No message holds any part of it.

    Attributes:
        message: What is wrong, one sentence without a final period.
        hint: The nearest fix.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def type_of_scheme(name: str) -> str:
    """Return the type that a scheme, or another name of a type, stands for: `postgresql+psycopg` is `postgres`."""
    name = name.casefold().partition("+")[0]
    return SCHEMES.get(name, name)


def scheme(text: str) -> str | None:
    """Return the type that the URL's scheme stands for; None if it is no URL or a reference stands for the scheme."""
    found = _URL.match(_masked(text))
    return type_of_scheme(found["scheme"]) if found else None


def split_url(text: str, options: Collection[str]) -> tuple[UrlPart, ...] | None:
    """Return the parts of a URL, as far as it has them, for a system that has these `options`.

    A system with a `host` takes `host`, `port`, `user`, `password` and `database`; one with a `bucket` takes `bucket`
    and `prefix`; one with a `path` takes that. Each parameter of the query is an option. None for other systems.

    Raises:
        UrlError: It cannot be read.
    """
    found = _URL.fullmatch(_masked(text))
    if found is None:
        raise UrlError("the URL cannot be read", "write it like `mysql://user@host:3306/database`")
    if found["fragment"] is not None:
        raise UrlError("the URL holds a #", "write %23 for a # inside a name or password")
    if "host" in options:
        parts = list(_server_parts(text, found))
    elif "bucket" in options:
        parts = list(_bucket_parts(text, found))
    elif "path" in options:
        parts = list(_path_parts(text, found))
    else:
        return None
    return (*parts, *_parameters(text, found))


def _masked(text: str) -> str:
    """Return `text` with every reference blotted out, as long as before."""
    return REFERENCE.sub(lambda reference: "\0" * len(reference[0]), text)


def _server_parts(text: str, found: re.Match[str]) -> Iterator[UrlPart]:
    port = found["port"]
    if found["userinfo"] is None and "@" in _masked(text):
        raise UrlError("the user or password in the URL holds a character that ends it", _ENCODE)
    if port and "\0" not in port and not (port.isascii() and port.isdecimal()):
        raise UrlError("the URL's port is not a number", "write one `host:port`")
    if found["userinfo"] is not None:
        user, colon, _ = found["userinfo"].partition(":")
        start = found.start("userinfo")
        if user:
            yield _part("user", text, start, start + len(user))
        if colon:
            yield _part("password", text, start + len(user) + 1, found.end("userinfo"))
    if found["host"]:
        brackets = int(found["host"].startswith("["))
        yield _part("host", text, found.start("host") + brackets, found.end("host") - brackets)
    if port:
        yield _part("port", text, found.start("port"), found.end("port"))
    if found["path"] and len(found["path"]) > 1:
        yield _part("database", text, found.start("path") + 1, found.end("path"))


def _bucket_parts(text: str, found: re.Match[str]) -> Iterator[UrlPart]:
    yield _part("bucket", text, found.start("host"), found.end("host"))
    if found["path"] and len(found["path"]) > 1:
        yield _part("prefix", text, found.start("path") + 1, found.end("path"))


def _path_parts(text: str, found: re.Match[str]) -> Iterator[UrlPart]:
    """Yield the path: below the project behind two or three slashes, absolute behind four."""
    start = found.start("host") if found["host"] else found.start("path") + 1
    end = found.end("path") if found["path"] else found.end("host")
    if end > start:
        yield _part("path", text, start, end)


def _parameters(text: str, found: re.Match[str]) -> Iterator[UrlPart]:
    start = found.start("query")
    for written in (found["query"] or "").split("&"):
        name, equals, _ = written.partition("=")
        if written:
            if not equals:
                raise UrlError("a parameter of the URL has no value", "write `?name=value&name=value`")
            part = _part(_decoded(name), text, start + len(name) + 1, start + len(written))
            yield replace(part, named_at=start)
        start += len(written) + 1


def _part(option: str, text: str, start: int, end: int) -> UrlPart:
    written = text[start:end]
    decoded, last = [], 0
    for reference in REFERENCE.finditer(written):
        decoded += [_decoded(written[last : reference.start()]), reference[0]]
        last = reference.end()
    return UrlPart(option, "".join(decoded) + _decoded(written[last:]), written, start, start)


def _decoded(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise UrlError(
            "the URL holds percent-encoded bytes that are no UTF-8 text", "encode its text as UTF-8"
        ) from None
