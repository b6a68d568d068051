import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataduct.errors import StorageError
from dataduct.model.dataset import Field, Manifest, Part
from dataduct.storage.manifest import manifest_from_json, manifest_to_json

texts = st.text(st.characters(exclude_categories=["Cs"]))
counts = st.integers(0, 2**63)
part_names = st.from_regex(r"[a-z0-9][a-z0-9 ü*.-]{0,9}(/[a-z0-9_][a-z0-9.]{0,9}){0,2}", fullmatch=True)
manifests = st.builds(
    Manifest,
    format=st.sampled_from(["parquet", "tsv", "csv", "jsonl", "files"]),
    parts=st.lists(st.builds(Part, part_names, st.none() | counts, counts), max_size=4).map(tuple),
    fields=st.none() | st.lists(st.builds(Field, texts, texts, st.booleans()), max_size=4).map(tuple),
    rows=st.none() | counts,
    bytes=counts,
    watermark=st.none() | texts,
    producer=texts,
    options=st.dictionaries(texts, texts, max_size=3),
)


@given(manifests)
def test_a_manifest_round_trips(manifest: Manifest) -> None:
    assert manifest_from_json(manifest_to_json(manifest), source="m") == manifest


def valid() -> dict[str, object]:
    return json.loads(manifest_to_json(Manifest(format="tsv", parts=(Part("a/x.tsv", None, 3),), bytes=3)))


def test_a_newer_version_is_refused_with_what_to_do() -> None:
    with pytest.raises(StorageError, match="version 2, and this release reads versions up to 1") as caught:
        manifest_from_json(json.dumps(valid() | {"version": 2, "shape": "new"}), source="m.json")
    assert caught.value.code == "DD746"
    assert caught.value.hint is not None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is not JSON"),
        ('{"version": 1', "it is not JSON"),
        ("[]", "it has no version"),
        (json.dumps(valid() | {"rows": "many"}), "rows: "),
        (json.dumps(valid() | {"parts": [{"path": "a", "rows": 1}]}), "parts.0.bytes: "),
        (
            json.dumps(valid() | {"parts": [{"path": "../../etc/passwd", "rows": 1, "bytes": 1}]}),
            "lies outside",
        ),
        (json.dumps(valid() | {"parts": [{"path": "/etc/passwd", "rows": 1, "bytes": 1}]}), "lies outside"),
    ],
)
def test_a_damaged_manifest_says_what_is_wrong_with_it(text: str, why: str) -> None:
    with pytest.raises(StorageError, match=r"the manifest m\.json is damaged") as caught:
        manifest_from_json(text, source="m.json")
    assert why in caught.value.message
    assert caught.value.code == "DD745"
