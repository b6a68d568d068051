"""A group of commands whose modules are imported only when a command is asked for."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class CommandEntry(NamedTuple):
    """Where a command lives and the line that `--help` shows for it.

    Attributes:
        module: Module below `dataduct.cli` whose `command` is the click command.
        short_help: The command's own short help, word for word.
    """

    module: str
    short_help: str


class LazyGroup(click.Group):
    """A group that knows its commands' names and short helps without importing them.

    Attributes:
        sections: Title → name → entry, in the order that `--help` shows them.
        hidden_entries: Other names of commands, which `--help` does not show.
    """

    sections: Mapping[str, Mapping[str, CommandEntry]] = {}
    hidden_entries: Mapping[str, CommandEntry] = {}

    def entries(self) -> dict[str, CommandEntry]:
        """Return every command's entry by name, in the order of the sections."""
        return {name: entry for section in self.sections.values() for name, entry in section.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(self.entries())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command named `cmd_name`; None if there is none."""
        entry = self.entries().get(cmd_name) or self.hidden_entries.get(cmd_name)
        if entry is None:
            return None
        command = import_module(f"dataduct.cli.{entry.module}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that `args` begin with; name the nearest one if there is none."""
        name = args[0]
        if (
            name not in self.entries()
            and name not in self.hidden_entries
            and not name.startswith("-")
            and not ctx.resilient_parsing
        ):
            from difflib import get_close_matches

            nearest = get_close_matches(name, self.entries(), n=1)
            hint = f"; did you mean `{nearest[0]}`?" if nearest else ""
            raise click.UsageError(f"there is no command `{name}`{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections of commands from the table alone."""
        width = max(map(len, self.entries()))
        for title, section in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), entry.short_help) for name, entry in section.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Return the commands and options that begin with `incomplete`, importing no command."""
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        return [
            CompletionItem(name, help=entry.short_help)
            for name, entry in self.entries().items()
            if name.startswith(incomplete)
        ]
