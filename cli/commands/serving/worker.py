"""`astrolabe worker`."""

from datetime import timedelta
from pathlib import Path

import click

from astrolabe.cli import options
from astrolabe.cli.log_option import database_url
from astrolabe.cli.servers.folder import default_path
from astrolabe.domain.words import HostName
from astrolabe.store.products.catalogue import Catalogue
from astrolabe.store.settings import Settings
from astrolabe.store.webhooks.settings import networks
from astrolabe.workers.instance.grants import read_grants
from astrolabe.workers.instance.host import Host
from astrolabe.workers.instance.secret import DEFAULT_FOLDER, Secrets
from astrolabe.workers.programs.places import HostPlaces
from astrolabe.workers.programs.umask import close_to_others
from astrolabe.workers.worker.process import run_worker

THREADS = 256
"""What takes long waits for a place of its own; all else of an instance costs its worker next to nothing."""


@click.command()
@database_url
@options.redis_url
@options.data
@options.products
@click.option("--host", "name", default="local", show_default=True, help="The host whose instances this worker has.")
@click.option("--threads", default=THREADS, show_default=True, type=click.IntRange(1, 1024), help="Instances at once.")
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
    close_to_others()
    folder, settings = (data or default_path()).absolute(), Settings.read()
    catalogue = Catalogue(options.product_folders(products))
    host = Host(
        name,
        folder,
        catalogue.products,
        Secrets([DEFAULT_FOLDER, folder / "secrets", *secrets], read_grants(settings.grants)),
        networks("worker_allow", settings.worker_allow),
        catalogue,
        timedelta(days=settings.output_days),
        HostPlaces(settings.worker_places),
    )
    run_worker(database_url, redis_url, host, threads, settings)


COMMANDS = (worker,)
