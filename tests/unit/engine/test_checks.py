"""Checks against a real source and warehouse."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from engine_bench import STAGING, Bench, PlanBuilder

from dataduct.engine.sampling import KEYS_A_QUERY, lookup_queries, sample_query
from dataduct.errors import CheckFailedError, SchemaMismatchError, SourceError
from dataduct.model.operations import (
    Check,
    ColumnComparison,
    Comparison,
    CountComparison,
    Measure,
    PrimaryKeyComparison,
)
from dataduct.model.verdict import CheckVerdict
from dataduct.sql.dialect import DUCKDB

KEY = PrimaryKeyComparison(table=STAGING.name, key=("id",))
COUNT = CountComparison(
    source=Measure(query="SELECT COUNT(*) FROM orders", connection="shop"),
    destination=Measure(query="SELECT COUNT(*) FROM staging.orders"),
    tolerance=0.0,
)
COLUMNS = ColumnComparison(
    source=Measure(query="SELECT id, name FROM orders", connection="shop"),
    destination=Measure(query="SELECT id, name FROM staging.orders"),
    key_positions=(0,),
    key=("id",),
    tolerance=0.0,
)


@pytest.fixture
def loaded(bench: Bench, build: PlanBuilder) -> Bench:
    bench.run(build.plan(build.extract(), build.load()), run_id="load")
    return bench


def verdict(bench: Bench, comparison: Comparison, run_id: str = "check") -> CheckVerdict:
    """Run the check alone and return its verdict, which is stored and told either way."""
    result = bench.run(
        PlanBuilder().plan(PlanBuilder.step("check", Check(comparison=comparison))), run_id=run_id
    )
    (recorded,) = bench.queries.verdicts(run_id)
    assert result.status == ("succeeded" if recorded.verdict.passed else "failed")
    assert bench.finished("check").verdict == recorded.verdict
    if not recorded.verdict.passed:
        assert isinstance(result.error, CheckFailedError)
    return recorded.verdict


class TestPrimaryKey:
    def test_a_good_key_passes(self, loaded: Bench) -> None:
        assert verdict(loaded, KEY).passed

    def test_duplicates_and_nulls_are_counted_and_shown(self, loaded: Bench) -> None:
        loaded.write(
            "ALTER TABLE staging.orders ALTER COLUMN id DROP NOT NULL",
            "INSERT INTO staging.orders VALUES (1, 'again'), (2, 'again'), (2, 'more'), (NULL, 'none')",
        )
        found = verdict(loaded, KEY)
        assert found.figures == {"duplicates": 2, "null_keys": 1}
        assert found.examples == ({"id": "2", "rows": "3"}, {"id": "1", "rows": "2"}, {"id": None})

    def test_at_most_ten_examples(self, loaded: Bench) -> None:
        loaded.write(
            "INSERT INTO staging.orders SELECT range, 'x' FROM range(100, 200)",
            "INSERT INTO staging.orders SELECT range, 'x' FROM range(100, 200)",
        )
        found = verdict(loaded, KEY)
        assert found.figures["duplicates"] == 100
        assert len(found.examples) == 10


class TestCount:
    def test_equal_counts_pass(self, loaded: Bench) -> None:
        assert verdict(loaded, COUNT).passed

    def test_different_counts_fail(self, loaded: Bench) -> None:
        loaded.write("DELETE FROM staging.orders WHERE id = 1")
        found = verdict(loaded, COUNT)
        assert (found.figures["source_rows"], found.figures["warehouse_rows"]) == (3, 2)
        assert verdict(loaded, replace(COUNT, tolerance=34.0), "tolerant").passed

    def test_an_empty_source_fails_and_two_empty_sides_pass(self, loaded: Bench) -> None:
        loaded.fill_source([])
        assert not verdict(loaded, COUNT).passed
        loaded.write("DELETE FROM staging.orders")
        assert verdict(loaded, COUNT, "both").passed

    @pytest.mark.parametrize("query", ["SELECT id FROM orders", "SELECT 1, 2", "SELECT NULL", "SELECT 'x'"])
    def test_a_query_that_is_no_count_is_named(self, loaded: Bench, query: str) -> None:
        comparison = replace(COUNT, source=Measure(query=query, connection="shop"))
        plan = PlanBuilder().plan(PlanBuilder.step("check", Check(comparison=comparison)))
        error = loaded.run(plan, run_id="check").error
        assert isinstance(error, SourceError)
        assert (error.code, error.details) == ("DD802", (query,))


class TestColumns:
    def test_equal_rows_pass(self, loaded: Bench) -> None:
        found = verdict(loaded, COLUMNS)
        assert found.passed
        assert found.figures["sampled"] == 3

    def test_a_difference_and_a_missing_row_are_shown(self, loaded: Bench) -> None:
        loaded.write(
            "DELETE FROM staging.orders WHERE id = 1", "UPDATE staging.orders SET name = 'zwei' WHERE id = 2"
        )
        found = verdict(loaded, COLUMNS)
        assert (found.figures["missing"], found.figures["different"]) == (1, 1)
        assert sorted(found.examples, key=lambda example: str(example["id"])) == [
            {"id": "1", "column": "-", "source": "row present", "warehouse": "no such row"},
            {"id": "2", "column": "name", "source": "two", "warehouse": "zwei"},
        ]

    def test_the_sample_is_no_larger_than_asked(self, loaded: Bench) -> None:
        assert verdict(loaded, replace(COLUMNS, sample_size=2)).figures["sampled"] == 2
        tail = replace(COLUMNS, sample_size=2, sample_tail="ORDER BY id DESC LIMIT LIMIT_PLACEHOLDER")
        assert verdict(loaded, tail, "tail").figures["sampled"] == 2
        endless = replace(COLUMNS, sample_size=1, sample_tail="ORDER BY id")
        assert verdict(loaded, endless, "endless").figures["sampled"] == 1

    def test_the_source_may_be_the_warehouse(self, loaded: Bench) -> None:
        source = Measure(query="SELECT id, upper(name) FROM staging.orders")
        found = verdict(loaded, replace(COLUMNS, source=source))
        assert found.figures["different"] == 3

    def test_an_empty_source_passes(self, loaded: Bench) -> None:
        loaded.fill_source([])
        assert verdict(loaded, COLUMNS).passed

    def test_other_numbers_of_columns_are_an_error(self, loaded: Bench) -> None:
        comparison = replace(
            COLUMNS, destination=Measure(query="SELECT id, name, 1 AS more FROM staging.orders")
        )
        plan = PlanBuilder().plan(PlanBuilder.step("check", Check(comparison=comparison)))
        error = loaded.run(plan, run_id="check").error
        assert isinstance(error, SchemaMismatchError)
        assert error.code == "DD803"

    def test_many_keys_are_looked_up_in_pieces(self, bench: Bench, build: PlanBuilder) -> None:
        bench.fill_source([(number, f"it's {number}") for number in range(KEYS_A_QUERY * 2 + 5)])
        bench.run(build.plan(build.extract(), build.load()), run_id="load")
        found = verdict(bench, replace(COLUMNS, sample_size=1000))
        assert found.passed
        assert found.figures["sampled"] == KEYS_A_QUERY * 2 + 5
        assert len(bench.queries.statements("check", "check")) == 4


def test_keys_of_any_type_become_literals() -> None:
    keys: list[tuple[object, ...]] = [
        (1, "o'clock"),
        (Decimal("1.50"), True),
        (datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 2, 3, 4, 5)),
        (date(2026, 1, 2), 2.0),
        (None, 1),
    ]
    ((query, asked),) = lookup_queries("SELECT a, b FROM t", ("a", "order"), keys, DUCKDB)
    assert asked == 4
    assert query.splitlines()[-1] == (
        "WHERE (a = '1' AND \"order\" = 'o''clock') OR (a = '1.5' AND \"order\" = 'true') OR "
        "(a = '2026-01-02' AND \"order\" = '2026-01-02 03:04:05') OR (a = '2026-01-02' AND \"order\" = '2')"
    )


def test_the_sample_is_random_unless_the_user_says_how() -> None:
    assert sample_query("SELECT 1", None, 5, "RAND()").endswith("ORDER BY RAND()\nLIMIT 5")
    assert sample_query("SELECT 1", "LIMIT LIMIT_PLACEHOLDER", 5, "RAND()") == "SELECT 1\nLIMIT 5"


def test_a_passed_check_is_kept_and_a_failed_one_repeated_by_resume(
    loaded: Bench, build: PlanBuilder
) -> None:
    loaded.write("DELETE FROM staging.orders WHERE id = 1")
    plan = build.plan(build.step("good", Check(comparison=KEY)), build.step("bad", Check(comparison=COUNT)))
    assert loaded.run(plan).steps == {"good": "succeeded", "bad": "failed"}
    loaded.write("INSERT INTO staging.orders VALUES (1, 'one')")
    assert loaded.run(plan, resume=True).status == "succeeded"
    attempts = {step.step: step.attempts for step in loaded.queries.steps("run-1")}
    assert attempts == {"good": 1, "bad": 2}
