"""No secret is anywhere but in its own place: not in the log, in files, among processes, or in what anybody is sent."""

import asyncio
import base64
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx
import pytest
import pytest_asyncio
from msgspec import to_builtins
from msgspec.structs import replace

from astrolabe.cli.servers.folder import DataFolder
from astrolabe.cli.servers.postgres import Postgres
from astrolabe.cli.servers.valkey import Valkey
from astrolabe.domain.products.product_file import parse_product
from astrolabe.workers.instance.host import Host
from astrolabe.workers.programs.environment import inherited
from astrolabe.workers.programs.output import REDACTED
from astrolabe.workers.programs.shell import supervise
from tests.databases import run
from tests.e2e.canaries import Canaries, Canary, canary
from tests.e2e.processes import Astrolabe
from tests.ports import free_port
from tests.standin.registry import Registry
from tests.waiting import until
from tests.workers.receiver import Receiver
from tests.world import World, product_text, world

pytestmark = pytest.mark.e2e

SHOWN_ONCE = {"/tokens", "/webhooks/canary/secret"}
"""Where a secret is asked for, and answered."""


@dataclass
class Aviary:
    """An Astrolabe, an instance, and a canary in every place."""

    astrolabe: Astrolabe
    standin: World
    receiver: Receiver
    canaries: Canaries
    folders: tuple[Path, ...]

    async def sees(self, answer: httpx.Response) -> None:
        """Look through each answer of the API's."""
        if answer.url.path in SHOWN_ONCE or answer.headers.get("content-type", "").startswith("text/event-stream"):
            return
        await answer.aread()
        heads = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        self.canaries.look(f"the answer of {answer.request.method} {answer.url.path}", answer.content)
        self.canaries.look(f"the headers of {answer.request.method} {answer.url.path}", heads)

    async def upgrade(self, target: str) -> str:
        """Ask for an upgrade."""
        name = self.standin.config.name
        return (await self.astrolabe.post("/upgrades", instance=name, target=target))["id"]

    async def ends(self, upgrade_id: str) -> str:
        """Wait for an upgrade's end; return how it ended."""
        return (await self.astrolabe.done(upgrade_id))["status"]


def product_with_secrets(registry: Registry) -> str:
    """The stand-in, with settings more that may be secret."""
    return product_text(registry).replace("settings = [", 'settings = ["STANDIN_TELLS", "OF_A_FILE", "KEPT", ', 1)


@pytest_asyncio.fixture
async def aviary(
    postgres_server: Postgres,
    servers_folder: DataFolder,
    registry: Registry,
    valkey: Valkey,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Aviary]:
    """An Astrolabe with API and relay, a stand-in that runs, and canaries in all that either is given."""
    data, canaries = tmp_path / "data", Canaries()
    data.mkdir()
    npmrc, docker = tmp_path / "npmrc", tmp_path / "docker"
    docker.mkdir()
    of_registry = canary("registry-token", npmrc, plain=True)
    token = f"//{registry.url.partition('//')[2].rstrip('/')}/:_authToken={of_registry.secret}"
    npmrc.write_text(f"fetch-retries=0\ncache={tmp_path / 'npm-cache'}\n{token}\n")
    of_engine = canary("engine-login", docker / "config.json", plain=True)
    (docker / "config.json").write_text(json.dumps({"auths": {"registry.example": {"auth": of_engine.secret}}}))
    of_variable = canary("variable", of_gateway=True)
    monkeypatch.setenv("npm_config_userconfig", str(npmrc))
    monkeypatch.setenv("DOCKER_CONFIG", str(docker))
    monkeypatch.setenv("ASTROLABE_SECRET_TELLS", of_variable.secret)
    monkeypatch.setenv("ASTROLABE_SECRET_OF_ANOTHER", (of_another := canary("another-instance")).secret)
    monkeypatch.setenv("ASTROLABE_GRANTS", "*=env:ASTROLABE_SECRET_TELLS")
    monkeypatch.setenv("ASTROLABE_WEBHOOK_ALLOW", "127.0.0.0/8")
    of_queue = Canary("valkey-password", valkey.url.removeprefix("redis://:").partition("@")[0])
    of_log = Canary("log-password", database_url.partition("//")[2].partition(":")[2].partition("@")[0])
    canaries.add(of_registry, of_engine, of_variable, of_another, of_queue, of_log)
    products = tmp_path / "products"
    products.mkdir()
    (products / "standin.toml").write_text(product_with_secrets(registry))
    settings = {"STANDIN_SLOW_MS": "900"}
    async with (
        Receiver.listening() as receiver,
        world(postgres_server, registry, data, database_url, **settings) as made,
        Astrolabe.started(database_url, valkey.url, data, products, tmp_path) as astrolabe,
    ):
        await _give_secrets(made, canaries)
        found = Aviary(astrolabe, made, receiver, canaries, (tmp_path, servers_folder.path / "valkey"))
        of_caller = Canary("api-token", astrolabe.http.headers["authorization"].removeprefix("Bearer "))
        canaries.add(of_caller)
        astrolabe.http.event_hooks["response"].append(found.sees)
        yield found


