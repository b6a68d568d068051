"""Codes DD560 to DD579: step types of the project's own, and the test kit."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = (
    CodeEntry(
        code="DD560",
        title="missing file of a custom step",
        meaning="`custom_steps` in the settings names a file that is in none of the places looked at: the directories "
        "of `steps`, then the project's directory.",
        remedy="Correct `file_path`, or put the file in one of the places that the message lists.",
    ),
    CodeEntry(
        code="DD561",
        title="file that is no Python",
        meaning="The file of a step type cannot be read, is not UTF-8 text, or Python cannot parse it.",
        remedy="Mend the line that the message points at.",
    ),
    CodeEntry(
        code="DD562",
        title="Python 2",
        meaning="The line is written for Python 2, and Dataduct runs on Python 3.",
        remedy="Write what the message names. `dataduct migrate` lists every such line of a project.",
        example='print "loading"    # wrong\nprint("loading")   # right',
    ),
    CodeEntry(
        code="DD563",
        title="file of a step type that raises",
        meaning="The file is imported because a pipeline uses a step type of it, and importing it raised an exception.",
        remedy="Mend the line that the message points at. Files of one directory import each other relatively.",
        example="from shared import ROOT     # wrong\nfrom .shared import ROOT    # right",
    ),
    CodeEntry(
        code="DD564",
        title="class that is not in the file",
        meaning="`custom_steps` in the settings names a class that its file does not define.",
        remedy="Correct `class_name`.",
    ),
    CodeEntry(
        code="DD565",
        title="class that is no step type",
        meaning="A step type is a class that derives from `dataduct.steps.Step`, or from a step class of the first "
        "Dataduct.",
        remedy="Derive the class from `Step`, or correct `class_name`.",
        example="class Snapshot:          # wrong\nclass Snapshot(Step):    # right",
    ),
    CodeEntry(
        code="DD566",
        title="two step types of one name",
        meaning="Two classes, or a class and a built-in step type or pattern, have the same name, so a pipeline that "
        "uses it could mean either.",
        remedy="Give one of them another `step_type`.",
    ),
    CodeEntry(
        code="DD567",
        title="incomplete step type",
        meaning="A step type has properties that derive from `StepProperties`, and class methods: `expand`, which "
        "gives other steps, or `lower`, which gives an operation.",
        remedy="Add what the message names.",
        example="def lower(cls, properties, context): ...    # wrong\n\n"
        "@classmethod\ndef lower(cls, properties, context): ...    # right",
    ),
    CodeEntry(
        code="DD568",
        title="exception in the code of a step type",
        meaning="The code of a step type that is not Dataduct's own raised an exception while the pipeline was "
        "compiled.",
        remedy="Mend the line that the message names. To tell users of the step type what is wrong with a property, "
        "call `context.report`.",
    ),
    CodeEntry(
        code="DD569",
        title="wrong result of a step type",
        meaning="The code of a step type returned something else than it should: `lower` an operation that writes the "
        "datasets which `output_nodes` names, `expand` several `SubStep`, `output_nodes` a tuple of names.",
        remedy="Return what the message says was expected.",
    ),
    CodeEntry(
        code="DD570",
        title="interface of the first Dataduct that is gone",
        meaning="Step classes of the first Dataduct could make objects of Amazon Data Pipeline. Here a step type is "
        "compiled to an operation. A class that only changes the keyword arguments of its base class runs unchanged.",
        remedy="Do what the message says for each line, or write the step type anew: it is often ten lines.",
        example="class Mine(ETLStep): ...    # wrong\nclass Mine(Step): ...       # right, with `lower` or `expand`",
    ),
    CodeEntry(
        code="DD571",
        title="step class in another module",
        meaning="The step classes of the first Dataduct are imported from `dataduct.steps` itself.",
        remedy="Change the import.",
        example="from dataduct.steps.extract_local import ExtractLocalStep    # wrong\n"
        "from dataduct.steps import ExtractLocalStep                  # right",
    ),
    CodeEntry(
        code="DD572",
        title="name that no step type can have",
        meaning="The name of a step type is words of lower-case letters and digits with hyphens between them, it is "
        "taken by no other step type, and its file and class have names that Python accepts.",
        remedy="Choose another name.",
        example="dataduct steps new My_Step    # wrong\ndataduct steps new my-step    # right",
    ),
    CodeEntry(
        code="DD573",
        title="file that exists already",
        meaning="A new step type is written to a file of its own, and that file exists.",
        remedy="Choose another name, or remove the file.",
    ),
    CodeEntry(
        code="DD574",
        title="wrong use of the test kit",
        meaning="A test gave rows, tables or connections that cannot be made, or asked for something that the run does "
        "not have.",
        remedy="Do what the message says.",
    ),
)
