"""`python -m astrolabe.cli.private_engine COMMAND …`: runs a command beside a container engine that nobody else sees.

Where none can be started, the command runs without one, and has to say so itself.
"""

import asyncio
import os
import sys

from astrolabe.cli.private_engine import own
from astrolabe.cli.servers.problem import Unavailable
from astrolabe.workers.programs.command import CommandProblem

INSIDE = "--inside"


def become(command: list[str], **environment: str) -> None:
    """Become a command."""
    os.execvpe(command[0], command, {**os.environ, **environment})  # noqa: S606, TID251 (it is what was asked for)


if __name__ == "__main__":
    if sys.argv[1] != INSIDE:
        become(sys.argv[1:] if own.lacking() else own.beside(sys.argv[1:]))
    try:
        asyncio.run(own.start())
    except (Unavailable, CommandProblem) as problem:
        sys.exit(f"No container engine could be started: {problem}")
    become(sys.argv[2:], **own.environment())
