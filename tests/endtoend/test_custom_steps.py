"""Step types of a project at work: in plans, in each other, in patterns, and the command that begins a new one."""

import json
from importlib.metadata import EntryPoint, EntryPoints
from itertools import pairwise
from types import SimpleNamespace

import pytest

from dataduct import registry

COUNTED = """\
from dataduct.steps import RunSql, SqlStatement, Step, StepProperties, SubStep, TableName
from ._names import table_name


class Count(Step):
    \"\"\"Count the rows of a table.\"\"\"

    class Properties(StepProperties):
        table: str
        into: str = "counts"

    @classmethod
    def subject(cls, properties):
        return properties.table

    @classmethod
    def lower(cls, properties, context):
        into = table_name(properties.into)
        return RunSql(
            statements=(
                SqlStatement(text=f"CREATE TABLE IF NOT EXISTS {into} (name VARCHAR, rows BIGINT)"),
                SqlStatement(text=f"INSERT INTO {into} SELECT '{properties.table}', count(*) FROM {properties.table}"),
            ),
            reads=(table_name(properties.table),),
            writes=(into,),
        )


class CountTwice(Step):
    \"\"\"Count two tables.\"\"\"

    class Properties(StepProperties):
        tables: list[str]

    @classmethod
    def expand(cls, properties):
        return [SubStep(f"_{table}", "count", {"table": table}) for table in properties.tables]


class CountAll(Step):
    \"\"\"Count all tables.\"\"\"

    @classmethod
    def expand(cls, properties):
        yield SubStep("_first", "sql-command", {"command": "CREATE TABLE c AS SELECT 1 AS x"})
        yield SubStep("_then", "count-twice", {"tables": ["a", "b"]})
        yield SubStep("_last", "count", {"table": "c"})
"""
NAMES = "from dataduct.steps import TableName\n\n\ndef table_name(text):\n    return TableName(text)\n"
TABLES = "CREATE TABLE a AS SELECT 1 AS x; CREATE TABLE b AS SELECT unnest([1, 2]) AS x"


@pytest.fixture
def counted(empty):
    """A project with step types that count rows, and two tables."""
    empty.write({"steps/counting.py": COUNTED, "steps/_names.py": NAMES})
    empty.change_warehouse(TABLES)
    return empty


def test_a_custom_step_is_planned_like_a_built_in(counted):
    file = counted.pipeline(
        "p", "step_type: sql-command\ncommand: DELETE FROM a", "step_type: count\ntable: a"
    )
    planned = counted("plan", file, "--json").document()["steps"]
    assert [(step["name"], step["step_type"]) for step in planned] == [
        ("sql-command", "sql-command"),
        ("count-a", "count"),
    ]
    assert [(edge["step"], edge["reason"]) for edge in planned[1]["depends_on"]] == [("sql-command", "table")]
    assert counted("run", file).exit_code == 0
    assert counted.rows("SELECT * FROM counts") == [("a", 0)]


def test_a_composite_step_may_stand_for_composite_steps(counted):
    file = counted.pipeline(
        "p",
        "step_type: count-all\nname: all\nmax_retries: 3",
        "step_type: count\ntable: counts\ndepends_on: all",
    )
    planned = counted("plan", file, "--json").document()["steps"]
    assert [step["name"] for step in planned] == [
        "all_first",
        "all_then_a",
        "all_then_b",
        "all_last",
        "count-counts",
    ]
    assert {step["parent"] for step in planned[:4]} == {"all"}
    assert {edge["step"] for edge in planned[4]["depends_on"]} >= {
        "all_first",
        "all_then_a",
        "all_then_b",
        "all_last",
    }
    for before, after in pairwise(planned[:4]):
        assert before["name"] in [edge["step"] for edge in after["depends_on"]]
    ran = counted("run", file)
    assert ran.exit_code == 0, ran.stderr
    assert counted.rows("SELECT * FROM counts") == [("a", 1), ("b", 2), ("c", 1), ("counts", 3)]


def test_a_pattern_may_use_a_custom_step(counted):
    counted.write(
        {"patterns/both.yaml": "steps:\n- {step_type: count, table: a}\n- {step_type: count, table: b}\n"}
    )
    assert counted("run", counted.pipeline("p", "step_type: both")).exit_code == 0
    assert counted.rows("SELECT * FROM counts") == [("a", 1), ("b", 2)]


