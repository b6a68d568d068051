"""What a user is told about step types of the project that are wrong: one transcript for each mistake."""

import pytest

GOOD = """\
from dataduct.steps import Field, Step, StepProperties, SubStep


class Snapshot(Step):
    class Properties(StepProperties):
        table: str = Field("t", description="The table.")

    @classmethod
    def expand(cls, properties):
        yield SubStep("", "sql-command", {"command": f"CREATE TABLE {properties.table}_copy AS SELECT 1 AS a"})
"""
LOWERS = """\
from dataduct.steps import RunSql, SqlStatement, Step


class Snapshot(Step):
    @classmethod
    def lower(cls, properties, context):
        {}
"""
ENTRY = """\
custom_steps:
  - {{step_type: snapshot, class_name: {}, file_path: {}}}
"""
ORIGINAL = """\
from dataduct.steps import ETLStep
from dataduct.steps.extract_local import ExtractLocalStep
from dataduct.pipeline import S3Node, ShellCommandActivity


class SnapshotStep(ETLStep):
    def __init__(self, command, **kwargs):
        super(SnapshotStep, self).__init__(**kwargs)
        self._output = self.create_s3_data_node()
        self.create_pipeline_object(object_class=ShellCommandActivity, command=command)

    @classmethod
    def arguments_processor(cls, etl, input_args):
        return cls.base_arguments_processor(etl, cls.pop_inputs(input_args))
"""
PYTHON_2 = """\
from dataduct.steps import ExtractLocalStep


class SnapshotStep(ExtractLocalStep):
    def __init__(self, **kwargs):
        print 'loading', kwargs
        try:
            kwargs['mode'] = 0777
        except KeyError, error:
            raise ValueError, 'no mode'
        super(SnapshotStep, self).__init__(**kwargs)
"""
UNUSED = "from dataduct.steps import Step\nraise RuntimeError('nobody asked')\nclass Unused(Step): pass\n"

CASES = {
    "raises on import": {"steps/s.py": GOOD + "\n\nlimit = int('many')\n"},
    "raises in a file that it imports": {
        "steps/s.py": "from .shared import LIMIT\n" + GOOD,
        "steps/shared.py": "LIMIT = 1 / 0\n",
    },
    "imports its neighbour by its bare name": {
        "steps/s.py": "from shared import LIMIT\n" + GOOD,
        "steps/shared.py": "LIMIT = 1\n",
    },
    "imports a package that is not installed": {"steps/s.py": "import nosuchpackage\n" + GOOD},
    "ends the process on import": {"steps/s.py": GOOD + "\n\nexit(3)\n"},
    "no Python": {"steps/s.py": GOOD.replace("(cls, properties)", "(cls, properties")},
    "no UTF-8": {"steps/snapshot.py": GOOD.encode() + b"# caf\xe9\n"},
    "Python 2": {"steps/s.py": PYTHON_2},
    "the interface of the first Dataduct": {"steps/s.py": ORIGINAL},
    "no such file": {"dataduct.yml": ENTRY.format("Snapshot", "missing.py")},
    "no such class": {"dataduct.yml": ENTRY.format("Snapshit", "s.py"), "steps/s.py": GOOD},
    "a class that is no step": {
        "dataduct.yml": ENTRY.format("Plain", "plain.py"),
        "plain.py": "class Plain:\n    pass\n",
    },
    "two classes of one name": {"steps/a.py": GOOD, "steps/b.py": "\n" + GOOD},
    "named like a built-in": {"steps/s.py": GOOD.replace("class Snapshot(Step):", "class SqlCommand(Step):")},
    "neither expands nor lowers": {
        "steps/s.py": "from dataduct.steps import Step\nclass Snapshot(Step): pass\n"
    },
    "no class method, no properties": {
        "steps/s.py": "from dataduct.steps import Step\n\n\nclass Snapshot(Step):\n"
        "    class Properties:\n        pass\n\n    def lower(self, properties, context):\n        return None\n"
    },
    "raises in expand": {"steps/s.py": GOOD.replace("yield", "{}['x']\n        yield")},
    "raises in lower": {"steps/s.py": LOWERS.format("return 1 / 0")},
    "raises in output_nodes": {
        "steps/s.py": LOWERS.format("return None")
        + "\n    @classmethod\n    def output_nodes(cls, properties, step):\n        raise KeyError(step)\n"
    },
    "raises in subject": {
        "steps/s.py": GOOD
        + "\n    @classmethod\n    def subject(cls, properties):\n        return properties.name[0]\n"
    },
    "raises in a validator": {
        "steps/s.py": "from pydantic import field_validator\n"
        + GOOD.replace(
            "\n    @classmethod",
            "\n        @field_validator('description')\n        def _checked(cls, value):\n"
            "            return {}[value]\n\n    @classmethod",
            1,
        )
    },
    "lowers to nothing": {"steps/s.py": LOWERS.format("pass")},
    "lowers to a text": {"steps/s.py": LOWERS.format("return 'SELECT 1'")},
    "writes a dataset unsaid": {
        "steps/s.py": LOWERS.format(
            "return Unload(query='SELECT 1 AS a', output=DatasetRef(context.step, context.step))"
        ).replace("import RunSql, SqlStatement, Step", "import DatasetRef, Step, Unload")
    },
    "expands to what is no step": {"steps/s.py": GOOD.replace("yield SubStep(", "yield (")},
    "expands to values that YAML has not": {
        "steps/s.py": GOOD.replace('{"command": f"CREATE', '{"command": cls, "x": f"CREATE')
    },
    "expands to an unknown step type": {"steps/s.py": GOOD.replace('"sql-command"', '"sql-comand"')},
    "expands to itself": {
        "steps/s.py": GOOD.replace('"sql-command"', '"snapshot"').replace('{"command"', '{"table"')
    },
    "expands to wrong properties": {"steps/s.py": GOOD.replace('{"command"', '{"comand"')},
    "its constructor raises": {
        "steps/s.py": "from dataduct.steps import ExtractLocalStep\n\n\nclass SnapshotStep(ExtractLocalStep):\n"
        "    def __init__(self, **kwargs):\n        super().__init__(path=kwargs['where'])\n"
    },
    "its constructor tells the base class nothing": {
        "steps/s.py": "from dataduct.steps import ExtractLocalStep\n\n\nclass SnapshotStep(ExtractLocalStep):\n"
        "    def __init__(self, **kwargs):\n        self.kwargs = kwargs\n"
    },
    "its constructor asks for a property": {
        "steps/s.py": "from dataduct.steps import ExtractLocalStep\n\n\nclass SnapshotStep(ExtractLocalStep):\n"
        "    def __init__(self, id, where, **kwargs):\n        super().__init__(path=where, **kwargs)\n"
    },
}


