"""`astrolabe up`: everything on one machine."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from astrolabe.cli import options
from astrolabe.cli.failure import CommandError
from astrolabe.cli.first_token import first_token
from astrolabe.cli.own_python import run_astrolabe
from astrolabe.cli.ready import until_ready
from astrolabe.cli.supervisor import Supervisor, serve
from astrolabe.store.migrate import migrate
from astrolabe.store.ports import is_free
from astrolabe.store.products.catalogue import load_products


async def prepare(environment: Mapping[str, str]) -> str | None:
    """Migrate the log, and make the first token where there is none; return its secret."""
    url = environment["DATABASE_URL"]
    await migrate(url)
    return await first_token(url, "astrolabe up")


def command_for(bind: str, folders: list[Path]) -> Callable[[str], list[str]]:
    """Return the argv of each of our processes."""
    own = [word for folder in folders for word in ("--products", str(folder))]

    def command(name: str) -> list[str]:
        more = {"api": ["--bind", bind, *own], "worker": own}
        return run_astrolabe(name, *more.get(name, []))

    return command


@click.command()
@options.data
@options.bind
@options.products
def up(data: Path | None, bind: str, products: tuple[Path, ...]) -> None:
    """Run PostgreSQL, Valkey, API, relay and worker on this machine, until Ctrl-C."""
    folders = options.product_folders(products)
    load_products(folders)
    host, port = options.address(bind)
    if not is_free(port) and host in {"127.0.0.1", "localhost"}:
        raise CommandError(f"Port {port} is taken by another program; choose one with --bind {host}:PORT.")
    made: list[str | None] = []

    async def prepared(environment: Mapping[str, str]) -> None:
        made.append(await prepare(environment))
        click.echo("The log is up to date.")

    tree = Supervisor(
        data, prepare=prepared, command=command_for(bind, [each.absolute() for each in folders]), say=click.echo
    )
    sys.exit(asyncio.run(_serve(tree, bind, made)))


async def _serve(tree: Supervisor, bind: str, made: list[str | None]) -> int:
    greeting: list[asyncio.Task[None]] = []

    def ready() -> None:
        greeting.append(asyncio.create_task(_greet(bind, made[-1] if made else None)))

    try:
        return await serve(tree, ready)
    finally:
        for task in greeting:
            task.cancel()
        click.echo("Stopped.")


async def _greet(bind: str, token: str | None) -> None:
    url = options.base_url(bind)
    await until_ready(url)
    click.echo(f"Astrolabe answers at {url}")
    if token:
        click.echo("The first token, shown this once; whoever has it may do everything:")
        click.echo(f"\n    export ASTROLABE_URL={url}\n    export ASTROLABE_TOKEN={token}\n")
    click.echo("Next, in another terminal: astrolabe register --help. Stop with Ctrl-C.")


COMMANDS = (up,)
