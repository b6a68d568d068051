"""The expression language and its date patterns."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataduct.definition.expression_functions import ExpressionError
from dataduct.definition.expressions import as_text, evaluate, placeholders
from dataduct.definition.joda import LETTERS, PatternError, format_date, parse_pattern

START = datetime(2011, 5, 24, 17, 10, tzinfo=UTC)
FIELDS = {"scheduledStartTime": START, "scheduledEndTime": START + timedelta(days=1), "pipelineId": "orders"}


def value_of(expression: str) -> str:
    (placeholder,) = placeholders("#{" + expression + "}")
    if placeholder.error is not None:
        raise placeholder.error
    assert placeholder.expression is not None
    return as_text(evaluate(placeholder.expression, FIELDS))


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("1 + 2", "3"), ("1 - 2", "-1"), ("1 * 2", "2"), ("1 / 2", "0"), ("1.0 / 2", "0.5"), ("2 ^ 2", "4.0"),
        ("-7 / 2", "-3"), ("-7 % 2", "-1"), ("2 ^ 3 ^ 2", "512.0"), ("-2 ^ 2", "-4.0"), ("(1 + 2) * 3", "9"),
        ("10 - 3 - 2", "5"), ("2 + 3 * 4", "14"),
        ('"hel" + "lo"', "hello"), ("'a' + 1", "a1"), ("1 + 2 + 'a'", "3a"), ("'it''s'", "it's"),
        (r"'it\'s }'", "it's }"),
        ("@scheduledStartTime", "2011-05-24T17:10:00"), ("node.@scheduledEndTime", "2011-05-25T17:10:00"),
        ("@pipelineId", "orders"),
        ("day(@scheduledStartTime)", "24"), ("dayOfYear(@scheduledStartTime)", "144"),
        ("hour(@scheduledStartTime)", "17"),
        ("minute(@scheduledStartTime)", "10"), ("month(@scheduledStartTime)", "5"),
        ("year(@scheduledStartTime)", "2011"),
        ("firstOfMonth(@scheduledStartTime)", "2011-05-01T17:10:00"),
        ("midnight(@scheduledStartTime)", "2011-05-24T00:00:00"),
        ("yesterday(@scheduledStartTime)", "2011-05-23T17:10:00"),
        ("sunday(@scheduledStartTime)", "2011-05-22T17:10:00"),
        ("sunday(makeDate(2011, 5, 22))", "2011-05-22T00:00:00"),
        ("makeDate(2011,5,24)", "2011-05-24T00:00:00"), ("makeDateTime(2011,5,24,14,21)", "2011-05-24T14:21:00"),
        ("minusDays(@scheduledStartTime,1)", "2011-05-23T17:10:00"),
        ("minusHours(@scheduledStartTime,1)", "2011-05-24T16:10:00"),
        ("minusMinutes(@scheduledStartTime,1)", "2011-05-24T17:09:00"),
        ("minusMonths(@scheduledStartTime,1)", "2011-04-24T17:10:00"),
        ("minusWeeks(@scheduledStartTime,1)", "2011-05-17T17:10:00"),
        ("minusYears(@scheduledStartTime,1)", "2010-05-24T17:10:00"),
        ("plusDays(@scheduledStartTime,1)", "2011-05-25T17:10:00"),
        ("plusMonths(makeDate(2012,1,31),1)", "2012-02-29T00:00:00"),
        ("plusYears(makeDate(2012,2,29),1)", "2013-02-28T00:00:00"),
        ("plusPeriod(@scheduledStartTime, '3 hours')", "2011-05-24T20:10:00"),
        ("minusPeriod(@scheduledStartTime, '1 month')", "2011-04-24T17:10:00"),
        ("inTimeZone(@scheduledStartTime, 'America/New_York')", "2011-05-24T13:10:00-04:00"),
        ("format(@scheduledStartTime,'YYYY-MM-dd HH:mm:ss z')", "2011-05-24 17:10:00 UTC"),
        ("format(minusMinutes(@scheduledStartTime,30),'YYYY-MM-dd hh:mm:ss')", "2011-05-24 04:40:00"),
        ("format(inTimeZone(@scheduledStartTime,'America/New_York'), \"yyyyMMdd'T'HHmm Z\")", "20110524T1310 -0400"),
    ],
)  # fmt: skip
def test_expressions_give_what_the_service_documents(expression: str, text: str) -> None:
    assert value_of(expression) == text


def test_hours_are_elapsed_time_and_days_are_calendar_days() -> None:
    before_spring = "inTimeZone(makeDateTime(2026,3,8,5,30), 'America/New_York')"
    assert value_of(f"plusHours({before_spring}, 4)") == "2026-03-08T05:30:00-04:00"
    assert value_of(f"plusDays({before_spring}, 1)") == "2026-03-09T00:30:00-04:00"


@pytest.mark.parametrize(
    ("expression", "code", "column"),
    [
        ("", "DD311", 0), ("1 +", "DD311", 5), ("1 2", "DD311", 4), ("'a", "DD311", 2), ("(1", "DD311", 4),
        ("frmat(1)", "DD312", 2), ("foo", "DD312", 2), ("@nothing", "DD313", 2), ("@actualStartTime", "DD313", 2),
        ("plusDays('a', 1)", "DD314", 11), ("plusDays(@scheduledStartTime, 1.5)", "DD314", 32), ("day()", "DD314", 2),
        ("@scheduledStartTime + 1", "DD314", 2), ("1 / 0", "DD314", 2), ("9 ^ 99999", "DD314", 2),
        ("makeDate(2026, 2, 30)", "DD314", 2), ("plusYears(@scheduledStartTime, 9000)", "DD314", 2),
        ("plusDays(@scheduledStartTime, 999999999999)", "DD314", 2),
        ("format(@scheduledStartTime, 'YYYY-QQ')", "DD315", 36),
        ("format(@scheduledStartTime, \"yyyy'T\")", "DD315", 35),
        ("inTimeZone(@scheduledStartTime, 'Mars/Base')", "DD316", 34), ("(" * 200 + "1" + ")" * 200, "DD311", 0),
        ("+".join("1" * 200), "DD311", 0),
    ],
)  # fmt: skip
def test_mistakes_have_a_code_and_a_column(expression: str, code: str, column: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        value_of(expression)
    assert (caught.value.code, caught.value.start) == (code, column)


def test_every_placeholder_of_a_text_is_found_also_behind_a_broken_one() -> None:
    found = list(placeholders("a #{1+} b #{2} c #{3"))
    assert [placeholder.expression is not None for placeholder in found] == [False, True, False]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from([*"#{}()+-*/^%'\"@,.1 a", "day(", "@scheduledStartTime", "format(", "'YYYY'"])
    ).map("".join)
)
def test_any_expression_has_a_value_or_an_error_inside_the_text(text: str) -> None:
    for placeholder in placeholders(text):
        try:
            if placeholder.expression is not None:
                evaluate(placeholder.expression, FIELDS)
        except ExpressionError as error:
            placeholder = type(placeholder)(placeholder.start, placeholder.end, None, error)
        if placeholder.error is not None:
            assert 0 <= placeholder.error.start <= len(text)


MOMENT = datetime(2026, 3, 7, 0, 5, 9, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("YYYY-MM-dd", "2026-03-07"), ("yyyy", "2026"), ("yy", "26"), ("YY", "26"), ("y", "2026"), ("M", "3"),
        ("MM", "03"),
        ("MMM", "Mar"), ("MMMM", "March"), ("d", "7"), ("D", "66"), ("DDD", "066"), ("E", "Sat"),
        ("EEEE", "Saturday"),
        ("e", "6"), ("a", "AM"), ("h", "12"), ("hh", "12"), ("K", "0"), ("k", "24"), ("H", "0"), ("HH", "00"),
        ("mm", "05"),
        ("ss", "09"), ("S", "1"), ("SSS", "123"), ("SSSSSSSS", "12345600"), ("z", "UTC"),
        ("zzzz", "Coordinated Universal Time"),
        ("Z", "+0000"), ("ZZ", "+00:00"), ("ZZZ", "UTC"), ("w", "10"), ("x", "2026"), ("G", "AD"), ("C", "20"),
        ("'at' HH''mm", "at 00'05"), ("'it''s'", "it's"), ("", ""),
    ],
)  # fmt: skip
def test_patterns_are_those_of_joda_time(pattern: str, text: str) -> None:
    assert format_date(MOMENT, pattern) == text


def test_week_years_differ_from_years_around_new_year() -> None:
    assert format_date(datetime(2027, 1, 1, tzinfo=UTC), "xxxx-'W'ww") == "2026-W53"


@pytest.mark.parametrize(("pattern", "index"), [("yyyy-Q", 5), ("u", 0), ("'a", 0), ("d" * 21, 0)])
def test_patterns_that_say_nothing(pattern: str, index: int) -> None:
    with pytest.raises(PatternError) as caught:
        format_date(MOMENT, pattern)
    assert caught.value.index == index


@given(
    st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)),
)
def test_a_full_pattern_loses_nothing(moment: datetime) -> None:
    text = format_date(moment, "YYYY-MM-dd'T'HH:mm:ss.SSSSSSZZ")
    assert datetime.fromisoformat(text) == moment


@given(st.text(alphabet=LETTERS + "-: '/Q"))
def test_any_pattern_formats_or_says_why_not(pattern: str) -> None:
    try:
        parts = parse_pattern(pattern)
    except PatternError as error:
        assert 0 <= error.index < len(pattern)
        return
    assert format_date(MOMENT, pattern) == "".join(
        text if count == 0 else format_date(MOMENT, text * count) for text, count in parts
    )
