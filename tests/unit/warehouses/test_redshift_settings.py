"""The settings of an Amazon Redshift warehouse, and where its rows are staged."""

import pytest

from dataduct.errors import UserError
from dataduct.registry import WAREHOUSES
from dataduct.warehouses.redshift import RedshiftProvider, RedshiftSettings, with_storage

CLUSTER = {"type": "redshift", "host": "cluster.example.com", "user": "loader", "database": "analytics"}
STORAGE = {
    "type": "s3",
    "uri": "s3://bucket/project/",
    "endpoint_url": "http://s3.example.com",
    "region": "eu-west-1",
    "access_key_id": "key",
    "secret_access_key": "secret",
    "read_timeout": 5.0,
    "temporary_path": "/tmp",
}


def settings(**others):
    return RedshiftSettings.model_validate({**CLUSTER, **others})


def test_the_cluster_is_reached_over_tls_on_its_own_port():
    parameters = settings().parameters()

    assert (parameters["host"], parameters["port"]) == ("cluster.example.com", 5439)
    assert parameters["sslmode"] == "require"
    assert settings(sslmode="verify-full", port=15439).parameters()["port"] == 15439


@pytest.mark.parametrize(
    ("url", "port", "sslmode"),
    [
        ("redshift://loader@host/analytics", 5439, "require"),
        ("postgresql://loader@host:7000/analytics?sslmode=verify-ca", 7000, "verify-ca"),
    ],
)
def test_a_url(url, port, sslmode):
    parameters = RedshiftSettings.model_validate({"type": "redshift", "url": url}).parameters()

    assert (parameters["host"], int(parameters["port"]), parameters["sslmode"]) == ("host", port, sslmode)


def test_what_it_can_do_is_known_without_a_place_to_stage_rows():
    capabilities = WAREHOUSES.load("redshift").capabilities(CLUSTER)

    assert (capabilities.dialect, capabilities.reads_uris) == ("redshift", True)
    assert not capabilities.enforces_primary_key


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"staging": "gs://bucket"}, "staging"),
        ({"access_key_id": "key"}, "secret_access_key"),
        ({"stagging": "s3://bucket"}, "stagging"),
        ({"url": "mysql://host/x"}, "url"),
    ],
)
def test_wrong_settings_are_named(wrong, told):
    with pytest.raises(UserError, match=told) as refused:
        RedshiftProvider.capabilities({**CLUSTER, **wrong})

    assert refused.value.code == "DD700"


@pytest.mark.parametrize("missing", ["staging", "iam_role"])
def test_rows_need_a_bucket_and_rights(missing, tmp_path):
    given = {**CLUSTER, "staging": "s3://bucket/x", "iam_role": "arn:aws:iam::1:role/r"}
    given.pop(missing)

    with pytest.raises(UserError, match=missing) as refused:
        RedshiftProvider.open_warehouse(given, project_directory=tmp_path, lock_timeout=1, on_wait=print)

    assert refused.value.code == "DD721"


def test_rows_are_staged_in_the_projects_storage():
    filled = with_storage(CLUSTER, STORAGE)

    assert filled["staging"] == "s3://bucket/project/staging"
    checked = RedshiftSettings.model_validate(filled)
    assert str(checked.staging_place) == "s3://bucket/project/staging/"
    assert checked.s3_options() == {
        "endpoint_url": "http://s3.example.com",
        "region": "eu-west-1",
        "access_key_id": "key",
        "secret_access_key": "secret",
        "connect_timeout": 10.0,
        "read_timeout": 5.0,
        "max_retries": 5,
    }


def test_a_bucket_with_a_prefix_is_a_place_too():
    storage = {"type": "s3", "bucket": "bucket", "prefix": "a/b"}

    assert with_storage(CLUSTER, storage)["staging"] == "s3://bucket/a/b/staging"


@pytest.mark.parametrize("storage", [{"type": "local"}, STORAGE])
def test_a_place_that_is_named_stands(storage):
    given = {**CLUSTER, "staging": "s3://other/x"}

    assert with_storage(given, storage) == given


def test_credentials_are_not_mixed():
    filled = with_storage({**CLUSTER, "profile": "analytics"}, STORAGE)

    assert filled["profile"] == "analytics"
    assert "access_key_id" not in filled
    assert "secret_access_key" not in filled
