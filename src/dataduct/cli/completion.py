"""`dataduct completion`."""

import click
from click.shell_completion import get_completion_class

from dataduct.cli.invocation import Invocation, pass_invocation, with_global_options
from dataduct.cli.text import Line, Span, line

INSTALLATION = {
    "bash": (
        "dataduct completion bash > ~/.dataduct-complete.bash",
        "source ~/.dataduct-complete.bash",
        "~/.bashrc",
    ),
    "zsh": (
        "dataduct completion zsh > ~/.dataduct-complete.zsh",
        "source ~/.dataduct-complete.zsh",
        "~/.zshrc",
    ),
    "fish": ("dataduct completion fish > ~/.config/fish/completions/dataduct.fish", None, None),
}
"""Shell → the command that writes the script, the line that loads it, and the file that line goes into."""


@with_global_options
@click.command("completion")
@click.argument("shell", required=False, type=click.Choice(list(INSTALLATION)))
@pass_invocation
def command(invocation: Invocation, shell: str | None) -> None:
    """Print a shell's completion script.

    Without SHELL, how to install it for bash, zsh and fish.
    """
    from dataduct.cli.main import COMPLETION_VARIABLE, dataduct

    if shell is None:
        invocation.console.out(*[told for name in INSTALLATION for told in _how_to_install(name)])
        return
    completion = get_completion_class(shell)
    assert completion is not None
    invocation.console.document(completion(dataduct, {}, "dataduct", COMPLETION_VARIABLE).source())


def _how_to_install(shell: str) -> list[Line]:
    write, load, file = INSTALLATION[shell]
    then = [line(f"  then add to {file}:  {load}")] if load else []
    return [line(Span(shell, "strong")), line(f"  {write}"), *then]
