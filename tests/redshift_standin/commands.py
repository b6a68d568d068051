"""What a session runs itself: COPY, UNLOAD, TRUNCATE, ALTER TABLE APPEND, and the numbers it keeps of them."""

from typing import TYPE_CHECKING

from redshift_standin.backend import Backend
from redshift_standin.copy_options import read_copy, read_unload
from redshift_standin.copying import Cluster, Outcome, run_copy, run_unload
from redshift_standin.errors import RedshiftError
from redshift_standin.statements import Action, Statement, read_statements
from redshift_standin.tokens import literal

if TYPE_CHECKING:
    from redshift_standin.service import Service


class Commands:
    """The statements of one session that PostgreSQL cannot run.

    Attributes:
        committed: Whether the last transaction ended in a commit.
    """

    def __init__(self, standin: "Service", backend: Backend, user: str, database: str) -> None:
        self.standin = standin
        self.backend = backend
        self.database = database
        session = int.from_bytes(backend.key[:4], "big")
        self.cluster = Cluster(standin.s3, standin.iam_roles, user, session)
        self.committed = True
        self.numbers: dict[str, int] = {}
        self.stale = False
        self.unwritten: list[dict[str, object]] = []

    async def run(self, statement: Statement) -> tuple[str, str]:
        """Run a statement; return its command tag and what the client is told besides."""
        if statement.action is Action.COPY:
            return await self._copy(statement)
        if statement.action is Action.UNLOAD:
            return await self._unload(statement)
        if statement.action is Action.TRUNCATE:
            return await self._truncate(statement)
        return await self._append(statement)

    async def _copy(self, statement: Statement) -> tuple[str, str]:
        command = read_copy(list(statement.tokens))
        query = self.standin.next_query()
        outcome = Outcome()
        self.numbers |= {"last_copy_id": query, "last_query_id": query}
        self.stale = True
        try:
            await run_copy(self.backend, command, self.cluster, query, outcome)
        except RedshiftError:
            self.numbers["last_copy_count"] = 0
            await self._record(self._rows(outcome, query), survives=False)
            raise
        self.numbers["last_copy_count"] = outcome.rows
        await self._record(self._rows(outcome, query), survives=True)
        await self._show_numbers()
        return "COPY", outcome.info

    def _rows(self, outcome: Outcome, query: int) -> list[dict[str, object]]:
        started = self.standin.now()
        common = {
            "slice": 0,
            "starttime": started,
            "session": self.cluster.session,
            "query": query,
            "copy_job_id": 0,
        }
        userid = self.standin.user_id(self.cluster.user)
        return [{**error, **common, "userid": userid} for error in outcome.errors]

    async def _record(self, rows: list[dict[str, object]], *, survives: bool) -> None:
        """Write load errors: in the transaction, so that it sees them at once, or beside one that is lost."""
        if not rows:
            return
        if not survives:
            await self.standin.record_load_errors(self.database, rows)
            return
        import json

        await self.backend.query(f"SELECT pg_internal.record_load_errors({literal(json.dumps(rows))})")
        if self.backend.status == "T":
            self.unwritten += rows

    async def _unload(self, statement: Statement) -> tuple[str, str]:
        command = read_unload(list(statement.tokens))
        inner = read_statements(command.query)
        if len(inner) != 1 or inner[0].action is not Action.FORWARD:
            raise RedshiftError("42601", "UNLOAD takes a SELECT")
        query = self.standin.next_query()
        outcome = Outcome()
        await run_unload(self.backend, command, inner[0].sql, self.cluster, outcome)
        self.numbers |= {"last_unload_id": query, "last_query_id": query, "last_unload_count": outcome.rows}
        await self._show_numbers()
        self.stale = True
        return "UNLOAD", outcome.info

    async def _truncate(self, statement: Statement) -> tuple[str, str]:
        """TRUNCATE commits the transaction it is in."""
        await self.backend.query(statement.sql)
        if self.backend.status == "T":
            await self.backend.query("COMMIT")
        return "TRUNCATE TABLE", ""

    async def _append(self, statement: Statement) -> tuple[str, str]:
        if self.backend.status == "T":
            raise RedshiftError("25001", "ALTER TABLE APPEND cannot run inside a transaction block")
        target, source = statement.sql.split("\0")
        names = [
            [
                row[0]
                for row in await self.backend.query(
                    "SELECT quote_ident(attname) || ' ' || format_type(atttypid, atttypmod), quote_ident(attname) "
                    f"FROM pg_attribute WHERE attrelid = {literal(table)}::regclass AND attnum > 0 "
                    "AND NOT attisdropped ORDER BY attname"
                )
            ]
            for table in (target, source)
        ]
        if names[0] != names[1]:
            raise RedshiftError("0A000", "ALTER TABLE APPEND: the columns of the two tables are not the same")
        listed = ", ".join((name or b"").decode().rsplit('" ', 1)[0].split(" ")[0] for name in names[0])
        await self.backend.query(
            f"BEGIN; INSERT INTO {target} ({listed}) SELECT {listed} FROM {source}; TRUNCATE {source}; COMMIT"
        )
        return "ALTER TABLE APPEND", ""

    async def count_query(self, statement: Statement) -> None:
        """Give a query its number."""
        if statement.action is Action.FORWARD and statement.first_word in ("rollback", "abort"):
            self.committed = False

    def saw_tag(self, payload: bytes) -> None:
        """Notice a rollback by its command tag."""
        if payload == b"ROLLBACK\0":
            self.committed = False

    async def transaction_ended(self) -> None:
        """Outside a transaction again: what must survive a rollback is written again."""
        if self.unwritten and not self.committed:
            await self.standin.record_load_errors(self.database, self.unwritten)
        self.unwritten = []
        self.committed = True
        if self.stale:
            await self._show_numbers()
            self.stale = False

    async def lost(self) -> None:
        """The connection is gone with its transaction open."""
        if self.unwritten:
            await self.standin.record_load_errors(self.database, self.unwritten)

    async def _show_numbers(self) -> None:
        calls = ", ".join(
            f"set_config('redshift.{name}', '{value}', false)" for name, value in self.numbers.items()
        )
        if calls:
            await self.backend.query(f"SELECT {calls}")
