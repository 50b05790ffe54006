"""The option that leads to the log, for commands that open it themselves."""

import asyncio

import click

from astrolabe.cli.options import required
from astrolabe.store.revisions import require_known_log


def known_log(_context: click.Context, _option: click.Parameter, url: str) -> str:
    """Refuse a log that only a newer Astrolabe understands, before anything of it is read."""
    asyncio.run(require_known_log(url))
    return url


database_url = click.option(
    "--database-url",
    default=required("--database-url", "database_url"),
    callback=known_log,
    help="The log's PostgreSQL (DATABASE_URL).",
)
