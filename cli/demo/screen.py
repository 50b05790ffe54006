"""What the demo says: chapters, sentences, commands and claims."""

import shlex
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape


class ClaimFailed(Exception):  # noqa: N818  the demo's claim is broken
    """Something that the demo claims is not so."""


class Screen:
    """The user's terminal."""

    def __init__(self) -> None:
        self.console: Console = Console(highlight=False)
        self._chapter: int = 0

    def chapter(self, title: str) -> None:
        """Begin the next part."""
        self._chapter += 1
        self.console.print(f"\n[bold cyan]{self._chapter}. {escape(title)}[/]")

    def say(self, sentence: str) -> None:
        """Say something."""
        self.console.print(f"   {escape(sentence)}", soft_wrap=True)

    def command(self, argv: Sequence[str]) -> None:
        """Show a command as the user could have typed it."""
        self.console.print(f"   [dim]$ {escape(shlex.join(argv))}[/]", soft_wrap=True)

    def claim(self, sentence: str, holds: object) -> None:
        """Say something that was just checked; raises ClaimFailed where it is not so."""
        if not holds:
            raise ClaimFailed(f"This should be so and is not: {sentence}")
        self.console.print(f"   [green]✓[/] {escape(sentence)}", soft_wrap=True)
