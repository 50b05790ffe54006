"""What is done to the log itself: migrated, given its first token, its views folded again."""

import asyncio

import click

from astrolabe.cli.failure import CommandError
from astrolabe.cli.first_token import first_token
from astrolabe.cli.log_option import database_url
from astrolabe.cli.printing import answer
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.migrate import migrate as migrate_schema
from astrolabe.store.views.projector import Projector


@click.command()
@database_url
def migrate(database_url: str) -> None:
    """Bring the log's own schema up to date."""
    asyncio.run(migrate_schema(database_url))
    answer({"up_to_date": True}, "The schema is up to date.")


@click.command("first-token")
@database_url
def make_first_token(database_url: str) -> None:
    """Make a token with all rights, straight in the log's database; only where no token is in use."""
    secret = asyncio.run(first_token(database_url, "astrolabe first-token"))
    if secret is None:
        raise CommandError("There are tokens already; use one of them, or make another with astrolabe token create.")
    answer({"secret": secret}, secret)


@click.command()
@database_url
def rebuild(database_url: str) -> None:
    """Drop the list views and fold them from the log again."""
    folded = asyncio.run(_rebuild(database_url))
    answer({"events": folded}, f"Folded {folded:,} events.")


async def _rebuild(url: str) -> int:
    async with Database(url) as database:
        return await Projector(database, Log(database)).rebuild()


COMMANDS = (migrate, make_first_token, rebuild)
