"""Where the options of a system lead, in a few words and without any secret."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from dataduct.config.secrets import REFERENCE


def destination(options: Mapping[str, Any]) -> str:
    """Return the host, port and database, the path, or the bucket; references as they are written."""
    host, socket = options.get("host"), options.get("unix_socket")
    if host or socket:
        return _server(str(socket or _bracketed(str(host))), None if socket else options.get("port"), options)
    if options.get("bucket"):
        prefix = options.get("prefix")
        return f"s3://{options['bucket']}" + (f"/{prefix}" if prefix else "")
    for name in ("uri", "path", "cluster_id", "database"):
        if options.get(name):
            return str(options[name])
    return _without_secrets(str(options.get("url") or ""))


def _server(place: str, port: object, options: Mapping[str, Any]) -> str:
    database = options.get("database")
    return place + (f":{port}" if port else "") + (f"/{database}" if database else "")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not REFERENCE.search(host) else host


def _without_secrets(url: str) -> str:
    """Return a URL without user, password and parameters; all of it if it is just a reference."""
    if not url or REFERENCE.fullmatch(url):
        return url
    try:
        parts = urlsplit(REFERENCE.sub("", url))
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