async def _give_secrets(made: World, canaries: Canaries) -> None:
    """Give the instance a password, and settings, that are canaries."""
    own = made.host.folder / "secrets" / made.config.name
    of_database = canary("database-password", own / "password", of_gateway=True)
    of_file = canary("file", own / "setting", of_gateway=True)
    (own / "password").write_text(of_database.secret)
    (own / "setting").write_text(of_file.secret)
    quoted = of_database.secret.replace("'", "''")
    await run(made.server, f"ALTER ROLE {made.database} PASSWORD '{quoted}'")
    product = parse_product(product_with_secrets(made.registry), "standin.toml")
    made.host = Host("local", made.host.folder, {"standin": product}, made.host.secrets)
    secrets = {"STANDIN_TELLS": "env:ASTROLABE_SECRET_TELLS", "OF_A_FILE": f"file:{own / 'setting'}"}
    made.config = replace(made.config, secrets=secrets, kept_variables=("KEPT",))
    canaries.add(of_database, of_file)


@pytest.mark.deaths
@pytest.mark.timeout(300)
async def test_no_secret_is_anywhere_but_in_its_place(aviary: Aviary, database_url: str) -> None:
    """Through a failure that prints it, a worker's death, an upgrade, a way back and requests that are refused."""
    astrolabe, standin, canaries = aviary.astrolabe, aviary.standin, aviary.canaries
    async with canaries.processes(str(standin.host.artifacts())):
        await standin.owner_starts()
        await astrolabe.post("/webhooks", 201, name="canary", url=aviary.receiver.url)
        of_webhook = (await astrolabe.get("/webhooks/canary/secret"))["secret"]
        of_token = (await astrolabe.post("/tokens", 201, name="other", scopes=["read"]))["secret"]
        canaries.add(Canary("webhook-secret", of_webhook), Canary("other-token", of_token))
        place = standin.host.folder / "secrets" / "canary.apprise"
        canaries.add(of_contact := canary("contact", place, plain=True))
        place.write_text(f"json://ada:{of_contact.secret}@127.0.0.1:{free_port()}/\n")  # where nobody answers
        await astrolabe.post("/contacts", 201, name="canary", url=f"file:{place}")
        canaries.add(*await _keys(standin.host.folder / "keys"))
        await astrolabe.register(standin.config, "1.1.0")
        standin.instance_id = (await astrolabe.get(f"/instances/{standin.config.name}"))["id"]
        kept = standin.host.instance_folder(standin.instance_id) / "environment.json"
        of_owner = canary("kept-variable", kept, of_gateway=True)
        kept.write_text(json.dumps({"KEPT": of_owner.secret}))
        canaries.add(of_owner)
        first = astrolabe.worker()
        failed = await aviary.upgrade("1.2.0")
        assert await aviary.ends(failed) == "rolled_back"
        upgraded = await aviary.upgrade("1.3.0")
        await astrolabe.event(upgraded, "migration_started")
        await astrolabe.kill(first)
        astrolabe.worker()
        assert await aviary.ends(upgraded) == "succeeded"
        await astrolabe.post(f"/upgrades/{upgraded}/rollback", accept_lost_writes=True)
        assert await aviary.ends(upgraded) == "rolled_back"
        await run(standin.server, f"ALTER ROLE {standin.database} PASSWORD 'another'")
        assert await aviary.ends(await aviary.upgrade("2.0.0")) in {"refused", "failed"}
        await _is_refused(aviary)
        await _read_all(aviary, failed, upgraded)
    for message in aviary.receiver.got:
        canaries.look("a notification", message.body)
        canaries.look("a notification's headers", json.dumps(message.headers))
    await canaries.tables(database_url)
    canaries.files(*aviary.folders)
    assert len(aviary.receiver.got) > 3
    assert canaries.looked > 100
    canaries.check()


async def _keys(folder: Path) -> list[Canary]:
    """Return the key that checkpoints are signed with and the one of webhooks, as soon as they are made."""
    await until(lambda: bool(list(folder.glob("*.key"))) and (folder / "webhooks").exists())
    signing = [Canary(each.name, each.read_text().strip().split("+", 4)[4], (each,)) for each in folder.glob("*.key")]
    return [*signing, Canary("webhooks", (folder / "webhooks").read_text().strip(), (folder / "webhooks",))]


