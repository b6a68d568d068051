"""Delimited text without oddities as columns, by Arrow's reader."""

from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

_MARK = "\N{BYTE ORDER MARK}"


def plain_columns(
    text: str, names: Sequence[str], *, delimiter: str, nulls: Iterable[str], quoted: bool
) -> pa.RecordBatch | None:
    """Return the records of `text` as one batch of strings, or None if Arrow's reader does not take them.

    Arrow's reader takes an empty line for a whole row; where one may be wrong it is not asked.
    The caller vouches that no delimiter or newline is escaped and that carriage returns stand only before newlines.
    """
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in "\r\n" or text.startswith(_MARK):
        return None
    data = text.encode("utf-8")
    placeholders = [f"c{position}" for position in range(len(names))]
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(data),
            read_options=pyarrow.csv.ReadOptions(
                column_names=placeholders, block_size=len(data) + 1, use_threads=False
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter,
                quote_char='"' if quoted else False,
                newlines_in_values=quoted,
                ignore_empty_lines=False,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(placeholders, pa.string()),
                null_values=list(nulls),
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    schema = pa.schema([pa.field(name, pa.string()) for name in names])
    columns = [column.combine_chunks() for column in table.columns]
    if len(names) > 1 and _may_be_empty(columns[0]) and _has_empty_line(text):
        return None
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _may_be_empty(column: pa.StringArray) -> bool:
    return column.null_count > 0 or bool(pc.min(pc.binary_length(column)).as_py() == 0)


def _has_empty_line(text: str) -> bool:
    return text.startswith(("\n", "\r\n")) or "\n\n" in text or "\n\r\n" in text
