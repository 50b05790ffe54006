"""The compose demo: the same story on a real container engine, which is started for it."""

import os
from functools import partial
from pathlib import Path

from rich.status import Status

from astrolabe.cli.demo.compose_stage import NEW, OLD, ComposeStage, products, publish
from astrolabe.cli.demo.screen import Screen
from astrolabe.cli.demo.story import Play, play_story
from astrolabe.cli.failure import CommandFailed
from astrolabe.cli.own_python import run_module
from astrolabe.cli.private_engine import own
from astrolabe.cli.private_engine.registry import ImageRegistry
from astrolabe.domain.problem import advised
from astrolabe.domain.products.product import Npm
from astrolabe.store.ports import free_from
from astrolabe.store.progress import Amount
from astrolabe.workers.instance.failure import StepFailed
from astrolabe.workers.kinds.npm import npm
from astrolabe.workers.kinds.npm.node import node_for

PACKAGE = Npm("unleash-server", entry="dist/server.js")
REGISTRY_PORT = 5000


async def play_with_compose(folder: Path) -> None:
    """Play the story beside an engine of its own, or become the command that does so."""
    if own.inside():
        await _play(folder)
        return
    if why := own.lacking():
        raise CommandFailed(f"The compose demo starts a container engine of its own, and cannot: {why}.")
    screen = Screen()
    screen.say("The engine will have no network but its own, so both versions are fetched first.")
    for version in (OLD, NEW):
        await fetch(screen, folder, version)
    command = own.beside(run_module("astrolabe.cli.demo", "--compose", "--data", str(folder)))
    os.execvp(command[0], command)  # noqa: S606 (the demo goes on in there)


async def _play(folder: Path) -> None:
    screen = Screen()
    trees = {version: _installed(folder, version) for version in (OLD, NEW)}
    async with ImageRegistry(folder / "registry", free_from(REGISTRY_PORT)) as registry:
        with screen.console.status("   making images from what was fetched"):
            await publish(registry, folder, trees)
        screen.say(f"A container engine runs, and a registry with images of both versions at {registry.address}.")
        play = Play(
            OLD,
            NEW,
            "as a compose project of its owner's",
            lambda screen, folder, _, port: ComposeStage.build(screen, folder, port, registry.address),
            (products(folder, registry.address),),
        )
        await play_story(folder, play)


async def fetch(screen: Screen, folder: Path, version: str) -> Path:
    """Let npm fetch a version, unless it is there; return the folder that holds it."""
    artifacts = folder / "artifacts"
    artifacts.mkdir(parents=True, exist_ok=True)
    if (there := _installed(folder, version)).is_dir():
        return there
    try:
        artifact, wanted, _ = await npm.view(PACKAGE, version)
        node = (await node_for(wanted)).program
        with screen.console.status(f"   npm fetches Unleash {version}") as status:
            progressed = partial(_progressed, status, version)
            await npm.install(PACKAGE, artifact, artifacts.resolve(), "demo", progressed, node=node)
    except StepFailed as failure:
        raise CommandFailed(advised(failure.problem.detail, failure.problem.todo)) from failure
    return _installed(folder, version)


def _progressed(status: Status, version: str, amount: Amount) -> None:
    status.update(f"   npm has fetched {amount.done} packages of Unleash {version}")


def _installed(folder: Path, version: str) -> Path:
    shelves = folder / "artifacts" / PACKAGE.package
    return next(shelves.glob(f"{version}-*"), shelves / version)
