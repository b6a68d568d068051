"""A stand-in for Amazon Redshift: a wire proxy over a real PostgreSQL and a real S3 endpoint."""

from redshift_standin.endpoints import PostgresEndpoint, S3Endpoint
from redshift_standin.errors import RedshiftError
from redshift_standin.standin import Standin

__all__ = ["PostgresEndpoint", "RedshiftError", "S3Endpoint", "Standin"]
