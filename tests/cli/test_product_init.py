"""`astrolabe products init`: a product file from options, from what runs and from answers, fit to be used as it is."""

import asyncio
import json
import os
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import pytest
import pytest_asyncio

from astrolabe.store.ports import is_free
from astrolabe.workers.programs import tools
from tests.cli.terminal import at_terminal
from tests.cli.typed import piped
from tests.ports import free_port
from tests.waiting import until

ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
DATABASE = "postgresql://shop:hidden-word@127.0.0.1:5432/shop"
GATEWAY = """\
const args = process.argv, port = args[args.indexOf("--port") + 1];
require("http").createServer((request, response) => {
  const said = { "/healthz": { status: "ok" }, "/about": { build: { version: "1.2.0" } } }[request.url];
  response.writeHead(said ? 200 : 404, { "content-type": "application/json" });
  response.end(JSON.stringify(said || { error: "not found" }));
}).listen(Number(port), "127.0.0.1");
"""
MANIFEST = {
    "name": "@corner/shop",
    "version": "1.2.0",
    "bin": {"shop": "./bin/shop.js"},
    "repository": {"type": "git", "url": "git+https://git.example/corner/shop.git"},
}


class Started(Protocol):
    """Starts a gateway, with its port after the first word, and returns that port."""

    async def __call__(self, port_option: str, *words: str, **variables: str) -> int:
        """Start it with words and variables."""
        ...


@pytest_asyncio.fixture
async def started(tmp_path: Path) -> AsyncIterator[Started]:
    """What starts gateways from a package of their owner's own, and ends them with the test."""
    package = tmp_path / "node_modules" / "@corner" / "shop"
    (package / "bin").mkdir(parents=True)
    (package / "package.json").write_text(json.dumps(MANIFEST), "utf-8")
    (package / "bin" / "shop.js").write_text(GATEWAY, "utf-8")
    running: list[asyncio.subprocess.Process] = []

    async def start(port_option: str, *words: str, **variables: str) -> int:
        port = free_port()
        argv = (str(tools.node()), "node_modules/@corner/shop/bin/shop.js", port_option, str(port), *words)
        running.append(await asyncio.create_subprocess_exec(*argv, cwd=tmp_path, env=variables))
        await until(lambda: not is_free(port))
        return port

    yield start
    for each in running:
        each.kill()
        await each.wait()


@pytest_asyncio.fixture
async def shop(started: Started) -> int:
    """The port of a gateway that takes a connection string, and has secrets in words and variables."""
    words = ("--host=127.0.0.1", "--api-key", "hidden-word", "--db", DATABASE)
    return await started("--port", *words, DATABASE_URL=DATABASE, COLOUR="red", SECRET_WORD="hidden-word")


async def checked(file: Path) -> None:
    """Have the file checked as anybody would."""
    ended = await piped("products", "check", str(file), env=ENVIRONMENT)
    assert ended.returncode == 0, ended.stdout


async def test_a_file_is_written_from_what_runs(shop: int, tmp_path: Path) -> None:
    """Package, command, placeholders, health and version are found, and no secret is taken over."""
    file = tmp_path / "shop.toml"
    ended = await piped("products", "init", "shop", "--from-port", str(shop), "-o", str(file), env=ENVIRONMENT)
    assert ended.returncode == 0, ended.stderr
    await checked(file)
    text = file.read_text("utf-8")
    assert tomllib.loads(text) == {
        "name": "shop",
        "title": "shop",
        "npm": {"package": "@corner/shop", "bin": "shop", "repository": "corner/shop"},
        "start": {
            "args": ["--port", "{port}", "--host={address}", "--db", "{database_url}"],
            "env": {"DATABASE_URL": "{database_url}"},
        },
        "health": {"path": "/healthz", "contains": {"status": "ok"}},
        "version": {"path": "/about", "field": "build.version"},
    }
    assert "--api-key was left out" in ended.stdout
    assert 'must be listed: settings = ["COLOUR", "SECRET_WORD"].' in " ".join(ended.stdout.split())
    assert "hidden-word" not in text + ended.stdout + ended.stderr


async def test_a_database_that_is_given_by_its_parts_is_found(started: Started, tmp_path: Path) -> None:
    """Each variable that says a part of where the database is gets that part's placeholder, and no other does."""
    variables = {"SHOP_DB_HOST": "db", "SHOP_DB_DATABASE": "goods", "SHOP_DB_USER": "shop", "SHOP_DB_TYPE": "postgres"}
    port = await started("--port", **variables, POSTGRES_PASSWORD="hidden-word", PGPORT="5432")
    file = tmp_path / "shop.toml"
    ended = await piped("products", "init", "shop", "--from-port", str(port), "-o", str(file), env=ENVIRONMENT)
    assert ended.returncode == 0, ended.stderr
    await checked(file)
    assert tomllib.loads(file.read_text("utf-8"))["start"]["env"] == {
        "PGPORT": "{database_port}",
        "POSTGRES_PASSWORD": "{database_password}",
        "SHOP_DB_DATABASE": "{database_name}",
        "SHOP_DB_HOST": "{database_host}",
        "SHOP_DB_USER": "{database_user}",
    }


