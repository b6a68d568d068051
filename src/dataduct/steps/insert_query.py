"""The plain INSERT of `load-postgres`, read for the columns it fills."""

from collections.abc import Sequence

from dataduct.errors import ProblemsError
from dataduct.model.table import TableName
from dataduct.sql.tokens import Token, tokenize
from dataduct.steps.context import LoweringContext

_SHAPE = "`INSERT INTO table (columns) VALUES (?, ...)`"


def insert_columns(query: str, table: TableName, context: LoweringContext) -> tuple[str, ...] | None:
    """Return the columns that `query` fills, empty if it names none; report DD226 for anything but a plain INSERT."""
    try:
        tokens = [token for token in tokenize(query) if token.is_significant]
    except ProblemsError as error:
        context.relay(error, of="insert_query")
        return None
    reading = _Reading(tokens[:-1] if tokens and tokens[-1].text == ";" else tokens)
    if not (reading.word("INSERT") and reading.word("INTO")):
        return _refused("it is no INSERT", context)
    name = reading.dotted_name()
    if name != tuple(filter(None, (table.schema, table.name))):
        return _refused(f"it fills {'.'.join(name) or 'no table'}, and `table` is {table}", context)
    columns = reading.listed_names() if reading.at("(") else ()
    if columns is None or not reading.word("VALUES"):
        return _refused("it has no plain list of columns and `VALUES`", context)
    placeholders = reading.placeholders()
    if placeholders is None or not reading.at_end:
        return _refused("its values are not a list of `?`", context)
    if columns and placeholders != len(columns):
        return _refused(f"it names {len(columns)} columns and has {placeholders} `?`", context)
    return columns


def _refused(why: str, context: LoweringContext) -> tuple[str, ...] | None:
    context.report("DD226", f"`insert_query` cannot be read: {why}", of="insert_query", expected=_SHAPE)
    return None


class _Reading:
    """Tokens, read from the left."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._next = 0

    @property
    def at_end(self) -> bool:
        return self._next == len(self._tokens)

    def at(self, text: str) -> bool:
        return not self.at_end and self._tokens[self._next].text == text

    def take(self, text: str) -> bool:
        found = self.at(text)
        self._next += found
        return found

    def word(self, word: str) -> bool:
        found = not self.at_end and self._tokens[self._next].upper == word
        self._next += found
        return found

    def name(self) -> str | None:
        if self.at_end or self._tokens[self._next].kind not in ("word", "quoted"):
            return None
        self._next += 1
        return self._tokens[self._next - 1].name

    def dotted_name(self) -> tuple[str, ...]:
        names = [self.name() or ""]
        while self.take("."):
            names.append(self.name() or "")
        return tuple(names)

    def listed_names(self) -> tuple[str, ...] | None:
        """Read `(a, b)`."""
        self.take("(")
        names = []
        while (name := self.name()) is not None:
            names.append(name)
            if not self.take(","):
                break
        return tuple(names) if names and self.take(")") else None

    def placeholders(self) -> int | None:
        """Read `(?, ?)`; return how many there are."""
        if not self.take("("):
            return None
        count = 0
        while self.take("?"):
            count += 1
            if not self.take(","):
                break
        return count if count and self.take(")") else None
