"""The settings of a MySQL connection."""

from pathlib import Path

import pytest

from dataduct.connectors.mysql_settings import MysqlSettings, checked_settings
from dataduct.errors import UserError

ROOT = Path("/project")


def checked(for_step: str | None = None, **options: object) -> MysqlSettings:
    return checked_settings(options, database=for_step, project_directory=ROOT)


def test_the_defaults() -> None:
    settings = checked(host="db", user="reader")
    assert (settings.port, settings.database, settings.tls, settings.charset) == (
        3306,
        None,
        "preferred",
        "utf8mb4",
    )
    assert settings.server == "db:3306"


def test_username_is_another_word_for_user_and_the_step_s_database_goes_first() -> None:
    settings = checked(type="mariadb", host="db", username="reader", database="shop")
    assert settings.user == "reader"
    assert checked("other", host="db", user="reader", database="shop").server == "db:3306/other"


def test_a_url_says_it_all() -> None:
    settings = checked(
        url="mysql://re%40der:p%40ss%2Fw@db:3307/shop?tls=required&connect_timeout=3", connect_retries=1
    )
    assert (settings.host, settings.port, settings.user, settings.database) == ("db", 3307, "re@der", "shop")
    assert settings.password.get_secret_value() == "p@ss/w"
    assert (settings.tls, settings.connect_timeout, settings.connect_retries) == ("required", 3.0, 1)


def test_certificates_are_below_the_project() -> None:
    assert (
        checked(host="db", user="u", tls="verify-ca", tls_ca="certs/ca.pem").tls_ca == ROOT / "certs/ca.pem"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"host": "db"}, "the mysql connection lacks the option `user`"),
        ({"host": "db", "user": "u", "passwort": "x"}, "the mysql connection has no option `passwort`"),
        (
            {"host": "db", "user": "u", "port": 70_000},
            "the option `port` of the mysql connection is wrong: input ",
        ),
        (
            {"host": "db", "user": "u", "tls": "on"},
            "the option `tls` of the mysql connection is wrong: input should",
        ),
        (
            {"host": "db", "user": "u", "tls_ca": "ca.pem"},
            "the option `tls_ca` of the mysql connection is wrong: it is used only to check a certificate",
        ),
        (
            {"url": "mysql://u@db/shop", "host": "db"},
            "the option `host` of the mysql connection is wrong: it cannot stand beside `url`, which says it too",
        ),
        (
            {"url": "mysql://u:s3cret@db/shop?tsl=required"},
            "the option `url` of the mysql connection is wrong: it has no parameter `tsl`",
        ),
        (
            {"url": "postgresql://u:s3cret@db"},
            "the option `url` of the mysql connection is wrong: it lacks a host",
        ),
        (
            {"url": "mysql://u:s3cret@db:x/"},
            "the option `url` of the mysql connection is wrong: it is no URL",
        ),
    ],
)
def test_wrong_settings_are_named(options: dict[str, object], message: str) -> None:
    with pytest.raises(UserError) as caught:
        checked(**options)
    assert caught.value.code == "DD820"
    assert caught.value.message.startswith(message)
    assert "s3cret" not in f"{caught.value.message} {caught.value.hint}"


def test_the_password_is_not_printed() -> None:
    assert "s3cret" not in repr(checked(host="db", user="u", password="s3cret"))
