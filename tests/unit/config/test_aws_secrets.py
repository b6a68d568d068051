"""Secrets that AWS keeps, against a server that stands in for AWS."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto.server import ThreadedMotoServer

from dataduct.config.aws_secrets import AwsSecrets
from dataduct.config.project import Project
from dataduct.config.references import References
from dataduct.config.settings import AwsSettings, Settings
from dataduct.errors import DataductError, MissingDependencyError, TransientError, UserError

REGION = "eu-west-1"
PASSWORD = "hun:ter@2/%?#"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def aws(endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.fixture
def shop(endpoint: str, request: pytest.FixtureRequest) -> str:
    """The name of a secret that a test may read: a JSON object of two versions."""
    client = boto3.client("secretsmanager", region_name=REGION)
    name = f"shop/{request.node.name}"
    document = {"username": "reader", "password": PASSWORD, "port": 3306, "more": {"a": 1}}
    client.create_secret(Name=name, SecretString=json.dumps({"password": "the old one"}))
    client.put_secret_value(SecretId=name, SecretString=json.dumps(document))
    return name


@pytest.fixture(scope="module")
def systems(endpoint: str) -> None:
    """An RDS instance and a Redshift cluster."""
    options: Any = {
        "region_name": REGION,
        "endpoint_url": endpoint,
        "aws_access_key_id": "testing",
        "aws_secret_access_key": "testing",
    }
    boto3.client("rds", **options).create_db_instance(
        DBInstanceIdentifier="shop", DBInstanceClass="db.t3.micro", Engine="postgres"
    )
    boto3.client("redshift", **options).create_cluster(
        ClusterIdentifier="dwh", NodeType="ra3.large", MasterUsername="me", MasterUserPassword="Secret123"
    )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(root=tmp_path, settings=Settings(aws=AwsSettings(region=REGION)))


def resolved(project: Project, text: str, **environment: str) -> str:
    value = References(project, environment).resolve({"password": text})["password"]
    assert isinstance(value, str)
    return value


def refused(project: Project, text: str, **environment: str) -> DataductError:
    with pytest.raises(DataductError) as caught:
        resolved(project, text, **environment)
    shown = f"{caught.value} {caught.value.hint} {caught.value.details}"
    assert PASSWORD not in shown
    assert "the old one" not in shown
    return caught.value


class TestSecretsManager:
    def test_a_key_of_a_json_secret(self, project: Project, shop: str) -> None:
        assert resolved(project, f"${{aws-secretsmanager:{shop}#password}}") == PASSWORD
        assert project.secrets.redact(f"login {PASSWORD}") == "login ***"

    def test_a_number_is_its_text(self, project: Project, shop: str) -> None:
        assert resolved(project, f"${{aws-secretsmanager:{shop}#port}}") == "3306"

    def test_without_a_key_all_of_it(self, project: Project) -> None:
        boto3.client("secretsmanager", region_name=REGION).create_secret(
            Name="plain", SecretString="just this"
        )
        assert resolved(project, "${aws-secretsmanager:plain}") == "just this"

    def test_binary_text(self, project: Project) -> None:
        client = boto3.client("secretsmanager", region_name=REGION)
        client.create_secret(Name="bytes", SecretBinary="päss".encode())
        client.create_secret(Name="no-text", SecretBinary=b"\xff\xfe")
        assert resolved(project, "${aws-secretsmanager:bytes}") == "päss"
        assert refused(project, "${aws-secretsmanager:no-text}").code == "DD655"

    def test_an_earlier_version_by_its_stage(self, project: Project, shop: str) -> None:
        assert resolved(project, f"${{aws-secretsmanager:{shop}#password#AWSPREVIOUS}}") == "the old one"
        whole = resolved(project, f"${{aws-secretsmanager:{shop}##AWSPREVIOUS}}")
        assert json.loads(whole) == {"password": "the old one"}

    def test_an_arn_says_its_region(self, tmp_path: Path, shop: str) -> None:
        client = boto3.client("secretsmanager", region_name=REGION)
        arn = client.describe_secret(SecretId=shop)["ARN"]
        elsewhere = Project(root=tmp_path, settings=Settings(aws=AwsSettings(region="us-east-2")))
        assert resolved(elsewhere, f"${{aws-secretsmanager:{arn}#username}}") == "reader"

    def test_an_unknown_name(self, project: Project) -> None:
        error = refused(project, "${aws-secretsmanager:shp/password}")
        assert (error.code, str(error)) == (
            "DD652", "AWS has no value for the secret `shp/password` in the region eu-west-1",
        )  # fmt: skip

    def test_another_region_does_not_have_it(self, project: Project, tmp_path: Path, shop: str) -> None:
        elsewhere = Project(root=tmp_path, settings=Settings())
        error = refused(elsewhere, f"${{aws-secretsmanager:{shop}}}", AWS_REGION="us-east-2")
        assert error.code == "DD652"
        assert "us-east-2" in str(error)
        assert "AWS_REGION" in (error.hint or "")

    def test_one_marked_for_deletion(self, project: Project, shop: str) -> None:
        boto3.client("secretsmanager", region_name=REGION).delete_secret(SecretId=shop)
        error = refused(project, f"${{aws-secretsmanager:{shop}}}")
        assert (error.code, "marked for deletion" in str(error)) == ("DD652", True)

    def test_a_missing_key_names_the_nearest(self, project: Project, shop: str) -> None:
        error = refused(project, f"${{aws-secretsmanager:{shop}#pasword}}")
        assert (error.code, str(error)) == ("DD655", f"the secret `{shop}` has no key `pasword`")
        assert error.hint == "did you mean `password`?"

    def test_a_missing_key_unlike_any_lists_those_there_are(self, project: Project, shop: str) -> None:
        error = refused(project, f"${{aws-secretsmanager:{shop}#zzz}}")
        assert error.hint == "it has `username`, `password`, `port`, `more`"

    def test_a_key_of_what_is_no_object(self, project: Project) -> None:
        client = boto3.client("secretsmanager", region_name=REGION)
        client.create_secret(Name="text", SecretString=PASSWORD)
        assert refused(project, "${aws-secretsmanager:text#password}").code == "DD655"

    def test_a_key_that_holds_an_object(self, project: Project, shop: str) -> None:
        assert refused(project, f"${{aws-secretsmanager:{shop}#more}}").code == "DD655"


class TestParameterStore:
    def test_a_parameter_is_decrypted(self, project: Project) -> None:
        client = boto3.client("ssm", region_name=REGION)
        client.put_parameter(Name="/shop/password", Value=PASSWORD, Type="SecureString")
        assert resolved(project, "${aws-ssm:/shop/password}") == PASSWORD
        assert PASSWORD not in project.secrets.redact(PASSWORD)

    def test_an_earlier_version(self, project: Project) -> None:
        client = boto3.client("ssm", region_name=REGION)
        for value in ("first", "second"):
            client.put_parameter(Name="/versions", Value=value, Type="String", Overwrite=True)
        assert resolved(project, "${aws-ssm:/versions:1}") == "first"
        assert resolved(project, "${aws-ssm:/versions}") == "second"

    def test_an_unknown_name(self, project: Project) -> None:
        error = refused(project, "${aws-ssm:/nowhere}")
        assert (error.code, "`/nowhere`" in str(error)) == ("DD652", True)


class TestReachingAws:
    def test_each_secret_is_asked_for_once_in_a_run(
        self, project: Project, shop: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = []
        secret = AwsSecrets.secret
        monkeypatch.setattr(AwsSecrets, "secret", lambda self, name: asked.append(name) or secret(self, name))
        references = References(project, {})
        for _ in range(3):
            references.resolve({"a": f"${{aws-secretsmanager:{shop}#password}}"})
        assert asked == [f"{shop}#password"]
        References(project, {}).resolve({"a": f"${{aws-secretsmanager:{shop}#password}}"})
        assert len(asked) == 2

    @pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
    def test_the_environment_names_the_region(self, tmp_path: Path, shop: str, variable: str) -> None:
        project = Project(root=tmp_path, settings=Settings())
        assert resolved(project, f"${{aws-secretsmanager:{shop}#username}}", **{variable: REGION}) == "reader"

    def test_the_settings_name_the_endpoint_and_the_profile(
        self, tmp_path: Path, shop: str, endpoint: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("AWS_ENDPOINT_URL")
        profile = (
            f"[profile analytics]\nregion = {REGION}\naws_access_key_id = a\naws_secret_access_key = b\n"
        )
        (tmp_path / "config").write_text(profile, encoding="utf-8")
        settings = Settings(aws=AwsSettings(profile="analytics", endpoint_url=endpoint))
        project = Project(root=tmp_path, settings=settings)
        assert resolved(project, f"${{aws-secretsmanager:{shop}#username}}") == "reader"

    def test_without_a_region(self, tmp_path: Path) -> None:
        error = refused(Project(root=tmp_path, settings=Settings()), "${aws-secretsmanager:shop}")
        assert (error.code, "aws: {region: eu-west-1}" in (error.hint or "")) == ("DD656", True)
        assert "`shop`" in str(error)

    def test_without_credentials(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        error = refused(project, "${aws-ssm:/shop}")
        assert (error.code, "AWS_ACCESS_KEY_ID" in (error.hint or "")) == ("DD656", True)

    def test_an_unknown_profile(self, tmp_path: Path) -> None:
        settings = Settings(aws=AwsSettings(region=REGION, profile="analitics"))
        error = refused(Project(root=tmp_path, settings=settings), "${aws-ssm:/shop}")
        assert (error.code, "analitics" in str(error)) == ("DD656", True)

    def test_an_endpoint_that_nobody_listens_at(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        error = refused(project, "${aws-ssm:/shop}")
        assert isinstance(error, TransientError)
        assert (error.code, "`/shop`" in str(error)) == ("DD654", True)

    @pytest.mark.parametrize(
        ("answer", "kind", "code"),
        [
            ("AccessDeniedException", UserError, "DD653"),
            ("ExpiredTokenException", UserError, "DD656"),
            ("UnrecognizedClientException", UserError, "DD656"),
            ("ThrottlingException", TransientError, "DD654"),
            ("DecryptionFailure", UserError, "DD657"),
        ],
    )
    def test_what_aws_answers_is_told(self, answer: str, kind: type, code: str) -> None:
        aws = AwsSecrets(AwsSettings(region=REGION), {})
        client: Any = aws._client("secretsmanager", REGION)
        with Stubber(client) as stub:
            stub.add_client_error("get_secret_value", answer, "User: arn:me is not allowed")
            with pytest.raises(kind) as caught:
                aws.secret("shop#password")
        assert caught.value.code == code
        assert "the secret `shop`" in str(caught.value)
        assert "User: arn:me is not allowed" in str(caught.value)

    def test_without_boto3_the_pip_line_is_told(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import sys

        for name in ("botocore.exceptions", "botocore", "boto3"):
            monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(MissingDependencyError) as caught:
            resolved(project, "${aws-ssm:/shop}")
        assert caught.value.hint == "pip install 'dataduct[aws]'"


class TestAddresses:
    @pytest.mark.parametrize(
        ("reference", "host"),
        [
            ("${aws-rds:shop}", ".eu-west-1.rds.amazonaws.com"),
            ("${aws-rds:eu-west-1/shop}", ".eu-west-1.rds.amazonaws.com"),
            ("${aws-redshift:dwh}", ".eu-west-1.redshift.amazonaws.com"),
        ],
    )
    @pytest.mark.usefixtures("systems")
    def test_of_instances_and_clusters_are_asked_for(
        self, project: Project, reference: str, host: str
    ) -> None:
        found = References(project, {}).resolve({"host": reference})["host"]
        assert found.endswith(host)
        assert project.secrets.redact(found) == found

    @pytest.mark.parametrize(
        ("reference", "what"),
        [
            ("${aws-rds:us-east-2/shop}", "the RDS instance `shop` in the region us-east-2"),
            ("${aws-redshift:none}", "the Redshift cluster `none` in the region eu-west-1"),
        ],
    )
    @pytest.mark.usefixtures("systems")
    def test_of_none(self, project: Project, reference: str, what: str) -> None:
        error = refused(project, reference)
        assert (error.code, error.message) == ("DD652", f"AWS has no value for the address of {what}")

    def test_of_an_instance_that_is_being_made(self, project: Project) -> None:
        aws = AwsSecrets(project.settings.aws, {})
        client = aws._client("rds", REGION)
        with Stubber(client) as stub:
            answer = {"DBInstances": [{"DBInstanceIdentifier": "new"}]}
            stub.add_response("describe_db_instances", answer, {"DBInstanceIdentifier": "new"})
            with pytest.raises(UserError) as caught:
                aws.database_address("new")
        assert (caught.value.code, caught.value.hint) == ("DD655", "wait until it has been made")

    @pytest.mark.parametrize("right", ["rds:DescribeDBInstances", "redshift:DescribeClusters"])
    def test_that_may_not_be_asked_for(self, project: Project, right: str) -> None:
        aws = AwsSecrets(project.settings.aws, {})
        service = right.partition(":")[0]
        ask = aws.database_address if service == "rds" else aws.cluster_address
        with Stubber(aws._client(service, REGION)) as stub:
            stub.add_client_error(
                "describe_db_instances" if service == "rds" else "describe_clusters", "AccessDenied"
            )
            with pytest.raises(UserError) as caught:
                ask("x")
        assert (caught.value.code, caught.value.hint) == ("DD653", f"allow {right}")
