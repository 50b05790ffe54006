"""That a command in a fork does what it does in a process that was started for it."""

import asyncio
import os
from asyncio.subprocess import Process
from collections.abc import Sequence
from pathlib import Path

import pytest

from astrolabe.cli.own_python import run_astrolabe
from astrolabe.workers.programs.shell import run
from tests.cli.terminal import at_terminal
from tests.cli.typed import piped

TYPED = ("instances", "token list", "token list --json", "show nobody", "upgarde", "audit key --help", "cancel x")


async def start(words: Sequence[str], environment: dict[str, str], files: tuple[int, int, int]) -> Process:
    """Type a command in a process that is started for it."""
    stdin, stdout, stderr = files
    return await asyncio.create_subprocess_exec(
        *run_astrolabe(*words), stdin=stdin, stdout=stdout, stderr=stderr, env=environment, start_new_session=True
    )


@pytest.mark.parametrize("typed", TYPED)
async def test_a_fork_prints_what_a_started_process_prints(typed: str, relayed: dict[str, str], tmp_path: Path) -> None:
    """Output, errors and exit code are the same, piped and at a terminal of 80 columns."""
    words = typed.split()
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **relayed}
    started = await run(run_astrolabe(*words), env=env, cwd=tmp_path, deadline=60, check=False)
    forked = await piped(*words, env=env, folder=tmp_path)
    assert (forked.returncode, forked.stdout, forked.stderr) == (started.returncode, started.stdout, started.stderr)
    assert await at_terminal(words, relayed) == await at_terminal(words, relayed, begin=start)


async def test_a_fork_is_asked_as_a_started_process_is(relayed: dict[str, str]) -> None:
    """What it reads from a terminal reaches it, and a no ends it with the same code."""
    made = await piped("token", "create", "asked", "--scope", "read", env=relayed)
    assert made.returncode == 0, made.stderr
    words = ("token", "revoke", "asked")
    code, seen = await at_terminal(words, relayed, "n")
    assert (code, "asked" in seen) == (130, True)
    assert (code, seen) == await at_terminal(words, relayed, "n", begin=start)