def test_wrong_properties_are_told_at_their_lines(counted):
    told = counted("validate", counted.pipeline("p", "step_type: count\ntabel: a"), "--format", "json")
    assert [(problem["code"], problem["line"]) for problem in told.document()["problems"]] == [
        ("DD202", 3),
        ("DD201", 4),
    ]


def test_custom_steps_and_patterns_are_listed_and_documented(counted):
    counted.write(
        {
            "patterns/both.yaml": "description: Count both.\nparameters:\n  t: {type: text}\n"
            "steps:\n- {step_type: count, table: a}\n"
        }
    )
    listed = {line.split()[0]: line for line in counted("steps").stdout.splitlines()}
    assert "steps/counting.py:5" in listed["count"]
    assert listed["count"].endswith("Count the rows of a table.")
    assert listed["both"].endswith("Count both.")
    told = counted("steps", "count").stdout
    assert told.startswith("count  from steps/counting.py:5\nCount the rows of a table.\n")
    assert "  table  text  required\n" in told
    document = counted("steps", "count", "--json").document()
    assert document["origin"] == "steps/counting.py:5"
    assert document in counted("steps", "--json").document()
    assert "  t  text  required\n" in counted("steps", "both").stdout
    assert counted("steps", "cuont").stderr.endswith("hint: did you mean `count`?\n")


def test_a_step_type_of_an_installed_package_is_guarded_too(counted, monkeypatch):
    point = EntryPoint("plugged", "plugged_steps:Plugged", "dataduct.steps")
    vars(point)["dist"] = SimpleNamespace(name="plugged-steps", requires=[])
    installed = registry._installed()

    class Both:
        def select(self, **wanted):
            found = installed.select(**wanted)
            if wanted.get("group") != "dataduct.steps" or wanted.get("name", "plugged") != "plugged":
                return found
            return EntryPoints([*found, point])

    monkeypatch.setattr(registry, "_installed", lambda: Both())
    counted.write(
        {
            "site/plugged_steps.py": "from dataduct.steps import Step\n\n\nclass Plugged(Step):\n"
            "    @classmethod\n    def lower(cls, properties, context):\n        return 1 / 0\n"
        }
    )
    monkeypatch.syspath_prepend(counted.root / "site")
    assert "plugged-steps" in counted("steps").stdout
    told = counted("validate", counted.pipeline("p", "step_type: plugged"))
    assert "step type `plugged` raised ZeroDivisionError: division by zero" in told.text
    assert f"{counted.root}/site/plugged_steps.py:7 raised it, in `lower`" in told.text.replace("\n    ", " ")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "My_Step",
            "error[DD572]: `My_Step` is not lower-case words with hyphens between them\n  hint: call it `my-step`\n",
        ),
        (
            "../x",
            "error[DD572]: `../x` is not lower-case words with hyphens between them\n  hint: call it `x`\n",
        ),
        ("upsert", "error[DD572]: `upsert` is a step type already (built in)\n"),
        ("count", "error[DD572]: `count` is a step type already (steps/counting.py:5)\n"),
        ("new", "error[DD572]: `new` is kept for other uses\n  hint: call it `my-new`\n"),
        ("test-x", "error[DD572]: `test-x` is kept for other uses\n  hint: call it `my-test-x`\n"),
    ],
)
def test_a_new_step_type_has_a_name_of_its_own(counted, name, told):
    before = sorted(counted.root.rglob("*"))
    ended = counted("steps", "new", name)
    assert (ended.exit_code, ended.stderr) == (2, told)
    assert sorted(counted.root.rglob("*")) == before


def test_a_new_step_type_writes_over_nothing(counted):
    counted.write({"tests/test_my_step.py": "mine = 1\n"})
    ended = counted("steps", "new", "my-step")
    assert ended.exit_code == 2
    assert "DD573" in ended.stderr and "test_my_step.py exists; nothing was written" in ended.stderr
    assert not (counted.root / "steps/my_step.py").exists()
    assert counted("steps", "new").exit_code == counted("steps", "new", "a", "b").exit_code == 2


def test_a_new_step_type_goes_to_the_directory_of_the_settings(counted):
    counted.write({"dataduct.yml": "steps: [custom/steps]\n"})
    made = counted("steps", "new", "my-step")
    assert made.stdout.splitlines()[0] == "written: custom/steps/my_step.py"
    assert json.loads(counted("steps", "my-step", "--json").stdout)["origin"] == "custom/steps/my_step.py:8"