async def _is_refused(aviary: Aviary) -> None:
    """Send secrets where they do not belong: the refusal repeats none."""
    http, known = aviary.astrolabe.http, {each.name: each.secret for each in aviary.canaries.all}
    password = known["database-password"]
    config = to_builtins(aviary.standin.config)
    inline = {**config, "name": "other", "database": {**config["database"], "password": password}}
    assert (await http.post("/instances", json={**inline, "version": "1.1.0"})).status_code in {400, 422}
    unknown = {**config, "name": "other", "secrets": {"STANDIN_TELLS": f"{password}"}}
    assert (await http.post("/instances", json={**unknown, "version": "1.1.0"})).status_code in {400, 422}
    wrong = {"Authorization": f"Bearer {known['other-token']}x"}
    assert (await http.get("/instances", headers=wrong)).status_code == 401
    address = f"http://ada:{known['api-token']}@127.0.0.1/"
    assert (await http.post("/webhooks", json={"name": "inside", "url": address})).status_code in {400, 422}


async def _read_all(aviary: Aviary, *upgrades: str) -> None:
    """Read everything that the API shows; each answer is looked through as it comes."""
    astrolabe, name = aviary.astrolabe, aviary.standin.config.name
    paths = ["/instances", f"/instances/{name}", f"/instances/{name}/history", "/upgrades", "/metrics", "/tokens"]
    paths += ["/products", "/products/standin", "/webhooks", "/webhooks/canary", "/webhooks/canary/deliveries"]
    paths += ["/contacts", "/contacts/canary", "/contacts/canary/notices"]
    paths += ["/audit/events", "/audit/checkpoint", "/audit/tlog/checkpoint", "/readyz"]
    for upgrade_id in upgrades:
        paths += [f"/upgrades/{upgrade_id}", f"/upgrades/{upgrade_id}/events"]
    for path in paths:
        (await astrolabe.http.get(path)).raise_for_status()
    known = json.dumps([await astrolabe.events(each) for each in upgrades])
    kept = [await astrolabe.http.get(f"/outputs/{digest}") for digest in set(_outputs(json.loads(known)))]
    assert any(REDACTED in each.text for each in kept), "the product printed nothing that there was to be hidden"
    size = len((await astrolabe.get("/audit/events"))["items"])

    async def is_signed() -> bool:
        return int((await astrolabe.http.get("/audit/checkpoint")).text.split("\n")[1]) >= size

    async with asyncio.timeout(30):
        while not await is_signed():
            await asyncio.sleep(0.2)
    for path in ("/audit/export", *(f"/upgrades/{each}/evidence" for each in upgrades)):
        (await astrolabe.http.get(path)).raise_for_status()


def _outputs(value: Any) -> list[str]:
    """All outputs that events name by their hash."""
    if isinstance(value, dict):
        own = [each for name, each in value.items() if name == "output" and isinstance(each, str)]
        return own + [each for inner in value.values() for each in _outputs(inner)]
    return [each for inner in value for each in _outputs(inner)] if isinstance(value, list) else []


@pytest.mark.parametrize("written", ["plain", "JSON", "URL", "base64"])
async def test_a_canary_that_was_put_there_is_found(database_url: str, tmp_path: Path, written: str) -> None:
    """The search sees a secret however it is written: in a file, a row, a command, an answer and variables."""
    found, hidden = Canaries(), canary("planted")
    found.add(hidden)
    said = _written(hidden.secret)[written]
    (tmp_path / "log").write_text(f"before {said} after")
    found.files(tmp_path)
    connection = await asyncpg.connect(database_url)
    try:
        put = "INSERT INTO astrolabe.output (sha256, content, kept_until) VALUES (sha256($1), $1, now())"
        await connection.execute(put, said.encode())
    finally:
        await connection.close()
    await found.tables(database_url)
    found.look("an answer", f"{{{said}}}")
    gateway = tmp_path / "artifacts" / "gateway.py"
    gateway.parent.mkdir()
    gateway.write_text("import time; time.sleep(60)")
    env = {**inherited(), "KEPT": said}
    child = supervise([sys.executable, gateway, said], env=env, log=tmp_path / "said")
    try:
        await until(lambda: bool(Path(f"/proc/{child.pid}/cmdline").read_bytes().count(b"gateway.py")))
        found.look_at_processes(str(gateway.parent), set())
    finally:
        await child.stop()
    places = (str(tmp_path / "log"), "astrolabe.output", "an answer", "a command", "a gateway's variables")
    found.check({f"planted in {place}" for place in places})


def _written(secret: str) -> dict[str, str]:
    return {
        "plain": secret,
        "JSON": json.dumps({"key": secret}),
        "URL": quote(secret, safe=""),
        "base64": base64.b64encode(f"ada:{secret}".encode()).decode(),
    }
