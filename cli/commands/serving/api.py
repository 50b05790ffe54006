"""`astrolabe api`."""

from pathlib import Path

import click

from astrolabe.api.server import run_api
from astrolabe.cli import options
from astrolabe.cli.log_option import database_url
from astrolabe.cli.servers.folder import default_path
from astrolabe.store.settings import Settings
from astrolabe.store.webhooks.settings import webhook_settings
from astrolabe.workers.programs.umask import close_to_others


@click.command()
@database_url
@options.bind
@options.products
def api(database_url: str, bind: str, products: tuple[Path, ...]) -> None:
    """Serve the REST API."""
    close_to_others()
    host, port = options.address(bind)
    run_api(
        database_url=database_url,
        host=host,
        port=port,
        product_folders=options.product_folders(products),
        webhooks=webhook_settings(default_path(), Settings.read()),
    )


COMMANDS = (api,)
