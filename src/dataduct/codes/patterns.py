"""Codes DD520 to DD559: patterns, their parameters and `for_each`."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = (
    CodeEntry(
        code="DD520",
        title="a pattern without steps",
        meaning="A pattern file holds a list of steps under `steps:`, as a pipeline does.",
        remedy="Write the steps, or remove the file.",
    ),
    CodeEntry(
        code="DD521",
        title="a pattern that uses itself",
        meaning="Following the patterns that a pattern uses leads back to it, so its steps would never end.",
        remedy="Take one of the uses out of the cycle that the message prints.",
    ),
    CodeEntry(
        code="DD522",
        title="a parameter is missing",
        meaning="The pattern declares a parameter without a default, so every use must give it a value.",
        remedy="Write the parameter where the pattern is used, or give it a `default` in the pattern's file.",
        example="step_type: load_table\ntable: tables/staging.orders.sql",
    ),
    CodeEntry(
        code="DD523",
        title="unknown parameter",
        meaning="The use of a pattern writes a key that is neither a parameter of it nor one that "
        "every step has.",
        remedy="Correct the name, or declare the parameter in the pattern's file.",
    ),
    CodeEntry(
        code="DD524",
        title="a parameter of the wrong type",
        meaning="The value does not have the type that the pattern declares for the parameter.",
        remedy="Write a value of that type. Only text may hold a template, which is filled in when the pipeline runs.",
        example="tolerance: much   # wrong\ntolerance: 2.5    # right",
    ),
    CodeEntry(
        code="DD525",
        title="a parameter that is none of its choices",
        meaning="The pattern lists the values that the parameter may have.",
        remedy="Write one of them.",
    ),
    CodeEntry(
        code="DD526",
        title="a parameter that is declared wrongly",
        meaning="A parameter's name is read as `param.name` and must not be a property that every step has; "
        "its default has its type.",
        remedy="Correct the declaration under `parameters:` of the pattern's file.",
        example="parameters:\n  tolerance: {type: number, default: 1.0}",
    ),
    CodeEntry(
        code="DD527",
        title="a placeholder that reads what is not there",
        meaning="`{{ param.x }}` names no parameter of the pattern, or `{{ item.x }}` no key of the item.",
        remedy="Correct the name, or declare the parameter.",
    ),
    CodeEntry(
        code="DD528",
        title="a placeholder that mixes two times",
        meaning="`param` and `item` are filled in when the pipeline is compiled; names such as `run_date` are "
        "known when it runs.",
        remedy="Write two placeholders, one for each.",
        example="{{ param.prefix ~ run_date }}       # wrong\n{{ param.prefix }}{{ run_date }}   # right",
    ),
    CodeEntry(
        code="DD529",
        title="a parameter in a {% %}",
        meaning="Parameters and items are filled into `{{ }}`. Tags such as `{% if %}` are for the run, which "
        "knows neither.",
        remedy="Use a filter in `{{ }}`, such as `join` or `default`.",
    ),
    CodeEntry(
        code="DD530",
        title="a list or mapping in a text",
        meaning="A value that is exactly one placeholder may be a list or a mapping; in a longer text it cannot stand.",
        remedy="Make it text with a filter, or let the placeholder be the whole value.",
        example="SELECT {{ param.columns | quoted(param.host) }} FROM orders",
    ),
    CodeEntry(
        code="DD531",
        title="a placeholder that fails",
        meaning="The expression can be read, but a filter or operator cannot work with the values it gets.",
        remedy="Correct the expression or the value.",
    ),
    CodeEntry(
        code="DD532",
        title="a pattern named like a step type",
        meaning="A pattern is used by its file's name as a step type, so no step type may have that name.",
        remedy="Rename the pattern's file.",
    ),
    CodeEntry(
        code="DD533",
        title="two patterns of one name",
        meaning="Two pattern files have the same name, in different directories or with the endings .yaml and .yml.",
        remedy="Rename one of the files.",
    ),
    CodeEntry(
        code="DD534",
        title="for_each is no list",
        meaning="`for_each` takes a list, or `tables:` with a glob of table definition files. Its items are needed "
        "when the pipeline is compiled.",
        remedy="Write a list, or `for_each: {tables: GLOB}`.",
        example="for_each: {tables: tables/staging.*.sql}",
    ),
    CodeEntry(
        code="DD535",
        title="items of different kinds",
        meaning="The items of a `for_each` are all single values or all mappings, so that `{{ item }}` means the same "
        "for each.",
        remedy="Write all items alike.",
    ),
    CodeEntry(
        code="DD536",
        title="two items of one name",
        meaning="The names of steps are made of the items' names, and no two steps may have one name.",
        remedy="Remove the item that stands twice, or write a `name` with `{{ item... }}` that tells them apart.",
        example='name: "load-{{ item.schema }}-{{ item.name }}"',
    ),
    CodeEntry(
        code="DD537",
        title="for_each without items",
        meaning="An empty list repeats nothing. What waits for the entry waits for nothing.",
        remedy="Add an item, or remove the entry.",
    ),
    CodeEntry(
        code="DD538",
        title="a glob that matches no file",
        meaning="`tables:` of a `for_each` matches no table definition in any of the directories looked in.",
        remedy="Correct the glob; relative ones are looked up like all files that a pipeline names.",
    ),
    CodeEntry(
        code="DD539",
        title="too many steps",
        meaning="Patterns that use patterns multiply. A pipeline may come to 20,000 steps.",
        remedy="Split the pipeline.",
    ),
    CodeEntry(
        code="DD540",
        title="a teardown of several steps",
        meaning="The teardown is one step. A pattern or `for_each` there must come to one.",
        remedy="Put the other steps at the end of `steps`.",
    ),
    CodeEntry(
        code="DD541",
        title="an input that the pattern has already",
        meaning="`input_node` and `input_path` where a pattern is used are the input of its first step, and that step "
        "names one itself.",
        remedy="Remove one of the two, or let the pattern's step read a parameter.",
    ),
    CodeEntry(
        code="DD542",
        title="two uses of one name",
        meaning="The name of a use stands for all its steps, so it stands once in a pipeline.",
        remedy="Give one of the uses another `name`.",
    ),
    CodeEntry(
        code="DD543",
        title="a group of steps that is not repeated",
        meaning="An entry with `steps:` in place of `step_type` repeats these steps for each item of its `for_each`.",
        remedy="Add `for_each`, or write the steps without the group.",
        example="- for_each: [orders, customers]\n  steps:\n  - step_type: ...",
    ),
)
