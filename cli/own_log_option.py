"""The option that leads to the log, for whoever owns its host: also to that of the `astrolabe up` that runs there."""

import click

from astrolabe.cli.failure import CommandError
from astrolabe.cli.log_option import current_log
from astrolabe.cli.servers.folder import default_path
from astrolabe.cli.servers.postgres import remembered_url
from astrolabe.store.settings import Settings


def _given_or_of_up() -> str:
    """Return the log that is named, or else the one that `astrolabe up` keeps in its data folder."""
    if url := Settings.read().database_url or remembered_url(default_path()):
        return url
    raise CommandError(
        f"Give --database-url, or set DATABASE_URL; no astrolabe up of yours has run in {default_path()}."
    )


database_url_of_host = click.option(
    "--database-url",
    default=_given_or_of_up,
    callback=current_log,
    help="The log's PostgreSQL (DATABASE_URL); without it that of the astrolabe up that runs here.",
)
