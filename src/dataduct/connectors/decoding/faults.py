"""What can be wrong with the bytes of a result."""

from enum import Enum


class Fault(Enum):
    """A way to break the protocol: its number in the compiled decoder, and what is said of it.

    The texts take two numbers.
    """

    SEQUENCE = 1, "packet number {0} came where number {1} was due"
    EMPTY_PACKET = 2, "a packet has no content"
    NO_ROW = 3, "a packet begins with byte 0x{0:02x}, which begins neither a row nor the end of the rows"
    SHORT_ROW = 4, "the row ends too early, after {0} bytes"
    LONG_ROW = 5, "{0} bytes follow the last column"
    LENGTH_PREFIX = 6, "byte 0x{0:02x} does not begin a length"
    NULL_TYPE = 7, "there is a value, though the column's type is NULL"
    VALUE_LENGTH = 8, "{0} bytes are no length of a value of this type"
    LONG_VALUE = 9, "a length of {0} bytes is longer than any value"
    NOT_UTF8 = 10, "the text is not UTF-8 at byte {0}"
    NOT_DECIMAL = 11, "the text is not a decimal number"
    NOT_TIME = 12, "the value is not a time"
    NOT_NUMERIC = 13, "the value is not a numeric"
    NOT_BOOLEAN = 14, "byte 0x{0:02x} is not a boolean"
    JSONB_VERSION = 15, "version {0} of jsonb is unknown"
    SIGNATURE = 16, "the data do not begin with the signature of PostgreSQL's COPY BINARY"
    HEADER = 17, "the header of COPY BINARY has unknown flags or a wrong length"
    FIELD_COUNT = 18, "the row has {0} fields where {1} were expected"
    AFTER_END = 19, "data follow the end of the rows"
    NO_END = 20, "the data end before the end mark of the rows"
    MESSAGE = 21, "a message has type 0x{0:02x} and length {1}"
    NOT_DATE = 22, "the value is not a date"

    def __init__(self, number: int, text: str) -> None:
        self.number = number
        self.text = text


class DecodingError(ValueError):
    """The bytes of a result break its protocol.

    Attributes:
        fault: What is wrong.
        row: Number of the row, from 1, over the whole result; the row that was due if the fault is between rows.
        column: Name of the column, or None if the fault is in no column.
    """

    def __init__(
        self, fault: Fault, *, row: int, column: str | None = None, first: int = 0, second: int = 0
    ) -> None:
        where = f"row {row}" if column is None else f"row {row}, column `{column}`"
        super().__init__(f"{where}: {fault.text.format(first, second)}")
        self.fault = fault
        self.row = row
        self.column = column


class MalformedValue(Exception):  # noqa: N818 - raised by values, which know neither row nor column
    """A value breaks the protocol; the decoder adds row and column."""

    def __init__(self, fault: Fault, first: int = 0, second: int = 0) -> None:
        super().__init__(fault)
        self.fault = fault
        self.numbers = (first, second)


class RefusedValue(Exception):  # noqa: N818 - it is no error before all rows are read
    """A value has no place in its column's type; `text` is how the server prints it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