async def test_options_come_before_what_is_found(shop: int, tmp_path: Path) -> None:
    """What is said is as it was said, and the rest is still found."""
    file = tmp_path / "shop.toml"
    words = ("--health", "/ready", "--title", "The shop", "--migrations", "public.steps", "--env", "LEVEL=2")
    asked = ("--from-port", str(shop), *words, "-o", str(file))
    assert (await piped("products", "init", "shop", *asked, env=ENVIRONMENT)).returncode == 0
    found = tomllib.loads(file.read_text("utf-8"))
    assert (found["title"], found["health"], found["migrations"]) == (
        "The shop",
        {"path": "/ready"},
        {"table": "public.steps"},
    )
    assert found["start"]["env"] == {"DATABASE_URL": "{database_url}", "LEVEL": "2"}
    assert found["npm"]["package"] == "@corner/shop"


async def test_options_alone_suffice(tmp_path: Path) -> None:
    """A script needs nothing that runs, for a package and for an image."""
    file, image = tmp_path / "shop.toml", tmp_path / "stall.toml"
    start = (
        "--arg=--port",
        "--arg={port}",
        "--env",
        "DATABASE_URL={database_url}",
        "--version-at",
        "/about",
        "version",
    )
    npx = ("shop", "--package", "@corner/shop", "--entry", "dist/main.js", *start, "-o", str(file))
    compose = ("stall", "--image", "registry.example/stall", "--image-port", "3000", "-o", str(image))
    for words in (npx, compose):
        ended = await piped("products", "init", *words, env=ENVIRONMENT)
        assert ended.returncode == 0, ended.stderr
    await checked(file)
    await checked(image)
    assert tomllib.loads(file.read_text("utf-8"))["npm"] == {"package": "@corner/shop", "entry": "dist/main.js"}
    assert tomllib.loads(image.read_text("utf-8"))["kinds"] == ["compose"]


async def test_members_and_a_product_without_a_port_are_options(tmp_path: Path) -> None:
    """A command before the start, what works beside it, and how one sees that it is at its work."""
    file = tmp_path / "jobs.toml"
    words = ("--package", "jobs", "--env", "DATABASE_URL={database_url}", "--before", "migrate", "--before=--all")
    words += ("--worker", "mailer", "mail --slowly", "--ready-log", "^works$", "--ready-query", "SELECT true")
    ended = await piped("products", "init", "jobs", *words, "-o", str(file), env=ENVIRONMENT)
    assert ended.returncode == 0, ended.stderr
    await checked(file)
    found = tomllib.loads(file.read_text("utf-8"))
    assert found["start"]["before"] == ["migrate", "--all"]
    assert found["workers"] == [{"name": "mailer", "args": ["mail", "--slowly"]}]
    assert found["health"] == {"by": "process", "log": "^works$", "query": "SELECT true"}


async def test_on_a_terminal_it_asks(tmp_path: Path) -> None:
    """An empty answer takes what stands in brackets, and leaves out what nobody knows."""
    file = tmp_path / "shop.toml"
    answers = ("The shop", "", "--port {port}", "", "/healthz", "/about version", "")
    code, seen = await at_terminal(("products", "init", "shop", "-o", str(file)), {}, *answers)
    assert code == 0, seen
    await checked(file)
    assert tomllib.loads(file.read_text("utf-8")) == {
        "name": "shop",
        "title": "The shop",
        "npm": {"package": "shop", "bin": "shop"},
        "start": {"args": ["--port", "{port}"], "env": {"DATABASE_URL": "{database_url}"}},
        "health": {"path": "/healthz"},
        "version": {"path": "/about", "field": "version"},
    }


REFUSED = {
    "nothing to start": ((), "npm"),
    "a bad package": (("--package", "--registry=x"), "npm.package"),
    "a strange placeholder": (("--package", "shop", "--arg={password}"), "start.args"),
    "no variable": (("--package", "shop", "--env", "LEVEL"), "NAME=VALUE"),
    "nobody there": (("--from-port", "1"), "Nothing listens"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_file_that_could_not_be_used_is_not_written(case: str, tmp_path: Path) -> None:
    """One line says what is wrong, and nothing is left."""
    words, told = REFUSED[case]
    file = tmp_path / "shop.toml"
    ended = await piped("products", "init", "shop", *words, "-o", str(file), env=ENVIRONMENT)
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1)
    assert told in ended.stderr
    assert not file.exists()


async def test_no_file_is_overwritten(tmp_path: Path) -> None:
    """What somebody wrote stays as it is."""
    file = tmp_path / "shop.toml"
    file.write_text("mine", "utf-8")
    ended = await piped("products", "init", "shop", "--package", "shop", "-o", str(file), env=ENVIRONMENT)
    assert ended.returncode == 2
    assert file.read_text("utf-8") == "mine"
