"""The storages that the contract holds for. A new one adds a name and a branch to `kept`."""

from pathlib import Path

import pytest
from kept_storages import Kept, KeptInS3, KeptLocally

from dataduct.storage.base import Storage

IMPLEMENTATIONS = ("local", "s3")


@pytest.fixture(params=IMPLEMENTATIONS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    if request.param == "local":
        return KeptLocally(tmp_path)
    return KeptInS3(request.getfixturevalue("s3_server"), tmp_path)


@pytest.fixture
def storage(kept: Kept) -> Storage:
    return kept.storage


@pytest.fixture
def s3_kept(request: pytest.FixtureRequest, tmp_path: Path) -> KeptInS3:
    return KeptInS3(request.getfixturevalue("s3_server"), tmp_path)
