"""`astrolabe relay`."""

from pathlib import Path

import click

from astrolabe.cli import options
from astrolabe.cli.log_option import database_url
from astrolabe.cli.policy_file import read_asked_policy
from astrolabe.cli.servers.folder import KEYS, default_path
from astrolabe.store.notices.settings import notice_settings
from astrolabe.store.settings import Settings
from astrolabe.store.webhooks.settings import networks, webhook_settings
from astrolabe.workers.programs.umask import close_to_others
from astrolabe.workers.relay.notary import Notarial
from astrolabe.workers.relay.process import run_relay
from astrolabe.workers.relay.publishing import Opened

TLOG = "tlog"


@click.command()
@database_url
@options.redis_url
@options.data
@options.products
@options.public_url
@options.notarial
def relay(
    *,
    database_url: str,
    redis_url: str,
    data: Path | None,
    products: tuple[Path, ...],
    public_url: str | None,
    tlog: Path | None,
    tlog_open: Opened | None,
    origin: str | None,
    urls: tuple[str, ...],
    seconds: float,
    witnesses: Path | None,
) -> None:
    """Follow the log: positions, views, messages to the workers, signed checkpoints, webhooks, notices to people."""
    folder = (data or default_path()).absolute()
    settings = Settings.read()
    notarial = Notarial(
        folder / KEYS,
        tlog or folder / TLOG,
        origin,
        urls,
        seconds,
        opened=tlog_open,
        policy=read_asked_policy(witnesses) if witnesses else None,
        witness_allow=networks("witness_allow", settings.witness_allow),
    )
    notices = notice_settings(folder, public_url, options.product_folders(products), settings)
    close_to_others()
    run_relay(database_url, redis_url, notarial, webhook_settings(folder, settings), notices)


COMMANDS = (relay,)
