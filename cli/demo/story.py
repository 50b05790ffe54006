"""The story of the demo: an upgrade, what it left behind, and the way back."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from msgspec import to_builtins

from astrolabe.cli import options
from astrolabe.cli.client import Client
from astrolabe.cli.demo.screen import ClaimFailed, Screen
from astrolabe.cli.demo.stage import NpxStage, end_leftovers
from astrolabe.cli.demo.unleash import Unleash
from astrolabe.cli.failure import CommandFailed
from astrolabe.cli.own_python import run_astrolabe
from astrolabe.cli.ready import until_ready
from astrolabe.cli.supervisor import Supervisor
from astrolabe.cli.watching import UpgradeWatch
from astrolabe.domain.access import SCOPES
from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.problem import advised
from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades.sentences import seconds
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.log.log import Log
from astrolabe.store.migrate import migrate
from astrolabe.store.ports import free_from
from astrolabe.store.streams.tokens import Tokens

BEFORE, AFTER = "made-before-the-upgrade", "made-after-the-upgrade"
ASTROLABE_PORT, UNLEASH_PORT = options.DEFAULT_PORT, 4242


class Stage(Protocol):
    """An Unleash as its owner ran it before Astrolabe."""

    @property
    def config(self) -> InstanceConfig:
        """How it is registered."""
        ...

    @property
    def token(self) -> str:
        """What its API asks for."""
        ...

    async def begin(self, version: str) -> None:
        """Bring a version here, start it and wait until it is healthy."""
        ...

    async def stop(self) -> None:
        """End it, whichever version runs."""
        ...

    async def flags_in(self, database: str) -> set[str]:
        """Read the flags straight from a database of its server."""
        ...


@dataclass(frozen=True)
class Play:
    """What is played: from which version to which, on what stage, and how its owner had installed it."""

    old: str
    new: str
    owner: str
    build: Callable[[Screen, Path, str, int], Awaitable[Stage]]
    products: tuple[Path, ...] = ()


NPX = Play("5.6.0", "6.10.1", "as its owner installed it before Astrolabe", NpxStage.build)


async def play_story(folder: Path, play: Play = NPX) -> None:
    """Play the whole story in a folder; raises CommandFailed where a claim of it does not hold."""
    screen, begun = Screen(), time.monotonic()
    bind = f"127.0.0.1:{free_from(ASTROLABE_PORT)}"
    token: list[str] = []

    async def prepare(environment: Mapping[str, str]) -> None:
        token.append(await _first_token(environment["DATABASE_URL"]))

    def command(name: str) -> list[str]:
        products = [word for each in play.products for word in ("--products", str(each))]
        options_of = {"api": ["--bind", bind, *products], "worker": products}
        return run_astrolabe(name, *options_of.get(name, []))

    screen.chapter("Astrolabe starts: PostgreSQL, Valkey, API, relay and worker")
    screen.say(f"Everything is kept in {folder}.")
    tree = Supervisor(folder, prepare=prepare, command=command, say=screen.say)
    try:
        async with tree:
            await until_ready(options.base_url(bind))
            screen.say(f"The API answers at {options.base_url(bind)}.")
            client = Client(options.base_url(bind), token[0])
            await _settle(screen, client, folder)
            name = await _on_stage(screen, client, play, folder, tree.environment["DATABASE_URL"])
    except ClaimFailed as broken:
        where = f"The logs are in {folder / 'logs'} and {folder / 'instances'}."
        raise CommandFailed(advised(str(broken), where)) from None
    screen.chapter(f"That was it, in {time.monotonic() - begun:.0f} seconds. What to type next")
    _farewell(screen, folder, bind, token[0], name)


async def _first_token(url: str) -> str:
    await migrate(url)
    async with Database(url, pool_size=1) as database:
        cause = Cause("astrolabe demo", "to show the story", "cli")
        name = f"demo-{secrets.token_hex(4)}"
        return (await Tokens(Log(database)).issue(name, SCOPES, cause)).secret


async def _settle(screen: Screen, client: Client, folder: Path) -> None:
    """Let an interrupted demo's upgrade come to its end, as any does; end the gateways it left, and retire instances.

    No two instances may act on one port, and this demo wants the port of the one before.
    """
    earlier = await asyncio.to_thread(lambda: list(client.items("/instances")))
    for row in earlier:
        instance = await asyncio.to_thread(client.get, f"/instances/{row['instance_id']}")
        if instance["upgrade_id"] and instance["status"] != "inconsistent":
            screen.say(f"An interrupted demo's upgrade of {instance['name']} goes on to its end first.")
            await _watched(screen, client, instance["upgrade_id"])
        if instance["status"] != "retired":
            reason = {"reason": "its demo is over"}
            await asyncio.to_thread(client.post, f"/instances/{row['instance_id']}/retire", reason)
    await end_leftovers(folder)


async def _on_stage(screen: Screen, client: Client, play: Play, folder: Path, log_url: str) -> str:
    """Play on an instance of its own; return the name that the log keeps it under."""
    stage = await play.build(screen, folder, log_url, free_from(UNLEASH_PORT))
    try:
        async with Unleash(stage.config.gateway_port, stage.token) as unleash:
            await _before(screen, play, stage, unleash)
            upgrade_id = await _upgrade(screen, client, play, stage, unleash)
            await _look_back(screen, client, play, stage)
            await _take_back(screen, client, play, stage, unleash, upgrade_id=upgrade_id)
    finally:
        await stage.stop()
        screen.say("The demo's Unleash is stopped; yours would go on running.")
    return stage.config.name


async def _before(screen: Screen, play: Play, stage: Stage, unleash: Unleash) -> None:
    screen.chapter(f"An Unleash {play.old} runs, {play.owner}")
    await stage.begin(play.old)
    screen.claim(f"Unleash {play.old} answers on port {stage.config.port}", await unleash.version() == play.old)
    await unleash.make_flag(BEFORE)
    screen.claim(f"a feature flag was written: {BEFORE}", BEFORE in await unleash.flags())


async def _upgrade(screen: Screen, client: Client, play: Play, stage: Stage, unleash: Unleash) -> str:
    screen.chapter(f"It is registered with Astrolabe, and asked for {play.new}")
    screen.command(("astrolabe", "register", stage.config.name, "--product", "unleash", "--version", play.old, "…"))
    body: dict[str, Any] = {**to_builtins(stage.config), "version": play.old, "reason": "it runs already"}
    await asyncio.to_thread(client.post, "/instances", body)
    screen.command(("astrolabe", "upgrade", stage.config.name, play.new, "--reason", "to show it"))
    ask = {"instance": stage.config.name, "target": play.new, "reason": "to show it"}
    asked = await asyncio.to_thread(client.post, "/upgrades", ask, key=new_id())
    ended = await _watched(screen, client, asked["id"])
    error = ended.get("error") or {}
    screen.claim(f"the upgrade {ended['status']}{error.get('detail', '')}", ended["status"] == "succeeded")
    screen.claim(f"Unleash {play.new} answers", await unleash.version() == play.new)
    screen.claim(f"the flag {BEFORE} is there", BEFORE in await unleash.flags())
    screen.claim(f"measured downtime: {seconds(ended['result']['downtime_ms'])}", ended["result"]["downtime_ms"] > 0)
    return asked["id"]


async def _watched(screen: Screen, client: Client, upgrade_id: str, last: str | None = None) -> dict[str, Any]:
    return await asyncio.to_thread(UpgradeWatch(client, upgrade_id, screen.console, last=last).until_done)


async def _look_back(screen: Screen, client: Client, play: Play, stage: Stage) -> None:
    screen.chapter("What the log knows now")
    screen.command(("astrolabe", "history", stage.config.name))
    path = f"/instances/{stage.config.name}"
    history = (await asyncio.to_thread(client.get, f"{path}/history"))["items"]
    for each in history:
        if each["type"] not in {"step_started", "step_progressed"}:
            screen.say(f"{each['version']:>3}  {each['type']:<20} {each['summary']}")
    screen.command(("astrolabe", "rollback-point", stage.config.name))
    point = await asyncio.to_thread(client.get, f"{path}/rollback-point")
    screen.claim(
        f"the way back is {play.old}, with {point['copy']['database']}", point["artifact"]["version"] == play.old
    )
    screen.say(f"and a dump with SHA-256 {point['dump']['sha256']}")


async def _take_back(
    screen: Screen, client: Client, play: Play, stage: Stage, unleash: Unleash, *, upgrade_id: str
) -> None:
    screen.chapter("And back again, without losing a write")
    await unleash.make_flag(AFTER)
    screen.say(f"Another flag is made, on {play.new}: {AFTER}")
    screen.command(("astrolabe", "rollback", upgrade_id))
    refused = await _rolled_back(screen, client, upgrade_id, accept=False)
    left = (refused.get("error") or {}).get("detail", "")
    screen.claim(f"refused until accepted: {left}", refused["status"] == "succeeded" and left)
    screen.command(("astrolabe", "rollback", upgrade_id, "--accept-lost-writes"))
    ended = await _rolled_back(screen, client, upgrade_id, accept=True)
    screen.claim(f"the upgrade is {ended['status']}", ended["status"] == "rolled_back")
    screen.claim(f"Unleash {play.old} answers", await unleash.version() == play.old)
    flags = await unleash.flags()
    screen.claim(f"the flag {BEFORE} is there", BEFORE in flags)
    screen.claim(f"the flag {AFTER} is not", AFTER not in flags)
    shown = await asyncio.to_thread(client.get, f"/instances/{stage.config.name}")
    kept = next(each for each in shown["kept"] if each["what"] == "database")
    screen.claim(
        f"but it is in {kept['name']}, kept until {kept['until'][:10]}", AFTER in await stage.flags_in(kept["name"])
    )


async def _rolled_back(screen: Screen, client: Client, upgrade_id: str, *, accept: bool) -> dict[str, Any]:
    events = (await asyncio.to_thread(client.get, f"/upgrades/{upgrade_id}/events"))["items"]
    last = str(max(each["position"] or 0 for each in events))
    await asyncio.to_thread(client.post, f"/upgrades/{upgrade_id}/rollback", {"accept_lost_writes": accept})
    return await _watched(screen, client, upgrade_id, last)


def _farewell(screen: Screen, folder: Path, bind: str, token: str, name: str) -> None:
    screen.console.print(
        f"""
    # everything again, as it is now, until Ctrl-C:
    .venv/bin/astrolabe up --data {folder} --bind {bind}

    # in another terminal:
    export ASTROLABE_URL={options.base_url(bind)}
    export ASTROLABE_TOKEN={token}
    .venv/bin/astrolabe instances
    .venv/bin/astrolabe history {name}

    # your own service: see README.md, "Register what you run"
""",
        markup=False,
        soft_wrap=True,
    )
