"""What is done to the log itself: migrated, given its first token, its views folded again."""

import asyncio
from pathlib import Path

import click
import msgspec

from astrolabe.cli import options
from astrolabe.cli.failure import CommandError
from astrolabe.cli.first_token import first_token, recovered_token
from astrolabe.cli.log_backup import LogBackups
from astrolabe.cli.log_option import any_database_url, database_url
from astrolabe.cli.own_log_option import database_url_of_host
from astrolabe.cli.printing import answer, note
from astrolabe.cli.servers.folder import default_path
from astrolabe.domain.words import Reason
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.migrate import migrate as migrate_schema
from astrolabe.store.views.projector import Projector
from astrolabe.workers.programs.umask import close_to_others


@click.command()
@any_database_url
@options.data
@click.option("--backup-taken", is_flag=True, help="Make no backup before: you have backed the log up yourself.")
def migrate(database_url: str, data: Path | None, *, backup_taken: bool) -> None:
    """Bring the log's own schema up to date, with a backup before."""
    close_to_others()
    backups = None if backup_taken else LogBackups((data or default_path()).absolute(), database_url, note)
    backup = asyncio.run(migrate_schema(database_url, back_up=backups and backups.make))
    said = f"The log was backed up: {backup}\n" if backup else ""
    answer({"up_to_date": True, "backup": backup}, f"{said}The schema is up to date.")


@click.command("first-token")
@database_url_of_host
@click.option(
    "--lost", metavar="WHY", help="Make one past those in use, for they are lost; the trail says so, and why."
)
def make_first_token(database_url: str, lost: str | None) -> None:
    """Make a token with all rights, straight in the log's database; without --lost only where none is in use."""
    if lost is not None:
        secret = asyncio.run(recovered_token(database_url, "astrolabe first-token", _reason(lost)))
        answer({"secret": secret}, secret)
        return
    secret = asyncio.run(first_token(database_url, "astrolabe first-token"))
    if secret is None:
        raise CommandError(
            "There are tokens already; use one of them. Where all that may make others are lost, say why after --lost."
        )
    answer({"secret": secret}, secret)


def _reason(said: str) -> str:
    try:
        return msgspec.convert(said, Reason)
    except msgspec.ValidationError:
        raise CommandError("Say after --lost why, in one line of at most 500 characters.") from None


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
