"""Manifests as JSON."""

import json

from pydantic import BaseModel, ConfigDict, ValidationError

from dataduct.errors import StorageError
from dataduct.model.dataset import DatasetFormat, Field, Manifest, Part
from dataduct.storage.keys import is_safe_part

MANIFEST_VERSION = 1
"""The newest version of the JSON that this release reads, and the one it writes."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Part(_Strict):
    path: str
    rows: int | None
    bytes: int


class _Field(_Strict):
    name: str
    type: str
    nullable: bool


class _Manifest(_Strict):
    version: int
    format: DatasetFormat
    producer: str
    rows: int | None
    bytes: int
    watermark: str | None
    options: dict[str, str]
    fields: list[_Field] | None
    parts: list[_Part]


def manifest_to_json(manifest: Manifest) -> str:
    """Return `manifest` as JSON text with a final newline, non-ASCII characters escaped."""
    document = {
        "version": MANIFEST_VERSION,
        "format": manifest.format,
        "producer": manifest.producer,
        "rows": manifest.rows,
        "bytes": manifest.bytes,
        "watermark": manifest.watermark,
        "options": manifest.options,
        "fields": None
        if manifest.fields is None
        else [
            {"name": field.name, "type": field.type, "nullable": field.nullable} for field in manifest.fields
        ],
        "parts": [{"path": part.path, "rows": part.rows, "bytes": part.bytes} for part in manifest.parts],
    }
    return json.dumps(document, indent=1) + "\n"


def manifest_from_json(text: str | bytes, *, source: str) -> Manifest:
    """Return the manifest that `text` holds; `source` names it in messages.

    Raises:
        StorageError: The text is no manifest, or one that a newer release wrote.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _damaged(source, f"it is not JSON ({error})") from error
    if not isinstance(document, dict) or not isinstance(document.get("version"), int):
        raise _damaged(source, "it has no version number")
    if document["version"] > MANIFEST_VERSION:
        raise StorageError(
            f"the manifest {source} has version {document['version']}, "
            f"and this release reads versions up to {MANIFEST_VERSION}",
            code="DD746",
            hint="upgrade dataduct, or run the producing step again with this release",
        )
    try:
        checked = _Manifest.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise _damaged(source, f"{place}: {first['msg'].lower()}") from error
    for part in checked.parts:
        if not is_safe_part(part.path):
            raise _damaged(source, f"part {part.path!r} lies outside the dataset")
    return Manifest(
        format=checked.format,
        parts=tuple(Part(part.path, part.rows, part.bytes) for part in checked.parts),
        fields=None
        if checked.fields is None
        else tuple(Field(field.name, field.type, field.nullable) for field in checked.fields),
        rows=checked.rows,
        bytes=checked.bytes,
        watermark=checked.watermark,
        producer=checked.producer,
        version=checked.version,
        options=dict(checked.options),
    )


def _damaged(source: str, why: str) -> StorageError:
    return StorageError(
        f"the manifest {source} is damaged: {why}",
        code="DD745",
        hint="run the step that writes the dataset again",
    )
