"""The project that `init` writes in an empty directory, and every command that it and its README name."""

import re
import shlex


def commands(text: str) -> list[list[str]]:
    """Return the `dataduct` commands that stand on lines of their own, without what is said about them."""
    lines = re.findall(r"^\s+dataduct (.+)$", text, re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


def test_every_command_of_the_readme(empty):
    begun = empty("init")
    assert begun.exit_code == 0, begun.stderr
    readme = (empty.root / "README.md").read_text()
    named = commands(readme)
    assert [words[0] for words in named] == ["plan", "run", "history"]
    for words in named:
        ended = empty(*words)
        assert ended.exit_code == 0, ended.text
        assert "Traceback" not in ended.text
    assert len(empty.rows("FROM prod.courses")) == 40


def test_every_command_that_init_prints(empty):
    begun = empty("init")
    named = commands(begun.text)
    assert named, begun.text
    for words in named:
        ended = empty(*words)
        assert ended.exit_code == 0, ended.text


def test_a_directory_of_its_own(empty):
    assert empty("init", "deep/er").exit_code == 0
    assert empty("-C", "deep/er", "run", "courses").exit_code == 0
    assert (empty.root / "deep/er/warehouse.duckdb").exists()
    assert [path.name for path in empty.root.iterdir()] == ["deep"]


def test_nothing_is_written_over(empty):
    empty.write({"pipelines/courses.yaml": "name: mine\n"})
    refused = empty("init")
    assert refused.exit_code == 2
    assert "pipelines/courses.yaml" in refused.stderr
    assert [path.name for path in empty.root.rglob("*")] == ["pipelines", "courses.yaml"]
    assert (empty.root / "pipelines/courses.yaml").read_text() == "name: mine\n"


def test_a_place_that_cannot_be_written(empty):
    empty.write({"file": "text"})
    refused = empty("init", "file/project")
    assert refused.exit_code in (1, 2)
    assert "file" in refused.stderr
    assert "DD901" not in refused.stderr
