"""Starting a version of a product to practise with."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from astrolabe.cli import options
from astrolabe.cli.awaited import delete, saying_what_is_awaited
from astrolabe.cli.commands.product_try import exact, product_of, settings_of
from astrolabe.cli.failure import CommandError
from astrolabe.cli.printing import answer, aside
from astrolabe.cli.servers.folder import default_path
from astrolabe.domain.words import Name
from astrolabe.store.ports import free_port, is_free
from astrolabe.workers.programs.environment import inherited

if TYPE_CHECKING:
    from collections.abc import Callable

    from astrolabe.cli.practising import Practice


@click.command("start")
@click.argument("product")
@click.argument("version")
@click.option("--name", help="The name of the instance that it is to be registered as; by default the product's.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port that it listens on; by default a free one.")
@click.option("--setting", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of the instance.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The folder that it is started in; by default an empty one.",
)
@options.data
@options.products
def start_product(
    product: str,
    version: str,
    *,
    name: str | None,
    port: int | None,
    settings: tuple[str, ...],
    folder: Path | None,
    data: Path | None,
    products: tuple[Path, ...],
) -> None:
    """Start a VERSION of a PRODUCT to practise with, until Ctrl-C, and print the line that registers it.

    PRODUCT is a file, or the name of a product that this host knows. It gets a PostgreSQL server and a database of its
    own; all of it is gone at the end. It works for npm packages.
    """
    found = product_of(product, products)
    if port is None and found.health.by == "http":
        port = free_port()
    if port and not is_free(port):
        raise CommandError(f"Port {port} is taken by another program; choose one with --port.")
    # The libraries of a worker, which no other command about products waits for.
    from astrolabe.cli.practising import Practice, Wanted  # noqa: PLC0415

    started_in = str(folder.resolve()) if folder else None
    wanted = Wanted(found, exact(version), _name(name or found.name), port, settings_of(found, settings), started_in)
    scratch = Path(tempfile.mkdtemp(prefix="astrolabe-start-"))
    practice = Practice(wanted, scratch, (data or default_path()).absolute() / "secrets")

    def ready() -> None:
        said = {"product": found.name, "version": version, "port": port, "register": practice.register}
        answer(said, _RUNS.format(title=found.title, **said))
        sys.stdout.flush()

    try:
        practice.refuse_taken()
        code = asyncio.run(_serving(practice, found.title, scratch, ready))
    finally:
        # Where another Ctrl-C broke that off.
        shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(code)


async def _serving(practice: Practice, title: str, scratch: Path, ready: Callable[[], None]) -> int:
    """Serve until Ctrl-C, and delete all that was made for it; return the exit code."""
    from astrolabe.cli.scratch import NO_QUEUE  # noqa: PLC0415  as above
    from astrolabe.cli.supervisor import Supervisor, serve  # noqa: PLC0415

    environment = {**inherited(), "REDIS_URL": NO_QUEUE}
    tree = Supervisor(scratch, environment=environment, prepare=practice.start, children=(), say=aside, fast=True)
    try:
        return await serve(tree, ready)
    finally:
        if practice.register:
            aside(f"{title} ends, and what was made for it in {scratch} is deleted.")
        async with saying_what_is_awaited(f"{title} to end", aside):
            await practice.end()
        await delete(scratch, aside)


_RUNS: Final = """\
{title} {version} runs. To register it, in another terminal:

    {register}

It and its database are gone at Ctrl-C."""


def _name(text: str) -> str:
    try:
        return msgspec.convert(text, Name)
    except msgspec.ValidationError:
        raise CommandError(f"{text} is no name; use lower case letters, digits and -.") from None
