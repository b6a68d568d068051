"""Text without secrets, and what usually is one."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataduct.config.secrets import Redactor, names_secret, written_secrets

SECRET_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=8, max_size=40)


class TestRedactor:
    def test_text_without_secrets_is_unchanged(self) -> None:
        assert Redactor().redact("anything") == "anything"

    def test_the_longer_of_two_secrets_goes_whole(self) -> None:
        redactor = Redactor()
        redactor.add("hunter")
        redactor.add("hunter2 and more")
        assert redactor.redact("hunter2 and more, hunter2") == "***, ***2"

    def test_a_short_value_is_not_registered(self) -> None:
        redactor = Redactor()
        redactor.add("abc")
        redactor.add("")
        assert redactor.redact("abc") == "abc"

    def test_each_line_of_a_key_is_hidden(self) -> None:
        redactor = Redactor()
        redactor.add("-----BEGIN-----\nMIIEvQIBADANBg\nend\n")
        assert redactor.redact("read MIIEvQIBADANBg") == "read ***"

    @given(SECRET_TEXT, st.text(max_size=5), st.text(max_size=5))
    def test_no_form_of_a_secret_comes_through(self, secret: str, before: str, after: str) -> None:
        redactor = Redactor()
        redactor.add(secret)
        for form in (
            secret,
            quote(secret, safe=""),
            quote(secret),
            quote_plus(secret),
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
            base64.b64encode(secret.encode()).decode(),
            base64.urlsafe_b64encode(secret.encode()).decode(),
        ):
            assert form not in redactor.redact(f"{before}{form}{after}") or form in "***"

    @given(SECRET_TEXT, st.binary(max_size=7), st.binary(max_size=7))
    def test_a_secret_inside_a_longer_base64_text_is_hidden(
        self, secret: str, before: bytes, after: bytes
    ) -> None:
        redactor = Redactor()
        redactor.add(secret)
        shown = redactor.redact(base64.b64encode(before + secret.encode() + after).decode())
        assert "***" in shown
        assert len(shown) <= 3 + 2 * 12

    def test_secrets_may_be_added_while_others_read(self) -> None:
        from concurrent.futures import ThreadPoolExecutor

        redactor = Redactor()

        def add(number: int) -> str:
            redactor.add(f"secret-{number:04d}")
            return redactor.redact(f"secret-{number:04d}")

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(add, range(100))) == {"***"}


@pytest.mark.parametrize(
    "key", ["password", "PASSWORD", "db_password", "api_key", "apikey", "secret_access_key", "token", "key"]
)
def test_options_that_usually_hold_a_secret(key: str) -> None:
    assert names_secret(key)


@pytest.mark.parametrize(
    "key", ["path", "primary_key", "sort_key", "key_file", "keyspace", "token_path", "monkeys", "host"]
)
def test_options_that_do_not(key: str) -> None:
    assert not names_secret(key)


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("password: hunter2", {"hunter2"}),
        ("shop: {user: u, password: hunter2, host: h}", {"hunter2"}),
        ("shop: {password: 'hunter, 2'", {"hunter, 2"}),
        ('"PASSWORD": "hunter 2" }', {"hunter 2"}),
        ("PASSWORD = hunter,2\nHOST = h", {"hunter,2", "hunter"}),
        ("shop: mysql://u:hunter2@h/d\n  [", {"hunter2"}),
        ("password:\n  host: h", set()),
        ("primary_key: id", set()),
    ],
)
def test_secrets_in_a_text_that_is_no_yaml(text: str, secrets: set[str]) -> None:
    found = set(written_secrets(text))
    assert secrets <= found
    if not secrets:
        assert not found


def test_a_long_word_is_looked_through_quickly() -> None:
    assert list(written_secrets("x" * 2_000_000)) == []