def test_every_mistake_is_told_with_its_place(empty, golden, tmp_path):
    told = ""
    for number, (case, files) in enumerate(CASES.items()):
        project = type(empty)(tmp_path / f"case{number}")
        project.write({"p.yaml": "name: p\nsteps:\n  - step_type: snapshot\n    description: d\n", **files})
        if "built-in" in case:
            project.write({"p.yaml": "name: p\nsteps:\n  - step_type: sql-command\n    command: SELECT 1\n"})
        project.write({"steps/unused.py": UNUSED, "steps/broken.py": "def f(:\n"})
        ended = project("-C", str(project.root), "validate", str(project.root / "p.yaml"))
        assert "Traceback" not in ended.text
        assert "DD901" not in ended.text, (case, ended.text)
        told += f"### {case}\n{project.transcript(ended)}\n"
    golden("endtoend/custom_step_errors.txt", told)


def test_broken_files_hurt_nobody_who_does_not_use_them(empty):
    empty.write(
        {
            "steps/unused.py": UNUSED,
            "steps/broken.py": "def f(:\n",
            "steps/old.py": PYTHON_2,
            "steps/s.py": GOOD,
        }
    )
    file = empty.pipeline("p", "step_type: snapshot")
    ran = empty("run", file)
    assert ran.exit_code == 0, ran.stderr
    assert empty.rows("SELECT * FROM t_copy") == [(1,)]


@pytest.mark.parametrize("name", ["unused", "broken"])
def test_a_broken_file_is_told_when_its_step_type_is_asked_for(empty, name):
    empty.write({"steps/unused.py": UNUSED, "steps/broken.py": "def f(:\n"})
    told = empty("validate", empty.pipeline("p", f"step_type: {name}"))
    assert told.exit_code == 2
    assert f"steps/{name}.py:" in told.text


def test_the_listing_tells_what_cannot_be_used(empty):
    empty.write({"steps/unused.py": UNUSED, "steps/s.py": GOOD, "patterns/p.yaml": "steps: 1\n"})
    listed = empty("steps").stdout.splitlines()
    assert [line.split()[0] for line in listed[-3:]] == ["snapshot", "unused", "p"]
    assert "cannot be used: importing steps/unused.py raised RuntimeError: nobody asked" in listed[-2]
    assert "cannot be used: `steps` must be a list of steps" in listed[-1]
