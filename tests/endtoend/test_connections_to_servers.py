"""`dataduct connections test` against real servers, reached by URLs whose password breaks what does not quote it."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from dataduct.storage.s3 import open_storage
from servers.database_server import Server
from servers.s3 import S3Server


def outcome(directory: Path, **environment: str) -> tuple[int, dict[str, dict[str, Any]], str]:
    from dataduct.cli.main import dataduct

    arguments = ["connections", "test", "--json", "-C", str(directory)]
    result = CliRunner().invoke(dataduct, arguments, env=environment, prog_name="dataduct")
    document = json.loads(result.stdout)
    return result.exit_code, {each["alias"]: each for each in document["connections"]}, result.output


@pytest.mark.parametrize("way", ["reference", "encoded", "all of it"])
def test_databases_are_reached_whatever_way_the_password_is_given(
    mariadb_server: Server, postgres_server: Server, tmp_path: Path, way: str
) -> None:
    lines, environment = ["connections:"], {}
    for alias, kind, server in (("shop", "mysql", mariadb_server), ("school", "postgresql", postgres_server)):
        database = server.fresh_database("connections")
        place = f"{server.host}:{server.port}/{database}"
        encoded = f"{kind}://{server.user}:{quote(server.password, safe='')}@{place}"
        environment |= {"PW": server.password, f"{alias.upper()}_URL": encoded}
        lines.append(
            {
                "reference": f"  {alias}: {kind}://{server.user}:${{env:PW}}@{place}",
                "encoded": f"  {alias}: {encoded}",
                "all of it": f"  {alias}: {{type: {kind}, url: '${{env:{alias.upper()}_URL}}'}}",
            }[way]
        )
    (tmp_path / "dataduct.yml").write_text("\n".join(lines), encoding="utf-8")
    code, systems, output = outcome(tmp_path, **environment)
    assert (code, [system["error"] for system in systems.values()]) == (0, [None] * 4), output
    assert systems["shop"]["version"].startswith(("MariaDB", "MySQL"))
    assert systems["school"]["version"].startswith("PostgreSQL")
    for form in (mariadb_server.password, quote(mariadb_server.password, safe="")):
        assert form not in output


def test_a_wrong_password_and_a_missing_database_are_told(
    mariadb_server: Server, postgres_server: Server, tmp_path: Path
) -> None:
    one, other = mariadb_server, postgres_server
    (tmp_path / "dataduct.yml").write_text(
        "connections:\n"
        f"  shop: mysql://{one.user}:${{env:WRONG}}@{one.host}:{one.port}/x\n"
        f"  school: postgresql://{other.user}:${{env:PW}}@{other.host}:{other.port}/no_such_database\n",
        encoding="utf-8",
    )
    code, systems, output = outcome(tmp_path, WRONG="not-the-one", PW=other.password)
    assert code == 1
    assert systems["shop"]["error"]["code"] == "DD822"
    assert systems["school"]["error"]["code"] == "DD823"
    assert [secret for secret in ("not-the-one", other.password) if secret in output] == []


def test_a_bucket_is_written_read_and_emptied(s3_server: S3Server, tmp_path: Path) -> None:
    bucket = s3_server.fresh_bucket()
    (tmp_path / "dataduct.yml").write_text(
        f"storage:\n  url: s3://{bucket}/runs?endpoint_url={quote(s3_server.endpoint, safe='')}"
        f"&region={s3_server.region}\n"
        "  access_key_id: ${env:KEY}\n  secret_access_key: ${env:SECRET}\n",
        encoding="utf-8",
    )
    code, systems, output = outcome(tmp_path, KEY=s3_server.access_key, SECRET=s3_server.secret_key)
    assert (code, systems["storage"]["error"]) == (0, None), output
    assert systems["storage"]["destination"] == f"s3://{bucket}/runs"
    assert s3_server.secret_key not in output
    storage = open_storage(
        {
            "bucket": bucket,
            "prefix": "runs",
            "endpoint_url": s3_server.endpoint,
            "region": s3_server.region,
            "access_key_id": s3_server.access_key,
            "secret_access_key": s3_server.secret_key,
        },
        project_directory=tmp_path,
    )
    assert list(storage._bucket.objects("")) == []  # type: ignore[attr-defined]
