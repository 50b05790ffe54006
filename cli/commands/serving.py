"""The processes that make up Astrolabe, each to be started by itself: and what is done beside them."""

import asyncio
from pathlib import Path

import click

from astrolabe.api.server import run_api
from astrolabe.cli import options
from astrolabe.cli.failure import CommandError
from astrolabe.cli.first_token import first_token
from astrolabe.cli.log_option import database_url
from astrolabe.cli.servers.folder import KEYS, default_path
from astrolabe.domain.words import HostName
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.migrate import migrate as migrate_schema
from astrolabe.store.products.catalogue import load_products
from astrolabe.store.settings import Settings
from astrolabe.store.views.projector import Projector
from astrolabe.store.webhooks.settings import webhook_settings
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.secret import DEFAULT_FOLDER, Secrets
from astrolabe.workers.relay.notary import Notarial
from astrolabe.workers.relay.process import run_relay
from astrolabe.workers.worker.process import run_worker

THREADS = 16
TLOG = "tlog"


@click.command()
@database_url
@options.bind
@options.products
def api(database_url: str, bind: str, products: tuple[Path, ...]) -> None:
    """Serve the REST API."""
    host, port = options.address(bind)
    run_api(
        database_url=database_url,
        host=host,
        port=port,
        product_folders=options.product_folders(products),
        webhooks=webhook_settings(default_path(), Settings.read()),
    )


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


@click.command()
@database_url
@options.redis_url
@options.data
@options.products
@click.option("--host", "name", default="local", show_default=True, help="The host whose instances this worker has.")
@click.option("--threads", default=THREADS, show_default=True, type=click.IntRange(1, 256), help="Instances at once.")
@click.option(
    "--secrets",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder that file: secrets may lie in, besides /run/secrets and DATA/secrets.",
)
def worker(
    *,
    database_url: str,
    redis_url: str,
    data: Path | None,
    products: tuple[Path, ...],
    name: HostName,
    threads: int,
    secrets: tuple[Path, ...],
) -> None:
    """Carry out what is due on the instances of this host."""
    folder = (data or default_path()).absolute()
    host = Host(
        name,
        folder,
        load_products(options.product_folders(products)),
        Secrets([DEFAULT_FOLDER, folder / "secrets", *secrets]),
    )
    run_worker(database_url, redis_url, host, threads, Settings.read())


@click.command()
@database_url
def migrate(database_url: str) -> None:
    """Bring the log's own schema up to date."""
    asyncio.run(migrate_schema(database_url))
    click.echo("The schema is up to date.")


@click.command("first-token")
@database_url
def make_first_token(database_url: str) -> None:
    """Make a token with all rights, straight in the log's database; only where no token is in use."""
    secret = asyncio.run(first_token(database_url, "astrolabe first-token"))
    if secret is None:
        raise CommandError("There are tokens already; use one of them, or make another with astrolabe token create.")
    click.echo(secret)


@click.command()
@database_url
def rebuild(database_url: str) -> None:
    """Drop the list views and fold them from the log again."""
    click.echo(f"Folded {asyncio.run(_rebuild(database_url)):,} events.")


async def _rebuild(url: str) -> int:
    async with Database(url) as database:
        return await Projector(database, Log(database)).rebuild()


COMMANDS = (api, relay, worker, migrate, make_first_token, rebuild)
