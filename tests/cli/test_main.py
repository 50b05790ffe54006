"""The command itself: which commands there are, and what they wait for."""

import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from astrolabe.cli.main import MODULES, astrolabe
from astrolabe.workers.programs.environment import inherited
from astrolabe.workers.programs.shell import run

SERVERS = {"alembic", "asyncpg", "dramatiq", "litestar", "sqlalchemy"}


@pytest.mark.parametrize("module", MODULES)
def test_every_command_is_found(module: str) -> None:
    """What is loaded late is there under its name, and none of its module is forgotten."""
    found = {command.name: command for command in import_module(f"astrolabe.cli.commands.{module}").COMMANDS}
    assert set(found) == set(MODULES[module])
    context = click.Context(astrolabe)
    assert {name: astrolabe.get_command(context, name) for name in found} == found
    assert set(found) <= set(astrolabe.list_commands(context))


async def test_a_client_does_not_wait_for_a_servers_libraries() -> None:
    """Asking a running Astrolabe something loads none of what serves, stores and works."""
    script = f"import sys, astrolabe.cli.commands.upgrades; print(sorted({SERVERS} & set(sys.modules)))"
    done = await run([sys.executable, "-c", script], env=inherited(), cwd=Path(__file__).parents[2], deadline=60)
    assert done.stdout.strip() == "[]"


async def test_a_client_waits_for_no_command_line_but_its_own() -> None:
    """Whoever asks over HTTP loads neither the command of the library that asks, nor what that prints with."""
    script = "import sys, astrolabe.cli.main, httpx; print(sorted({'pygments', 'rich'} & set(sys.modules)), httpx.get)"
    done = await run([sys.executable, "-c", script], env=inherited(), cwd=Path(__file__).parents[2], deadline=60)
    assert done.stdout.startswith("[] <function get")


@pytest.mark.parametrize("module", ["astrolabe", "astrolabe.cli.main"])
async def test_the_command_can_be_run_as_a_module(module: str) -> None:
    """Under either name it does what was typed, and never nothing."""
    done = await run(
        [sys.executable, "-P", "-m", module, "--version"], env=inherited(), cwd=Path(__file__).parents[2], deadline=60
    )
    assert done.stdout.startswith("astrolabe, version ")
