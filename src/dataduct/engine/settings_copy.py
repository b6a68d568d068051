"""The copy of the settings that is kept in the project's bucket, for other machines."""

from collections.abc import Mapping
from pathlib import Path

from dataduct.config.merged import merged_settings, secrets_written, yaml_text
from dataduct.config.opening import opened_options
from dataduct.config.project import Project
from dataduct.config.references import References
from dataduct.errors import UserError
from dataduct.model.paths import path_below
from dataduct.model.position import Position
from dataduct.registry import STORAGE
from dataduct.storage.s3_bucket import Bucket
from dataduct.storage.s3_settings import check_storage

_NAME = "config/dataduct.cfg"


def send_settings(project: Project, environment: Mapping[str, str], *, with_secrets: bool) -> str:
    """Write what all settings files say together into the bucket, and return its URI.

    Raises:
        UserError: The storage is not in S3 (DD664), or secrets are written out in the settings and `with_secrets` is
            false (DD665).
        StorageError: The bucket cannot be written.
    """
    bucket, key = _place(project, environment)
    tree = merged_settings(project, environment)
    secrets = secrets_written(tree)
    if secrets and not with_secrets:
        many = len(secrets) > 1
        raise UserError(
            f"{len(secrets)} secrets are written out in the settings, and would be in the copy"
            if many
            else "a secret is written out in the settings, and would be in the copy",
            code="DD665",
            details=[f"{setting} at {_shown(place, project)}" for setting, place in secrets],
            hint="write references such as `${env:NAME}`, or add --with-secrets",
        )
    bucket.put(key, yaml_text(tree).encode("utf-8"))
    return bucket.uri(key)


def fetch_settings(project: Project, environment: Mapping[str, str]) -> tuple[str, bytes]:
    """Return the URI of the copy in the bucket and its text, encoded as UTF-8.

    Raises:
        UserError: The storage is not in S3 (DD664), or the bucket holds no settings (DD667).
        StorageError: The bucket cannot be read.
    """
    bucket, key = _place(project, environment)
    found = bucket.get(key)
    if found is None:
        raise UserError(
            f"there are no settings at {bucket.uri(key)}",
            code="DD667",
            hint="`dataduct config sync_to_s3` writes them",
        )
    return bucket.uri(key), found[0]


def _shown(place: Position, project: Project) -> str:
    return f"{path_below(Path(place.file), project.root)}:{place.line}"


def _place(project: Project, environment: Mapping[str, str]) -> tuple[Bucket, str]:
    options = project.settings.storage
    if options["type"] != "s3":
        raise UserError(
            f"settings are copied to S3, and the storage is of type `{options['type']}`",
            code="DD664",
            hint="write `storage: s3://BUCKET/PREFIX`, or `S3_ETL_BUCKET` in the section `etl`",
        )
    resolved = opened_options(
        options,
        registry=STORAGE,
        references=References(project, environment),
        secrets=project.secrets,
        owner="the storage",
    )
    checked, place = check_storage(resolved)
    return Bucket(checked, place.bucket), f"{place.prefix}{_NAME}"
