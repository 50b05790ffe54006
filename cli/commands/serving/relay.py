"""`astrolabe relay`."""

from pathlib import Path

import click

from astrolabe.cli import options
from astrolabe.cli.log_option import database_url
from astrolabe.cli.servers.folder import KEYS, default_path
from astrolabe.store.settings import Settings
from astrolabe.store.webhooks.settings import webhook_settings
from astrolabe.workers.relay.notary import Notarial
from astrolabe.workers.relay.process import run_relay

TLOG = "tlog"


@click.command()
@database_url
@options.redis_url
@options.data
@options.notarial
def relay(
    *,
    database_url: str,
    redis_url: str,
    data: Path | None,
    tlog: Path | None,
    origin: str | None,
    urls: tuple[str, ...],
    seconds: float,
) -> None:
    """Follow the log: positions, views, messages to the workers, signed checkpoints, webhooks."""
    folder = (data or default_path()).absolute()
    notarial = Notarial(folder / KEYS, tlog or folder / TLOG, origin, urls, seconds)
    run_relay(database_url, redis_url, notarial, webhook_settings(folder, Settings.read()))


COMMANDS = (relay,)
