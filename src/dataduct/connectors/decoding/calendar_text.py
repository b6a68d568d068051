"""Days and microseconds since 1970 as the servers print them, for any year."""

MICROSECONDS_A_DAY = 86_400_000_000


def date_text(days: int) -> str:
    """Return the date `days` after 1970-01-01 in the proleptic Gregorian calendar, as `YYYY-MM-DD`.

    Years have four digits or more; this works beyond the year 9999, where `datetime` ends.
    """
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted_month + 2) // 5 + 1
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    year = era * 400 + year_of_era + (month <= 2)
    return f"{year:04d}-{month:02d}-{day:02d}"


def timestamp_text(microseconds: int) -> str:
    """Return the moment `microseconds` after 1970-01-01, as `YYYY-MM-DD HH:MM:SS`, with the fraction it has."""
    days, rest = divmod(microseconds, MICROSECONDS_A_DAY)
    seconds, fraction = divmod(rest, 1_000_000)
    text = f"{date_text(days)} {seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{fraction:06d}".rstrip("0") if fraction else text
