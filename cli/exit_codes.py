"""Exit codes: what a command says to the shell, and the one place that says what each means."""

from enum import IntEnum, unique
from typing import Final


@unique
class ExitCode(IntEnum):
    """How a command ended."""

    DONE = 0
    UNWANTED = 1
    REFUSED = 2
    INTERRUPTED = 130


MEANINGS: Final = {
    ExitCode.DONE: "It was done as asked; what was waited for ended as wanted.",
    ExitCode.UNWANTED: (
        "What came of it is not what was wanted: an upgrade failed, went back, was cancelled or not approved, what runs"
        " was not adopted, an export does not hold, this host lacks something, a process of `up` had to be killed."
    ),
    ExitCode.REFUSED: (
        "It cannot be done as asked: a word is wrong, Astrolabe or an upgrade's preflight refuses, nobody answers, or"
        " a confirmation is missing, also that writes may stay behind. One line on stderr says why and what to do."
    ),
    ExitCode.INTERRUPTED: (
        "Ctrl-C, or a question that was not answered with yes. What Astrolabe was asked for before goes on."
    ),
}
"""What each exit code means, for the page of commands."""
