"""How a command ended, well or badly."""

from collections.abc import Sequence
from typing import Final, NamedTuple


class CommandProblem(Exception):  # noqa: N818 (its kinds read as sentences: except CommandFailed)
    """A command that did not do what was asked; secrets are redacted in everything it carries."""

    def __init__(self, sentence: str, argv: Sequence[str], tail: str = "") -> None:
        super().__init__(sentence + (f"; it said: {tail}" if tail else ""))
        self.argv: Final = tuple(argv)
        self.tail: Final = tail


class CommandNotFound(CommandProblem):
    """The program, or the folder to start it in, is not there or may not be used."""


class CommandTimedOut(CommandProblem):
    """The command was ended at its deadline."""


class CommandFailed(CommandProblem):
    """The command ended with a code other than 0; minus the signal's number where a signal ended it."""

    def __init__(self, argv: Sequence[str], returncode: int, tail: str) -> None:
        super().__init__(f"{argv[0]} ended with code {returncode}", argv, tail)
        self.returncode: Final = returncode


class Finished(NamedTuple):
    """A command that ended: its code, what each pipe said last, and how many seconds it ran."""

    argv: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str
    seconds: float
