"""Comma-separated text as RFC 4180 describes it, as rows: a fast way and an exact way that agree."""

import re
from collections.abc import Iterator, Sequence

import pyarrow as pa

from dataduct.storage.plain_columns import plain_columns

_BARE_RETURN = re.compile(r"\r(?!\n)")
_UNENDED = "a quoted field is never closed"


class CsvRecords:
    """How comma-separated text is cut into rows.

    A quote inside a field that does not begin with one stands for itself.

    Args:
        delimiter: The character between fields, usually a comma.
        nulls: Texts of unquoted fields that mean NULL.
    """

    def __init__(self, delimiter: str, nulls: frozenset[str]) -> None:
        self._delimiter = delimiter
        self._nulls = nulls
        mark = re.escape(delimiter)
        # No possessive quantifiers: those of Python 3.11.0 to 3.11.3 are broken. The look-ahead behind the closing
        # quote keeps a doubled quote from being taken for one when the rest does not match.
        quoted = r'"[^"]*(?:""[^"]*)*"(?!")'
        field = rf'(?:{quoted}(?:(?!{mark})[^\n])*|(?!")(?:(?!{mark})[^\n])*)'
        strict = rf'(?:{quoted}|(?:(?!{mark})[^"\r\n])*)'
        self._record = re.compile(rf"{field}(?:{mark}{field})*(?P<end>\n|\Z)")
        self._field = re.compile(rf"(?P<text>{field})(?:{mark}|\Z)")
        self._strict = re.compile(rf"(?:{strict}(?:{mark}|\r?\n))*(?:{strict})?")

    def cut(self, text: str, *, last: bool) -> int:
        """Return the length of the beginning of `text` that holds whole records only, 0 if there is none."""
        if last:
            return len(text)
        if '"' not in text:
            return text.rfind("\n") + 1
        length = 0
        while (match := self._record.match(text, length)) and match["end"]:
            length = match.end()
        return length

    def columns(self, text: str, names: Sequence[str]) -> pa.RecordBatch | None:
        """Return the records of `text` as a batch, or None if only `rows` reads them exactly."""
        if '"' in text:
            if self._strict.fullmatch(text) is None:
                return None
        elif "\r" in text and _BARE_RETURN.search(text):
            return None
        return plain_columns(text, names, delimiter=self._delimiter, nulls=self._nulls, quoted='"' in text)

    def first(self, text: str) -> tuple[list[str | None] | str, int]:
        """Return the first record of `text`, which is not empty, and the length of its text."""
        match = self._record.match(text)
        if match is None:
            return _UNENDED, len(text)
        return self._fields(match), match.end()

    def rows(self, text: str) -> Iterator[list[str | None] | str]:
        """Yield the fields of each record of `text`, or what is wrong with the record."""
        position = 0
        while position < len(text):
            match = self._record.match(text, position)
            if match is None:
                yield _UNENDED
                return
            yield self._fields(match)
            position = match.end()

    def _fields(self, record: re.Match[str]) -> list[str | None] | str:
        text = record[0]
        if record["end"]:
            text = text.removesuffix("\n").removesuffix("\r")
        fields: list[str | None] = []
        for match in self._field.finditer(text):
            field = match["text"]
            if field.startswith('"'):
                inner = field[1:-1]
                if len(field) < 2 or not field.endswith('"') or '"' in inner.replace('""', ""):
                    return f"text follows the closing quote of field {len(fields) + 1}"
                fields.append(inner.replace('""', '"'))
            else:
                fields.append(None if field in self._nulls else field)
            if match.end() == len(text) and not match[0].endswith(self._delimiter):
                break
        return fields
