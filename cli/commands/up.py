"""`astrolabe up`: everything on one machine; and `astrolabe demo`."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from astrolabe.cli import options
from astrolabe.cli.demo.compose_story import tell_with_compose
from astrolabe.cli.demo.story import tell
from astrolabe.cli.failure import Bad
from astrolabe.cli.first_token import first_token
from astrolabe.cli.ready import until_ready
from astrolabe.cli.servers.folder import is_free
from astrolabe.cli.supervisor import Supervisor, own_command, serve
from astrolabe.store.migrate import migrate
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
        return [*own_command(name), *more.get(name, [])]

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
        raise Bad(f"Port {port} is taken by another program; choose one with --bind {host}:PORT.")
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


@click.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Where the demo keeps everything.")
@click.option("--compose", is_flag=True, help="Unleash as a compose project, 6.4.1 to 7.5.1, on a real engine.")
def demo(data: Path | None, compose: bool) -> None:
    """Upgrade a real Unleash from 5.6.0 to 6.10.1 and take it back, on this machine, with everything shown."""
    folder = data or Path(os.environ.get("ASTROLABE_DEMO_DATA") or _demo_folder())
    asyncio.run((tell_with_compose if compose else tell)(folder.absolute()))


def _demo_folder() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/astrolabe-demo")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "astrolabe-demo"


COMMANDS = (up, demo)
