from collections.abc import Collection, Mapping

from dataduct.engine.pruning import CommittedLoad, Pruning, prune
from dataduct.engine.scheduler import Scheduler
from dataduct.model.dataset import DatasetRef
from dataduct.model.operations import (
    Check,
    Extract,
    LoadMode,
    LoadTable,
    Operation,
    PrimaryKeyComparison,
    RunCommand,
    RunSql,
    SqlStatement,
    StagedInput,
    StagedOutput,
)
from dataduct.model.table import TableName
from dataduct.plan.plan import Dependency, PlanStep

STAGING = TableName("staging")
PRODUCTION = TableName("production")
BEFORE = CommittedLoad("run-1", "2026-01-02")
OVERWRITTEN = CommittedLoad("run-1", "2026-01-02", latest=False)


def step(name: str, operation: Operation, *needs: str) -> PlanStep:
    return PlanStep(
        name=name,
        step_type="x",
        operation=operation,
        depends_on=tuple(Dependency(need, "depends_on") for need in needs),
    )


def extract(name: str = "extract") -> PlanStep:
    return step(name, Extract(connection="db", query="SELECT 1", output=DatasetRef(name, name)))


def load(name: str = "load", of: str = "extract", mode: LoadMode = "replace") -> PlanStep:
    return step(name, LoadTable(inputs=(DatasetRef(of, of),), table=STAGING, mode=mode), of)


def upsert(name: str = "upsert", needs: str = "load") -> PlanStep:
    operation = RunSql(
        statements=(SqlStatement(text="SELECT 1"),), table=PRODUCTION, reads=(STAGING,), writes=(PRODUCTION,)
    )
    return step(name, operation, needs)


def check(name: str = "check", needs: str = "load") -> PlanStep:
    operation = Check(comparison=PrimaryKeyComparison(table=STAGING, key=("id",)), reads=(STAGING,))
    return step(name, operation, needs)


def command(name: str = "transform", of: str = "extract") -> PlanStep:
    operation = RunCommand(
        inputs=(StagedInput(dataset=DatasetRef(of, of), variable="INPUT1_STAGING_DIR"),),
        outputs=(StagedOutput(dataset=DatasetRef(name, name), variable="OUTPUT1_STAGING_DIR"),),
        command="true",
    )
    return step(name, operation, of)


def pruned(
    *steps: PlanStep,
    loads: Mapping[str, CommittedLoad] | None = None,
    succeeded: Collection[str] = (),
    published: Collection[str] = (),
) -> Pruning:
    scheduler = Scheduler(steps, [each.name for each in steps])
    return prune(
        steps,
        loads=loads or {},
        succeeded=succeeded,
        published=lambda dataset: dataset.step in published,
        needs=scheduler.needs,
    )


def test_a_new_run_does_everything() -> None:
    assert pruned(extract(), load(), upsert(), check()) == Pruning()


def test_a_replay_loads_nothing_and_extracts_nothing_but_checks() -> None:
    found = pruned(extract(), load(), upsert(), check(), loads={"load": BEFORE, "upsert": BEFORE})
    assert set(found.loaded) == {"extract", "load", "upsert"}
    assert found.loaded["load"] == "already loaded by run run-1 on 2026-01-02; use --force to load again"
    assert not found.kept
    assert not found.repeated


def test_an_extract_that_another_step_still_needs_runs() -> None:
    found = pruned(extract(), load(), load("load_again"), loads={"load": BEFORE})
    assert set(found.loaded) == {"load"}


def test_an_extract_that_nobody_reads_runs() -> None:
    assert not pruned(extract()).loaded


def test_a_command_runs_again_and_so_does_what_it_reads() -> None:
    found = pruned(extract(), command(), load(of="transform"), loads={"load": BEFORE})
    assert set(found.loaded) == {"load"}


