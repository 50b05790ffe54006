"""`astrolabe discover`: what on a host fits a product file, with the line that registers it."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from msgspec import convert
from msgspec.structs import replace
from typing_extensions import override

from astrolabe.cli.client import Client
from astrolabe.cli.commands.discover import in_words, named
from astrolabe.cli.discovering import Found, of_containers
from astrolabe.cli.naming import distinct
from astrolabe.cli.registered import Registered, registered_here
from astrolabe.domain.products.product import Npm, Product
from astrolabe.domain.words import Name
from astrolabe.store.ports import is_free
from astrolabe.store.products.catalogue import load_products
from astrolabe.workers.programs import tools
from tests.cli.typed import piped
from tests.ports import free_port
from tests.waiting import until

SHOP = 'name = "shop"\ntitle = "Shop"\n[npm]\npackage = "@corner/shop"\nbin = "shop"\n'
LISTENS = 'require("http").createServer().listen(Number(process.argv[2]), "127.0.0.1");'
DATABASE = "postgresql://shop:hidden-word@127.0.0.1:5432/goods?sslmode=disable"


@asynccontextmanager
async def running(folder: Path, version: str) -> AsyncIterator[int]:
    """Run a shop of a version from a tree in a folder; its port."""
    package = folder / "node_modules" / "@corner" / "shop"
    package.mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"name": "@corner/shop", "version": version}), "utf-8")
    (package / "shop.js").write_text(LISTENS, "utf-8")
    port = free_port()
    words = (str(tools.node()), str(package / "shop.js"), str(port))
    gateway = await asyncio.create_subprocess_exec(*words, env={"DATABASE_URL": DATABASE})
    try:
        await until(lambda: not is_free(port))
        yield port
    finally:
        gateway.kill()
        await gateway.wait()


async def discovered(folder: Path) -> list[dict[str, Any]]:
    """Return the shops that are discovered on this host, where Astrolabe cannot be asked."""
    products = folder / "products"
    products.mkdir()
    (products / "shop.toml").write_text(SHOP, "utf-8")
    env = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    ended = await piped("discover", "--products", str(products), "--json", env=env)
    assert ended.returncode == 0, ended.stderr
    assert "hidden-word" not in ended.stdout
    return [each for each in map(json.loads, ended.stdout.splitlines()) if each["product"] == "shop"]


def line(name: str, version: str, port: int) -> str:
    """Return the line that registers a shop by a name."""
    where = f"--database postgresql://shop@127.0.0.1:5432/goods --password-from file:/run/secrets/{name}/password"
    return f"astrolabe register {name} --product shop --version {version} --port {port} {where}"


async def test_a_process_that_listens_is_found_with_the_line_that_registers_it(tmp_path: Path) -> None:
    """Product, version, port and database are in the line; the password is not, only that there is one."""
    async with running(tmp_path, "1.2.0") as port:
        (found,) = await discovered(tmp_path)
    assert (found["kind"], found["version"]) == ("npx", "1.2.0")
    assert found["register"] == line("shop", "1.2.0", port)


async def test_two_of_one_product_get_names_of_their_own(tmp_path: Path) -> None:
    """No two lines register the same name, and each names the file of its own password."""
    async with running(tmp_path / "one", "1.2.0") as one, running(tmp_path / "other", "1.3.0") as other:
        found = await discovered(tmp_path)
    versions = {one: "1.2.0", other: "1.3.0"}
    first, second = sorted(versions)
    assert [each["register"] for each in found] == [
        line("shop", versions[first], first),
        line("shop-2", versions[second], second),
    ]


def project(folder: str, service: str = "", image: str = "unleashorg/unleash-server:6.4.1") -> dict[str, Any]:
    """Return a container of a service, as the engine describes it."""
    label = "com.docker.compose"
    labels = {f"{label}.project": "flags", f"{label}.project.working_dir": folder, f"{label}.service": service}
    return {"Config": {"Image": image, "Labels": labels}}


def test_a_compose_project_is_found_by_its_image_once() -> None:
    """Several services with the product's image are one project, and another image is none."""
    containers = [
        project("/srv/flags", "web"),
        project("/srv/flags", image="postgres:17"),
        project("/srv/flags", "job"),
    ]
    (found,) = of_containers(containers, load_products().values())
    assert (found.product, found.kind) == ("unleash", "compose")
    assert found.registration("flags") == "astrolabe register flags --project-folder /srv/flags"
    assert found.things == {"service flags web", "service flags job"}


