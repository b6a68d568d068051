"""Secrets by reference: environment, files, and what a URL does with them."""

from pathlib import Path
from urllib.parse import quote

import pytest

from dataduct.config.project import Project
from dataduct.config.references import References
from dataduct.config.settings import Settings
from dataduct.errors import UserError


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(root=tmp_path, settings=Settings())


class TestReferences:
    def test_values_are_found_wherever_they_stand(self, project: Project) -> None:
        (project.root / "key").write_text("from a file\n", encoding="utf-8")
        options = {
            "type": "sqlite",
            "url": "db://me:${env:PW}@${env:HOST}/d",
            "nested": {"keys": ["${file:key}", 5]},
            "plain": "$HOME ${x}",
            "port": 3306,
        }
        resolved = References(project, {"PW": "hunter2", "HOST": "h"}).resolve(options)
        assert resolved == {
            "type": "sqlite",
            "url": "db://me:hunter2@h/d",
            "nested": {"keys": ["from a file", 5]},
            "plain": "$HOME ${x}",
            "port": 3306,
        }
        assert project.secrets.redact("hunter2, from a file") == "***, ***"

    def test_the_options_given_stay_as_they_are(self, project: Project) -> None:
        options = {"a": {"b": "${env:PW}"}}
        References(project, {"PW": "hunter2"}).resolve(options)
        assert options == {"a": {"b": "${env:PW}"}}

    def test_an_absolute_file(self, project: Project, tmp_path: Path) -> None:
        (tmp_path / "k").write_text("a\nb\n\n", encoding="utf-8")
        resolved = References(project, {}).resolve({"k": f"${{file:{tmp_path / 'k'}}}"})
        assert resolved == {"k": "a\nb\n"}

    def test_a_variable_that_is_not_set_is_named(self, project: Project) -> None:
        with pytest.raises(UserError) as caught:
            References(project, {"SHOP_PASSWORD": "x"}).resolve({"p": "${env:SHOP_PASWORD}"})
        assert caught.value.code == "DD620"
        assert str(caught.value) == "the environment variable `SHOP_PASWORD` is not set"
        assert caught.value.hint == "did you mean `SHOP_PASSWORD`?"

    def test_a_file_that_is_missing_is_named(self, project: Project) -> None:
        with pytest.raises(UserError) as caught:
            References(project, {}).resolve({"p": "${file:no/such}"})
        assert caught.value.code == "DD621"
        assert str(project.root / "no/such") in str(caught.value)

    def test_a_file_that_is_no_text_shows_nothing_of_itself(self, project: Project) -> None:
        (project.root / "k").write_bytes(b"hunter2\xff")
        with pytest.raises(UserError) as caught:
            References(project, {}).resolve({"p": "${file:k}"})
        assert caught.value.code == "DD621"
        assert "hunter2" not in str(caught.value)

    def test_a_reference_of_an_unknown_kind(self, project: Project) -> None:
        with pytest.raises(UserError) as caught:
            References(project, {}).resolve({"p": "${flie:x}"})
        assert (caught.value.code, caught.value.hint) == ("DD622", "did you mean `file`?")

    def test_what_says_where_a_system_is_stays_readable(self, project: Project) -> None:
        References(project, {"H": "db.example.com", "PW": "hunter2"}).resolve(
            {"host": "${env:H}", "password": "${env:PW}"}
        )
        assert project.secrets.redact("hunter2 at db.example.com") == "*** at db.example.com"

    @pytest.mark.parametrize("password", ["p@ss/w:rd?#%20", "plain-secret"])
    def test_a_reference_in_a_url_is_encoded(self, project: Project, password: str) -> None:
        url = References(project, {"PW": password}).resolve_url("postgresql://me:${env:PW}@h/runs")
        assert url == f"postgresql://me:{quote(password, safe='')}@h/runs"
        assert project.secrets.redact(f"{password} {url}") == "*** postgresql://me:***@h/runs"

    def test_a_url_that_is_all_reference_is_taken_as_it_is(self, project: Project) -> None:
        written = "postgresql://me:p%40ss@h/runs"
        assert References(project, {"URL": written}).resolve_url("${env:URL}") == written
        assert project.secrets.redact("p@ss and p%40ss") == "*** and ***"
