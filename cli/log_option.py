"""The option that leads to the log, for commands that open it themselves."""

import asyncio
from collections.abc import Callable

import click

from astrolabe.cli.options import F, required
from astrolabe.store.revisions import require_known_log


def known_log(_context: click.Context, _option: click.Parameter, url: str) -> str:
    """Refuse a log that only a newer Astrolabe understands, before anything of it is read."""
    asyncio.run(require_known_log(url))
    return url


def current_log(_context: click.Context, _option: click.Parameter, url: str) -> str:
    """Refuse a log that is not at this Astrolabe's own revision."""
    asyncio.run(require_known_log(url, up_to_date=True))
    return url


def _database_url(check: Callable[[click.Context, click.Parameter, str], str]) -> Callable[[F], F]:
    given = required("--database-url", "database_url")
    return click.option("--database-url", default=given, callback=check, help="The log's PostgreSQL (DATABASE_URL).")


database_url = _database_url(current_log)
any_database_url = _database_url(known_log)
"""Where the log may be older, for who brings it up to date."""
