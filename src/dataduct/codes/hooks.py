"""Codes DD890 to DD899: hooks."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = (
    CodeEntry(
        code="DD890",
        title="Hook that cannot be imported",
        meaning="A file of the hooks' directory is no Python 3, fails while it is imported or cannot be read, or the "
        "directory that `hooks.path` names does not exist. Nothing has run.",
        remedy="Mend the line or path that the message names. Hooks of the first Dataduct were written in Python 2.",
        example='print "connecting"    # wrong: Python 2\nprint("connecting")',
    ),
    CodeEntry(
        code="DD891",
        title="Hook that is called like no point",
        meaning="A file of the hooks' directory, or an entry point of `dataduct.hooks`, is named almost like a point "
        "at which hooks are called, but not quite: it would never be called.",
        remedy="Correct the name. A file that is no hook may begin with an underscore.",
    ),
    CodeEntry(
        code="DD892",
        title="Hook without a function",
        meaning="A hook does not define the function that its point calls: `before_hook` or `after_hook` around "
        "connections and activation, `hook` at an event; in events.py one called like the event.",
        remedy="Define the function, or remove the hook.",
        example="def before_hook(*args, **kwargs):\n    return args, kwargs",
    ),
    CodeEntry(
        code="DD893",
        title="Hook with a wrong signature",
        meaning="The function of a hook cannot be called as its point calls it.",
        remedy="Write the function's first line as the message says.",
        example="def before_hook(*args, **kwargs): ...\ndef after_hook(result): ...\ndef hook(event): ...",
    ),
    CodeEntry(
        code="DD895",
        title="Hook that raised",
        meaning="A hook raised an exception. Around a connection or an activation the step or command fails, because "
        "it would go on with options that the hook meant to change; at an event it is a warning.",
        remedy="Mend the line of the hook that the message names.",
    ),
    CodeEntry(
        code="DD896",
        title="Hook that takes too long",
        meaning="A hook did not return within `hooks.timeout`. Around a connection or an activation the step or "
        "command fails; at an event it is a warning, and the hook is not called again in that run.",
        remedy="Give the hook's own requests a timeout, or set a longer one in dataduct.yml.",
        example="hooks:\n  timeout: 2 minutes",
    ),
    CodeEntry(
        code="DD897",
        title="Hook that returned something else",
        meaning="A `before_hook` returns its arguments, changed or not, as `(args, kwargs)`. It cannot change which "
        "connection is opened.",
        remedy="End the function with `return args, kwargs`.",
        example="def before_hook(*args, **kwargs):\n    kwargs['password'] = fetch()\n    return args, kwargs",
    ),
)
