"""What `astrolabe up` does once at its start: in a fork, for what that loads and makes is gone when it ends."""

import asyncio
import json
from pathlib import Path

import click

from astrolabe.cli import options
from astrolabe.cli.first_token import first_token
from astrolabe.cli.log_backup import LogBackups
from astrolabe.cli.log_option import any_database_url
from astrolabe.cli.ready import until_ready
from astrolabe.store.migrate import migrate
from astrolabe.store.revisions import require_known_log


async def prepare(url: str, data: Path) -> dict[str, str | None]:
    """Migrate the log, and make the first token where there is none.

    Returns that token's `secret`, and the `backup` that was made before the schema changed: each None where there is
    none.
    """
    await require_known_log(url)
    backup = await migrate(url, back_up=LogBackups(data, url, lambda _: None).make)
    return {"secret": await first_token(url, "astrolabe up"), "backup": backup}


@click.command("prepare")
@any_database_url
@options.data
def prepare_in_fork(database_url: str, data: Path) -> None:
    """Prepare the log, and print what was done on one line."""
    click.echo(json.dumps(asyncio.run(prepare(database_url, data))))


@click.command("await-api")
@click.argument("url")
def await_api_in_fork(url: str) -> None:
    """Wait until the API is ready."""
    asyncio.run(until_ready(url))


COMMANDS = {"prepare": prepare_in_fork, "await-api": await_api_in_fork}
