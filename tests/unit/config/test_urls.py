"""The address of a system as a URL, taken apart."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataduct.config.urls import UrlError, scheme, split_url, type_of_scheme

SERVER = ("type", "host", "port", "user", "password", "database", "tls")
TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
NAME = st.text("abcdefghijklmnopqrstuvwxyz0123456789-.", min_size=1, max_size=20)
SECRET = "hun-ter2"


def parts(url: str, options: tuple[str, ...] = SERVER) -> dict[str, str] | None:
    found = split_url(url, options)
    return {part.option: part.text for part in found} if found is not None else None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "mysql://me:pw@db.example.com:3306/school?tls=required",
            {
                "user": "me",
                "password": "pw",
                "host": "db.example.com",
                "port": "3306",
                "database": "school",
                "tls": "required",
            },
        ),
        ("mysql://db", {"host": "db"}),
        ("mysql://me@db/", {"user": "me", "host": "db"}),
        ("mysql://me:@db", {"user": "me", "password": "", "host": "db"}),
        ("mysql://:pw@db", {"password": "pw", "host": "db"}),
        ("postgresql://[::1]:5432/x", {"host": "::1", "port": "5432", "database": "x"}),
        ("postgresql:///x?host=%2Frun%2Fpg", {"database": "x", "host": "/run/pg"}),
        (
            "mysql://a%40b:p%2Fw@h/my%20db",
            {"user": "a@b", "password": "p/w", "host": "h", "database": "my db"},
        ),
        ("mysql://u:100%@h", {"user": "u", "password": "100%", "host": "h"}),
        ("mysql://u:p@ss@h", {"user": "u", "password": "p@ss", "host": "h"}),
        ("mysql://u:a+b@h", {"user": "u", "password": "a+b", "host": "h"}),
        ("jdbc:redshift://h:5439/dev", {"host": "h", "port": "5439", "database": "dev"}),
    ],
)
def test_a_server(url: str, expected: dict[str, str]) -> None:
    assert parts(url) == expected


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///data/shop.db", "data/shop.db"),
        ("sqlite:////var/shop.db", "/var/shop.db"),
        ("sqlite://data/shop.db", "data/shop.db"),
        ("sqlite://shop.db", "shop.db"),
        ("duckdb:///:memory:", ":memory:"),
    ],
)
def test_a_file(url: str, path: str) -> None:
    assert parts(url, ("path",)) == {"path": path}


def test_a_bucket() -> None:
    expected = {"bucket": "my-bucket", "prefix": "a/b", "region": "eu-west-1"}
    assert parts("s3://my-bucket/a/b?region=eu-west-1", ("bucket", "prefix")) == expected
    assert parts("s3://my-bucket", ("bucket", "prefix")) == {"bucket": "my-bucket"}


def test_a_system_without_an_address_keeps_its_url() -> None:
    assert parts("https://api.example.com/v1", ("url", "token")) is None


@pytest.mark.parametrize(
    "reference",
    ["${env:PW}", "${file:/run/secrets/p@w?#}", "${aws-secretsmanager:a/b@c#password}", "${aws-ssm:/a/b}"],
)
def test_a_reference_stands_for_one_part_whatever_is_in_it(reference: str) -> None:
    expected = {"user": "me", "password": reference, "host": "db", "port": "3306", "database": "x"}
    assert parts(f"mysql://me:{reference}@db:3306/x") == expected


def test_references_stand_anywhere() -> None:
    url = "mysql://${env:U}:pre${env:P}post@${env:H}:${env:PORT}/${env:D}?tls=${env:T}"
    assert parts(url) == {
        "user": "${env:U}",
        "password": "pre${env:P}post",
        "host": "${env:H}",
        "port": "${env:PORT}",
        "database": "${env:D}",
        "tls": "${env:T}",
    }


@given(user=TEXT, password=TEXT, host=NAME, port=st.integers(1, 65535), database=TEXT)
def test_any_text_comes_back_from_a_url_that_encodes_it(
    user: str, password: str, host: str, port: int, database: str
) -> None:
    encoded = (quote(text, safe="") for text in (user, password))
    url = "mysql://{}:{}@{}:{}/{}".format(*encoded, host, port, quote(database, safe=""))
    assert parts(url) == {
        "user": user,
        "password": password,
        "host": host,
        "port": str(port),
        "database": database,
    }


@given(TEXT)
def test_no_text_crashes_it_and_no_error_shows_it(text: str) -> None:
    for url in (f"mysql://u:{text}{SECRET}@h/d", f"{text}{SECRET}", f"mysql://{text}{SECRET}"):
        try:
            split_url(url, SERVER)
        except UrlError as error:
            assert SECRET not in f"{error.message} {error.hint} {error}"


@pytest.mark.parametrize("password", ["p/w", "1/2", "p?w", "1?a=b", "p#w", "a:b/c"])
def test_a_password_that_ends_the_address_is_an_error_that_does_not_show_it(password: str) -> None:
    with pytest.raises(UrlError) as caught:
        split_url(f"mysql://me:{password}@db/x", SERVER)
    assert password not in f"{caught.value.message} {caught.value.hint}"
    assert "%2" in caught.value.hint


@pytest.mark.parametrize(
    "url",
    [
        "mysql://h:port/d",
        "mysql://h1:1,h2:2/d",
        "mysql://h/d?tls",
        "mysql:h/d",
        "mysql://u:%ff@h",
        "mysql://h/d#x",
    ],
)
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(UrlError):
        split_url(url, SERVER)


def test_parts_know_where_they_stand() -> None:
    url = "mysql://me:p%40w@[::1]:3306/x?tls=required&a=b"
    for part in split_url(url, SERVER) or ():
        assert url[part.start : part.start + len(part.written)] == part.written
    by_option = {part.option: part.written for part in split_url(url, SERVER) or ()}
    assert (by_option["password"], by_option["host"], by_option["tls"]) == ("p%40w", "::1", "required")


def test_schemes_stand_for_types() -> None:
    assert [type_of_scheme(name) for name in ("postgresql+psycopg", "MariaDB", "sqlite", "s3")] == [
        "postgres",
        "mysql",
        "sqlite",
        "s3",
    ]
    assert scheme("postgresql://h") == "postgres"
    assert scheme("${env:URL}") is None
    assert scheme("just text") is None
