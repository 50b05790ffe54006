"""What `astrolabe up` does once at its start: in a fork, for what that loads and makes is gone when it ends."""

import asyncio

import click

from astrolabe.cli.first_token import first_token
from astrolabe.cli.log_option import database_url
from astrolabe.cli.ready import until_ready
from astrolabe.store.migrate import migrate


async def prepare(url: str) -> str | None:
    """Migrate the log, and make the first token where there is none; return its secret."""
    await migrate(url)
    return await first_token(url, "astrolabe up")


@click.command("prepare")
@database_url
def prepare_in_fork(database_url: str) -> None:
    """Prepare the log, and print the first token's secret where one was made."""
    if secret := asyncio.run(prepare(database_url)):
        click.echo(secret)


@click.command("await-api")
@click.argument("url")
def await_api_in_fork(url: str) -> None:
    """Wait until the API is ready."""
    asyncio.run(until_ready(url))


COMMANDS = {"prepare": prepare_in_fork, "await-api": await_api_in_fork}
