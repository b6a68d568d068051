"""Codes DD3xx: templates (`{{ }}`) and expressions (`#{ }`)."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = (
    CodeEntry(
        code="DD301",
        title="template that cannot be read",
        meaning="A `{{ }}` or `{% %}` is not closed, holds something Jinja cannot read, or needs another file.",
        remedy="Correct the tag. For a literal `{{` write {{ '{{' }}.",
        example="{{ run_date }}   not: {{ run_date }",
    ),
    CodeEntry(
        code="DD302",
        title="unknown name in a template",
        meaning="Templates know run_date, scheduled_start, scheduled_end, var, env, pipeline and mode.",
        remedy="Correct the name; read a variable of the pipeline as `var.name`.",
        example="{{ var.region }}   not: {{ region }}",
    ),
    CodeEntry(
        code="DD303",
        title="unknown variable",
        meaning="The template reads a variable that the pipeline does not declare.",
        remedy="Declare it under `variables:` with its default value, or correct the name.",
        example="variables:\n  region: eu",
    ),
    CodeEntry(
        code="DD304",
        title="unknown filter",
        meaning="There is no filter (`value | filter`) or test (`value is test`) of that name in templates.",
        remedy="Correct the name; the hint is the nearest one.",
        example="{{ run_date | add_days(-1) }}",
    ),
    CodeEntry(
        code="DD305",
        title="environment variable not set",
        meaning="The template reads `env.NAME`, and the environment of this run has no such variable.",
        remedy="Set the variable, or give a default.",
        example="{{ env.BUCKET | default('local') }}",
    ),
    CodeEntry(
        code="DD306",
        title="template that does too much",
        meaning="Templates run in a sandbox: no access to Python's insides, at most 100,000 numbers from `range` and "
        "at most a million characters.",
        remedy="Keep templates to putting values into a text, and do the rest in a step.",
    ),
    CodeEntry(
        code="DD307",
        title="template that fails",
        meaning="The template can be read, but a filter or operator cannot work with the values of this run.",
        remedy="Correct the arguments as the message says.",
        example="{{ run_date | add_days(7) }}   not: {{ run_date + 7 }}",
    ),
    CodeEntry(
        code="DD311",
        title="expression that cannot be read",
        meaning="A `#{` is not closed, or what stands between `#{` and `}` is no expression.",
        remedy="Correct the expression. For a literal `#{` write {{ '#{' }}.",
        example="#{format(@scheduledStartTime, 'YYYY-MM-dd')}",
    ),
    CodeEntry(
        code="DD312",
        title="unknown function in an expression",
        meaning="The expression language of AWS Data Pipeline has no function of that name.",
        remedy="Correct the name; fields begin with @ and texts stand in quotes.",
        example="#{minusDays(@scheduledStartTime, 1)}",
    ),
    CodeEntry(
        code="DD313",
        title="unknown field in an expression",
        meaning="Expressions know @scheduledStartTime, @scheduledEndTime and @pipelineId. Other fields have values "
        "only while AWS Data Pipeline runs.",
        remedy="Use one of these fields.",
        example="#{@scheduledStartTime}",
    ),
    CodeEntry(
        code="DD314",
        title="expression that cannot be evaluated",
        meaning="A function has the wrong number or kind of arguments, or a calculation has no result.",
        remedy="Give what the signature in the message asks for.",
        example="#{plusDays(@scheduledStartTime, 1)}   not: #{@scheduledStartTime + 1}",
    ),
    CodeEntry(
        code="DD315",
        title="date pattern that cannot be read",
        meaning="`format` takes a Joda-Time pattern. A letter has no meaning there, or a quote is not closed.",
        remedy="Use the letters of Joda-Time and put literal text in quotes (doubled, inside the expression).",
        example="#{format(@scheduledStartTime, \"YYYY-MM-dd'T'HH:mm\")}",
    ),
    CodeEntry(
        code="DD316",
        title="unknown time zone",
        meaning="Time zones are named as the IANA database names them.",
        remedy="Write a name such as America/New_York or UTC.",
        example="#{inTimeZone(@scheduledStartTime, 'America/New_York')}",
    ),
)
