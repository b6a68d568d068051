"""Generated files beside those that are there: what is new, what would change, and writing them."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from dataduct.definition.files import replace_file
from dataduct.errors import ProblemsError, StorageError, UserError
from dataduct.model.table import TableDefinition
from dataduct.sql.table_definition import parse_table_definition

FileState = Literal["new", "unchanged", "extended", "changed"]
_MOST_LINES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedFile:
    """A file as it is to be.

    Attributes:
        path: Where, absolute.
        state: `extended` if something is added and all that was there stays; `changed` if what was there goes.
        changes: What differs from the file that is there, a line each.
    """

    path: Path
    text: str
    state: FileState
    changes: tuple[str, ...] = ()


def generated_file(path: Path, text: str) -> GeneratedFile:
    """Return a file as it compares with the one that is there. Raises StorageError (DD883)."""
    before = existing_text(path)
    if before is None:
        return GeneratedFile(path=path, text=text, state="new")
    if before == text:
        return GeneratedFile(path=path, text=text, state="unchanged")
    return GeneratedFile(path=path, text=text, state="changed", changes=_changes(before, text, path))


def existing_text(path: Path) -> str | None:
    """Return the text of a file, or None if there is none. Raises StorageError (DD883)."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(
            f"{path} is in the way and cannot be read: {_reason(error)}",
            code="DD883",
            hint="move it away",
        ) from None


def additions(files: Iterable[GeneratedFile]) -> tuple[GeneratedFile, ...]:
    """Return the files by which nothing is lost that is there."""
    return tuple(file for file in files if file.state != "changed")


def refuse_changes(files: Sequence[GeneratedFile]) -> None:
    """Raise UserError (DD882) if files that are there would lose what they say."""
    changed = [file for file in files if file.state == "changed"]
    if changed:
        added = any(file.state in ("new", "extended") for file in files)
        rest = "all others were written" if added else "nothing was written"
        raise UserError(
            f"{len(changed)} of the files to write exist and say something else, and were left as they are; {rest}",
            code="DD882",
            details=tuple(line for file in changed for line in _told(file)),
            hint="write them with `--force`, or leave their tables out with `--exclude`",
        )


def write_files(files: Iterable[GeneratedFile]) -> None:
    """Write the files that are not there in the same words already. Raises StorageError (DD884)."""
    for file in files:
        if file.state == "unchanged":
            continue
        try:
            replace_file(file.path, file.text.encode())
        except OSError as error:
            raise StorageError(f"{file.path} cannot be written: {_reason(error)}", code="DD884") from None


def _told(file: GeneratedFile) -> list[str]:
    shown = list(file.changes[:_MOST_LINES])
    more = len(file.changes) - len(shown)
    return [str(file.path), *(f"    {line}" for line in shown), *([f"    and {more} more"] if more else [])]


def _changes(before: str, after: str, path: Path) -> tuple[str, ...]:
    if path.suffix == ".sql":
        try:
            definitions = [parse_table_definition(text, str(path)) for text in (before, after)]
        except ProblemsError:
            pass
        else:
            sentences = definition_changes(*definitions)
            if sentences:
                return tuple(sentences)
    difference = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return tuple(line for line in islice(difference, 2, None) if not line.startswith("@@"))


def definition_changes(before: TableDefinition, after: TableDefinition) -> list[str]:
    """Return how a table definition differs from an earlier one, a sentence each."""
    old = {column.name: column for column in before.columns}
    new = {column.name: column for column in after.columns}
    sentences = [f"new column `{name}` {new[name].type}" for name in new if name not in old]
    sentences += [f"column `{name}` is gone" for name in old if name not in new]
    for name in [name for name in new if name in old]:
        if old[name].type != new[name].type:
            sentences.append(f"column `{name}` is {new[name].type}, and was {old[name].type}")
        elif old[name].nullable != new[name].nullable:
            sentences.append(f"column `{name}` may {'' if new[name].nullable else 'not '}be NULL now")
    if before.primary_key != after.primary_key:
        sentences.append(
            f"the primary key is {_listed(after.primary_key)}, and was {_listed(before.primary_key)}"
        )
    if set(before.foreign_keys) != set(after.foreign_keys):
        sentences.append("the foreign keys differ")
    if not sentences and list(old) != list(new):
        sentences.append("the columns stand in another order")
    return sentences


def _listed(names: Sequence[str]) -> str:
    return f"({', '.join(names)})" if names else "none"


def _reason(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return (error.strerror or type(error).__name__).lower()