class TestStagingOverwrittenByAnotherRun:
    def test_is_loaded_again_if_the_upsert_has_still_to_read_it(self) -> None:
        found = pruned(extract(), load(), upsert(), loads={"load": OVERWRITTEN})
        assert found.repeated == {"load"}
        assert not found.loaded

    def test_stays_if_the_upsert_is_done(self) -> None:
        found = pruned(extract(), load(), upsert(), check(), loads={"load": OVERWRITTEN, "upsert": BEFORE})
        assert not found.repeated
        assert set(found.loaded) == {"extract", "load", "upsert"}

    def test_stays_for_a_check(self) -> None:
        assert not pruned(extract(), load(), check(), loads={"load": OVERWRITTEN}).repeated

    def test_stays_if_rows_were_only_added_to_it(self) -> None:
        assert not pruned(extract(), load(mode="append"), upsert(), loads={"load": OVERWRITTEN}).repeated

    def test_stays_if_it_is_the_same_run_that_wrote_it_last(self) -> None:
        cleaning = step(
            "clean",
            RunSql(
                statements=(SqlStatement(text="DELETE"),), table=STAGING, reads=(STAGING,), writes=(STAGING,)
            ),
            "load",
        )
        found = pruned(
            extract(), load(), cleaning, upsert(needs="clean"), loads={"load": OVERWRITTEN, "clean": BEFORE}
        )
        assert not found.repeated

    def test_everything_since_its_last_replacement_is_done_again(self) -> None:
        more = load("more", mode="append")
        found = pruned(
            extract(), load(), more, upsert(needs="more"), loads={"load": OVERWRITTEN, "more": OVERWRITTEN}
        )
        assert found.repeated == {"load", "more"}

    def test_an_earlier_filling_that_is_used_up_stays(self) -> None:
        steps = (extract(), load(), upsert(), load("second"), upsert("second_upsert", "second"))
        found = pruned(*steps, loads={"load": OVERWRITTEN, "upsert": BEFORE, "second": OVERWRITTEN})
        assert found.repeated == {"second"}


class TestResume:
    def test_keeps_what_succeeded_and_is_still_there(self) -> None:
        found = pruned(
            extract(),
            load(),
            upsert(),
            loads={"load": BEFORE},
            succeeded=("extract", "load"),
            published=("extract",),
        )
        assert set(found.kept) == {"extract", "load"}

    def test_extracts_again_if_the_dataset_is_gone_and_still_needed(self) -> None:
        assert not pruned(extract(), load(), succeeded=("extract",)).kept

    def test_does_not_extract_again_for_a_load_that_is_there(self) -> None:
        found = pruned(extract(), load(), loads={"load": BEFORE}, succeeded=("extract", "load"))
        assert set(found.kept) == {"load"}
        assert set(found.loaded) == {"extract"}

    def test_loads_again_if_the_warehouse_has_lost_the_load(self) -> None:
        found = pruned(extract(), load(), succeeded=("extract", "load"), published=("extract",))
        assert set(found.kept) == {"extract"}

    def test_counts_a_load_that_was_committed_but_not_marked(self) -> None:
        found = pruned(
            extract(), load(), loads={"load": BEFORE}, succeeded=("extract",), published=("extract",)
        )
        assert set(found.kept) == {"extract"}
        assert set(found.loaded) == {"load"}

    def test_keeps_a_command_whose_outputs_are_there(self) -> None:
        found = pruned(
            extract(), command(), succeeded=("extract", "transform"), published=("extract", "transform")
        )
        assert set(found.kept) == {"extract", "transform"}

    def test_keeps_a_check_only_with_all_it_depends_on(self) -> None:
        steps = (extract(), load(), check())
        done = ("extract", "load", "check")
        assert "check" in pruned(*steps, loads={"load": BEFORE}, succeeded=done, published=("extract",)).kept
        assert "check" not in pruned(*steps, succeeded=done, published=("extract",)).kept

    def test_repeats_a_staging_load_that_a_later_run_date_overwrote(self) -> None:
        found = pruned(
            extract(),
            load(),
            upsert(),
            loads={"load": OVERWRITTEN},
            succeeded=("extract", "load"),
            published=("extract",),
        )
        assert found.repeated == {"load"}
        assert set(found.kept) == {"extract"}
