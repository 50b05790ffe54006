"""`astrolabe up`: everything on one machine."""

import asyncio
import json
import shlex
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final, NoReturn

import click

from astrolabe.cli import options
from astrolabe.cli.failure import CommandError
from astrolabe.cli.forking.client import Forks
from astrolabe.cli.main import main, run
from astrolabe.cli.own_python import is_isolated, run_astrolabe
from astrolabe.cli.process import executing, forking
from astrolabe.cli.ready import until_ready
from astrolabe.cli.servers.account import refuse_closed, service_account
from astrolabe.cli.servers.folder import VARIABLE, default_path
from astrolabe.cli.supervisor import CHILDREN, Supervisor, serve
from astrolabe.store.ports import is_free
from astrolabe.store.products.catalogue import load_products
from astrolabe.store.settings import Settings, variable
from astrolabe.workers.programs.umask import close_to_others

PREPARING: Final = "astrolabe.cli.preparing"
"""Loaded where it is needed, which is in a fork wherever there can be one."""

PRODUCTS: Final = variable("products")
OWN: Final = ("prepare", "await-api")
"""The commands that `up` has for itself alone."""


def words_for(bind: str, folders: list[Path], public_url: str | None = None) -> Callable[[str], list[str]]:
    """Return the words of the command that each of our processes runs."""
    own = [word for folder in folders for word in ("--products", str(folder))]

    def words(name: str) -> list[str]:
        reached = ["--public-url", public_url or options.base_url(bind)]
        more = {"api": ["--bind", bind, *own], "relay": [*reached, *own], "worker": own}
        return [name, *more.get(name, [])]

    return words


def forks_of_us() -> Forks | None:
    """Load what our processes need, and be forked; None where a stranger's code may have been loaded with it."""
    if not is_isolated():
        return None
    for name in CHILDREN:
        import_module(f"astrolabe.cli.commands.serving.{name}")
    # Making it touches so much of what is loaded that the API would share little of it.
    import_module("astrolabe.api.server").app_of_this_process()
    return Forks.made(_run)


def _run(words: Sequence[str]) -> NoReturn:
    """Run a command in a fork: one of everybody's, or one of those that `up` has for itself alone."""
    if words[0] in OWN:
        sys.argv[1:] = words[1:]
        run(import_module(PREPARING).COMMANDS[words[0]])
    sys.argv[1:] = words
    main()


@click.command()
@options.data
@options.bind
@options.products
@options.public_url
def up(data: Path | None, bind: str, products: tuple[Path, ...], public_url: str | None) -> None:
    """Run PostgreSQL, Valkey, API, relay and worker on this machine, until Ctrl-C."""
    close_to_others()
    folders = options.product_folders(products)
    load_products(folders)
    host, port = options.address(bind)
    if not is_free(port) and host in {"127.0.0.1", "localhost"}:
        raise CommandError(f"Port {port} is taken by another program; choose one with --bind {host}:PORT.")
    _refuse_closed(data or default_path())
    made: list[str | None] = []
    words = words_for(bind, [each.absolute() for each in folders], public_url)
    forks = forks_of_us()
    launch = forking(forks, words) if forks else executing(lambda name: run_astrolabe(*words(name)))

    async def prepared(environment: Mapping[str, str]) -> None:
        # In a fork: what it loads and makes would stay in this process for as long as it lives.
        if forks:
            done = json.loads((await forks.output(["prepare"], env=environment)).rpartition("\n")[2])
        else:
            url, folder = environment["DATABASE_URL"], Path(environment[VARIABLE])
            done = await import_module(PREPARING).prepare(url, folder)
        made.append(done["secret"])
        if done["backup"]:
            click.echo(f"Before its schema changed, the log was backed up: {done['backup']}")
        click.echo("The log is up to date.")

    async def ready() -> None:
        url = options.base_url(bind)
        await (forks.output(["await-api", url], env=tree.environment) if forks else until_ready(url))
        greet(url, made[-1] if made else None, _places(data, folders))

    tree = Supervisor(data, prepare=prepared, launch=launch, say=click.echo)
    try:
        sys.exit(asyncio.run(_serve(tree, ready)))
    finally:
        if forks:
            forks.close()


async def _serve(tree: Supervisor, ready: Callable[[], Coroutine[None, None, None]]) -> int:
    greeting: list[asyncio.Task[None]] = []
    try:
        return await serve(tree, lambda: greeting.append(asyncio.create_task(ready())))
    finally:
        for task in greeting:
            task.cancel()
        click.echo("Stopped.")


def _refuse_closed(data: Path) -> None:
    """See that the servers' user can pass to the data folder before anything is loaded and made, which takes long."""
    if not Settings.read().database_url:
        above = next(each for each in data.absolute().parents if each.exists())
        refuse_closed(above, service_account(), "PostgreSQL")


def _places(data: Path | None, folders: list[Path]) -> dict[str, str]:
    """Return the variables by which commands in another terminal find the same folders."""
    named = {VARIABLE: str(data.absolute())} if data else {}
    return named | ({PRODUCTS: ":".join(str(each.absolute()) for each in folders)} if folders else {})


def greet(url: str, token: str | None, places: Mapping[str, str]) -> None:
    """Print where the API is, the token where one was made, and what commands in another terminal need to know."""
    click.echo(f"Astrolabe answers at {url}")
    known = dict(places)
    if token:
        click.echo("The first token, shown this once; whoever has it may do everything:")
        known = {"ASTROLABE_URL": url, "ASTROLABE_TOKEN": token, **known}
    if known:
        click.echo("\n".join(["", *(f"    export {name}={shlex.quote(value)}" for name, value in known.items()), ""]))
    click.echo("Next, in another terminal: astrolabe discover shows what can be registered here. Stop with Ctrl-C.")


COMMANDS = (up,)
