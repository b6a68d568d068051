"""What a check found."""

from dataclasses import dataclass, field

Figure = int | float | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckVerdict:
    """The outcome of one check, with the figures it rests on.

    Attributes:
        check: `primary-key`, `count` or `column`.
        passed: Whether the measure is within the tolerance.
        summary: One line a person on call reads, with the figures in it.
        figures: The measures by name (`source_rows`, `warehouse_rows`, `difference_percent`, ...).
        examples: Rows or keys that failed, at most ten, each as column name → value as text.
    """

    check: str
    passed: bool
    summary: str
    figures: dict[str, Figure] = field(default_factory=dict)
    examples: tuple[dict[str, str | None], ...] = ()
