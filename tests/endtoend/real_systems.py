"""Projects on real servers: their settings, their runs, and where a secret must not be."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from projects import Ended, Project

DATE = "2026-01-01"


def connection(server: Any, database: str, **options: Any) -> dict[str, Any]:
    """Return a connection of the settings; its password comes from the environment as `PW`."""
    return {
        "type": {"mariadb": "mysql", "postgres": "postgres"}[server.kind],
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": "${env:PW}",
        "database": database,
        **options,
    }


def bucket(server: Any, name: str) -> dict[str, Any]:
    """Return a bucket as a storage or connection; its secret key comes from the environment as `S3_SECRET`."""
    return {
        "type": "s3",
        "endpoint_url": server.endpoint,
        "region": server.region,
        "access_key_id": server.access_key,
        "secret_access_key": "${env:S3_SECRET}",
        **({"bucket": name} if name else {}),
    }


def write_settings(project: Project, **settings: Any) -> None:
    """Write `dataduct.yml`; steps are tried again at once."""
    engine = {"workers": 1, "retry_delay": 0.05, **settings.pop("engine", {})}
    project.write({"dataduct.yml": json.dumps({"project": "real", "engine": engine, **settings}, indent=1)})


def run(project: Project, pipeline: str, *options: str, date: str = DATE) -> Ended:
    """Run a pipeline in a process of its own and return how it ended."""
    return project.process("run", f"pipelines/{pipeline}.yaml", "--run-date", date, *options)


def done(project: Project, pipeline: str, *options: str, date: str = DATE) -> Ended:
    """Run a pipeline that is to succeed."""
    ended = run(project, pipeline, *options, date=date)
    assert ended.exit_code == 0, ended.text
    return ended


def failed(project: Project, pipeline: str, *options: str, date: str = DATE) -> str:
    """Run a pipeline that is to fail, without a traceback, and return what it told."""
    ended = run(project, pipeline, *options, date=date)
    assert ended.exit_code == 1, ended.text
    assert "Traceback" not in ended.text
    return ended.text


def places_of(secret: str, root: Path, *texts: str) -> list[str]:
    """Return the files below `root` and the texts that hold a secret, as it is or as a URL has it."""
    forms = {form.encode() for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1])}
    found = [f"text {number}" for number, text in enumerate(texts) if any(f.decode() in text for f in forms)]
    for path in root.rglob("*"):
        if path.is_file() and any(form in path.read_bytes() for form in forms):
            found.append(str(path.relative_to(root)))
    return found
