"""COPY and UNLOAD as text: quoted right, and shown without credentials."""

import pytest

from dataduct.model.operations import FileFormat
from dataduct.model.table import TableName
from dataduct.warehouses.redshift import RedshiftSettings
from dataduct.warehouses.redshift_commands import Commands, text
from dataduct.warehouses.redshift_refusals import context_lines

ROLE = "arn:aws:iam::123456789012:role/copy"
TABLE = TableName('odd"name', "prod")


def commands(**settings):
    return Commands(RedshiftSettings(user="u", **settings))


def test_parquet_is_copied_by_a_manifest():
    command = commands(iam_role=ROLE, region="eu-west-1").copy_parquet(
        TABLE, ["id", "order"], "s3://b/m'1.json", explicit_ids=False
    )

    assert command.text == (
        f'COPY "prod"."odd""name" ("id", "order") FROM \'s3://b/m\'\'1.json\' IAM_ROLE \'{ROLE}\' '
        "FORMAT AS PARQUET MANIFEST"
    )
    assert command.shown == command.text


def test_ids_of_the_dataset_go_into_an_identity_column():
    command = commands(iam_role="default").copy_parquet(TABLE, ["id"], "s3://b/m", explicit_ids=True)

    assert command.text.endswith("IAM_ROLE default FORMAT AS PARQUET MANIFEST EXPLICIT_IDS")


def test_keys_are_sent_and_not_shown():
    command = commands(access_key_id="AKIA", secret_access_key="it's\\secret", session_token="token").unload(
        "SELECT 1", "s3://b/p"
    )

    assert "ACCESS_KEY_ID 'AKIA' SECRET_ACCESS_KEY 'it''s\\\\secret' SESSION_TOKEN 'token'" in command.text
    assert command.shown == (
        "UNLOAD ('SELECT 1') TO 's3://b/p' ACCESS_KEY_ID '***' SECRET_ACCESS_KEY '***' SESSION_TOKEN '***' "
        "FORMAT AS PARQUET MAXFILESIZE 256 MB"
    )


def test_a_query_is_quoted_in_an_unload():
    command = commands(iam_role="default", region="eu-west-1").unload(r"SELECT 'a\b' AS x", "s3://b/p")

    assert command.text == (
        r"UNLOAD ('SELECT ''a\\b'' AS x') TO 's3://b/p' IAM_ROLE default "
        "FORMAT AS PARQUET MAXFILESIZE 256 MB REGION 'eu-west-1'"
    )


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ({}, r"MANIFEST DELIMITER '	' ESCAPE NULL AS 'NULL' TRUNCATECOLUMNS"),
        ({"ending": ".gz"}, r"MANIFEST DELIMITER '	' ESCAPE NULL AS 'NULL' GZIP TRUNCATECOLUMNS"),
        (
            {"is_csv": True, "ending": ".zst"},
            "MANIFEST FORMAT AS CSV IGNOREHEADER 1 NULL AS 'NULL' ZSTD TRUNCATECOLUMNS",
        ),
        (
            {
                "file_format": FileFormat(
                    delimiter="|", escape=False, null_values=(), max_errors=7, replace_invalid_char="?"
                )
            },
            "MANIFEST DELIMITER '|' MAXERROR 7 ACCEPTINVCHARS AS '?' TRUNCATECOLUMNS",
        ),
    ],
)
def test_texts_are_copied_as_the_step_says(given, options):
    arguments = {"is_csv": False, "ending": "", "file_format": FileFormat(), **given}

    command = commands(iam_role="default").copy_text(
        TABLE, ["id"], "s3://b/m", more=" TRUNCATECOLUMNS ", **arguments
    )

    assert command.text.partition(" IAM_ROLE default ")[2] == options


def test_a_literal_escapes_backslashes():
    assert text("a'b\\c") == r"'a''b\\c'"


def test_the_frame_of_an_internal_error_is_left_out():
    detail = "\n  ---\n  error:  Spectrum Scan Error\n  code: 1\n  context:   column x is wrong\n  query: 7\n  ---\n"

    assert context_lines(detail) == ("Spectrum Scan Error", "column x is wrong")
    assert context_lines("plain words") == ("plain words",)
    assert context_lines(None) == ()