def test_of_two_products_that_fit_a_project_each_line_names_one() -> None:
    """A project has one name; where two product files fit it, each line has another, and says which product."""
    unleash = load_products()["unleash"]
    found = list(of_containers([project("/srv/flags", "web")], [unleash, replace(unleash, name="ours")]))
    assert [each.register for each in named(found, Registered())] == [
        "astrolabe register flags --product unleash --project-folder /srv/flags",
        "astrolabe register flags-2 --product ours --project-folder /srv/flags",
    ]


def test_what_is_registered_is_named_and_gets_no_line() -> None:
    """It is known by what it acts on, whichever product file fits it; a name that is taken is not proposed."""
    old = Found("stall", "npx", "1.2.0", "port 1, 9", None, 1, frozenset({"port 1", "port 9"}), "stall", ())
    new = Found("shop", "npx", "1.2.0", "port 2", None, 2, frozenset({"port 2"}), "shop", ("--port", "2"))
    shown = named([old, new], Registered({"port 9": "parse"}, frozenset({"parse", "shop"})))
    assert [(each.registered, each.register) for each in shown] == [
        ("parse", None),
        (None, "astrolabe register shop-2 --port 2"),
    ]
    said = in_words(shown, [])
    assert "parse" in said
    assert "astrolabe register stall" not in said
    assert "those built in, those in /srv/products were read" in in_words([], [Path("/srv/products")])


class Listed(Client):
    """An Astrolabe that has instances of one product, one of them on another host, and one that was retired."""

    @override
    def items(self, path: str, **parameters: str | int | None) -> Iterator[Any]:
        for name, kind, host, status in (
            ("flags", "npx", "local", "idle"),
            ("tool", "cli", "local", "upgrading"),
            ("away", "npx", "elsewhere", "idle"),
            ("gone", "npx", "local", "retired"),
            ("project", "compose", "local", "idle"),
        ):
            yield {"name": name, "kind": kind, "host": host, "status": status}

    @override
    def get(self, path: str, **parameters: str | int | None) -> Any:
        name = path.rpartition("/")[2]
        assert name in {"flags", "tool", "project"}, "nobody else can be what runs here"
        return {"name": name, "product": "stall", "compose": None, "port": None, "prefix": None} | {
            "flags": {"kind": "npx", "port": 4242},
            "tool": {"kind": "cli", "prefix": "/opt/shop/"},
            "project": {"kind": "compose", "port": 4242, "compose": {"name": "p", "service": "web", "also": ["job"]}},
        }[name]


def test_what_is_registered_on_this_host_is_known_by_what_it_acts_on() -> None:
    """A port, a service or a package in a prefix; of a product that is not known here, the product itself."""
    stall = Product("stall", "Stall", Npm("@corner/shop", "shop"), kinds=("cli",))
    with closing(Listed("http://127.0.0.1:1", "astro_x")) as client:
        found = registered_here(client, {"npx", "cli", "compose"}, {"stall": stall})
        assert found.by == {
            "port 4242": "flags",
            "product stall in the prefix /opt/shop": "tool",
            "package @corner/shop in the prefix /opt/shop": "tool",
            "service p web": "project",
            "service p job": "project",
        }
        assert found.names == {"flags", "tool", "away", "gone", "project"}
        assert registered_here(client, {"cli"}, {}).by == {"product stall in the prefix /opt/shop": "tool"}


def test_a_name_is_well_formed_whatever_its_owner_calls_it() -> None:
    """Of a project's name, which may hold more than an instance's, what may be in one is left."""
    called = [("My_Shop", "shop"), ("my-shop", "shop"), ("42", "shop"), ("s" * 63, "shop"), ("s" * 63, "shop")]
    names = list(distinct(called, {"my-shop-2"}))
    assert names == ["my-shop", "my-shop-3", "shop", "s" * 41, f"{'s' * 39}-2"]
    assert all(convert(each, Name) for each in names)
