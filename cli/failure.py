"""What a command says when it cannot do what was asked: one line, and exit code 2."""

from click import ClickException
from typing_extensions import override

from cli.services.problem import Unavailable
from domain.product import ProductError
from store.errors import StoreError
from workers.command import CommandProblem
from workers.failure import StepFailed
from workers.tools import ToolMissing

EXPECTED = (Unavailable, ProductError, StoreError, ToolMissing, StepFailed, CommandProblem)
"""What the floors below raise with a sentence for the person who asked."""


class Bad(ClickException):
    """The command cannot do what was asked; the message says what to do."""

    exit_code = 2  # pyright: ignore[reportUnannotatedClassAttribute]  click declares it so

    @override
    def format_message(self) -> str:
        return " ".join(self.message.split())


class Ended(ClickException):
    """What was asked for ended badly: not the command's fault, and not a success."""

    exit_code = 1  # pyright: ignore[reportUnannotatedClassAttribute]  click declares it so


def one_line(error: BaseException) -> str:
    """Put an error on one line."""
    return " ".join(str(error).split()) or type(error).__name__
