"""One entry of the catalogue of error codes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeEntry:
    """What a code means and what to do.

    Attributes:
        title: A few words, no final period.
        meaning: One short paragraph: what was found and why it is a problem.
        remedy: What to do, in the imperative.
        example: A wrong snippet and its mend, or an empty text.
    """

    code: str
    title: str
    meaning: str
    remedy: str
    example: str = ""
