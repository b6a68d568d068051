"""Numbers of things in sentences."""


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return `1 row`, `336,776 rows`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
