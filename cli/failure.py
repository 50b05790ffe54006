"""What a command says when it cannot do what was asked: one line, and an exit code."""

import contextlib
from collections.abc import Generator

from click import ClickException
from typing_extensions import override

from astrolabe.cli.exit_codes import ExitCode
from astrolabe.cli.servers.problem import Unavailable
from astrolabe.domain.problem import Refused, advised, at_first
from astrolabe.domain.products.product import ProductError
from astrolabe.store.errors import StoreError
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.programs.command import CommandProblem
from astrolabe.workers.programs.tools import ToolMissing

EXPECTED = (Unavailable, ProductError, StoreError, ToolMissing, StepFailed, CommandProblem)
"""What the floors below raise with a sentence for the person who asked."""


class CommandError(ClickException):
    """A command that cannot do what was asked; the message says what to do."""

    exit_code = ExitCode.REFUSED  # pyright: ignore[reportUnannotatedClassAttribute]  click declares it so

    @override
    def format_message(self) -> str:
        return " ".join(self.message.split())


class CommandFailed(ClickException):
    """An end that was not wanted: no fault of the command, and no success."""

    exit_code = ExitCode.UNWANTED  # pyright: ignore[reportUnannotatedClassAttribute]  click declares it so


@contextlib.contextmanager
def refusals_as_errors() -> Generator[None]:
    """Raise what the domain refuses within as a CommandError: on the command line it was asked by whoever typed."""
    try:
        yield
    except Refused as refused:
        raise CommandError(str(refused)) from None


def one_line(error: BaseException) -> str:
    """Put an error on one line, with what to do where it says that."""
    said = advised(str(error), at_first(error.problem.todo)) if isinstance(error, StepFailed) else str(error)
    return " ".join(said.split()) or type(error).__name__
