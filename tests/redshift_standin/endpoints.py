"""The real systems behind the stand-in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PostgresEndpoint:
    """A PostgreSQL server and a superuser of it."""

    host: str
    port: int
    user: str
    password: str
    database: str = "postgres"


@dataclass(frozen=True, slots=True)
class S3Endpoint:
    """An S3 endpoint and the credentials that the accepted IAM roles stand for."""

    endpoint: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"
