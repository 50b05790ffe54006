"""`astrolabe discover`: what on a host fits a product file, with the line that registers it."""

import asyncio
import json
import os
import shlex
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from typing_extensions import override

from astrolabe.cli.client import Client
from astrolabe.cli.commands.discover import in_words, registered_here
from astrolabe.cli.discovering import Discovered, of_containers
from astrolabe.store.ports import is_free
from astrolabe.store.products.catalogue import load_products
from astrolabe.workers.programs import tools
from tests.cli.typed import piped
from tests.ports import free_port
from tests.waiting import until

SHOP = 'name = "shop"\ntitle = "Shop"\n[npm]\npackage = "@corner/shop"\nbin = "shop"\n'
LISTENS = 'require("http").createServer().listen(Number(process.argv[2]), "127.0.0.1");'
DATABASE = "postgresql://shop:hidden-word@127.0.0.1:5432/goods?sslmode=disable"


async def test_a_process_that_listens_is_found_with_the_line_that_registers_it(tmp_path: Path) -> None:
    """Product, version, port and database are in the line; the password is not, only that there is one."""
    products, package = tmp_path / "products", tmp_path / "node_modules" / "@corner" / "shop"
    products.mkdir()
    (products / "shop.toml").write_text(SHOP, "utf-8")
    package.mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"name": "@corner/shop", "version": "1.2.0"}), "utf-8")
    (package / "shop.js").write_text(LISTENS, "utf-8")
    port = free_port()
    running = await asyncio.create_subprocess_exec(
        str(tools.node()), str(package / "shop.js"), str(port), env={"DATABASE_URL": DATABASE}
    )
    try:
        await until(lambda: not is_free(port))
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        ended = await piped("discover", "--products", str(products), "--json", env=env)
    finally:
        running.kill()
        await running.wait()
    assert ended.returncode == 0, ended.stderr
    assert "hidden-word" not in ended.stdout
    (found,) = [each for each in map(json.loads, ended.stdout.splitlines()) if each["product"] == "shop"]
    assert (found["kind"], found["version"]) == ("npx", "1.2.0")
    database = ["--database", "postgresql://shop@127.0.0.1:5432/goods"]
    assert shlex.split(found["register"]) == [
        *("astrolabe", "register", "shop", "--product", "shop", "--version", "1.2.0", "--port", str(port)),
        *database,
        *("--password-from", "file:/run/secrets/shop/password"),
    ]


def test_a_compose_project_is_found_by_its_image_once() -> None:
    """Several services with the product's image are one project, and another image is none."""
    labels = {"com.docker.compose.project": "flags", "com.docker.compose.project.working_dir": "/srv/flags"}
    ours = {"Config": {"Image": "unleashorg/unleash-server:6.4.1", "Labels": labels}}
    theirs = {"Config": {"Image": "postgres:17", "Labels": labels}}
    (found,) = of_containers([ours, theirs, ours], load_products().values())
    assert (found.product, found.kind) == ("unleash", "compose")
    assert found.register == "astrolabe register flags --project-folder /srv/flags"


def test_what_is_registered_is_named_and_gets_no_line() -> None:
    """Of two only the new one is to be registered; where nothing is found, the folders that were read are named."""
    old = Discovered("shop", "npx", "1.2.0", "port 1", None, "astrolabe register shop --port 1", 1, "parse")
    new = Discovered("shop", "npx", "1.2.0", "port 2", None, "astrolabe register shop --port 2", 2)
    said = in_words([old, new], [])
    assert "parse" in said
    assert "--port 2" in said
    assert "--port 1" not in said
    assert "those built in, those in /srv/products were read" in in_words([], [Path("/srv/products")])


class Listed(Client):
    """An Astrolabe that has three instances of one product, one of them on another host."""

    @override
    def items(self, path: str, **parameters: str | int | None) -> Iterator[Any]:
        for name, host in ("flags", "local"), ("tool", "local"), ("away", "elsewhere"):
            yield {"name": name, "product": "shop", "host": host}

    @override
    def get(self, path: str, **parameters: str | int | None) -> Any:
        name = path.rpartition("/")[2]
        ports, prefixes = {"flags": 4242, "away": 4243}, {"tool": "/opt/shop"}
        return {"name": name, "product": "shop", "compose": None, "port": ports.get(name), "prefix": prefixes.get(name)}


def test_what_is_registered_on_this_host_is_known_by_its_port_or_prefix() -> None:
    """What is registered on another host is not what runs here, and what was not found is not asked for."""
    with closing(Listed("http://127.0.0.1:1", "astro_x")) as client:
        assert dict(registered_here(client, {"shop"})) == {("shop", "4242"): "flags", ("shop", "/opt/shop"): "tool"}
        assert dict(registered_here(client, {"stall"})) == {}
