"""Prefect from PyPI, as its documentation runs it for more than one machine: a migration job, an API, and services."""

import asyncio
import platform
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import httpx

from astrolabe.cli.private_engine.layers import Entry, File, Layer, libraries, pack, tree
from astrolabe.cli.private_engine.registry import Built
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.environment import inherited
from tests.projects.project import Project
from tests.projects.recipe import Recipe
from tests.python_image import python_files

FETCH_SECONDS: Final = 600
OF_THEIR_TIME: Final = ("importlib_metadata", "fastapi==0.115.12", "pydantic==2.11.7", "sqlalchemy==2.0.41")
"""What the images of both versions had; with the newest of these neither starts."""

PRODUCT: Final = """
name = "prefect"
title = "Prefect"
kinds = ["compose"]

[image]
repository = "{repository}"
tag = "{{version}}-python3.11"
port = 4200

[health]
path = "/api/health"

[version]
path = "/api/admin/version"

[migrations]
table = "public.alembic_version"
column = "version_num"
order = "version_num"
"""

COMPOSE: Final = """
x-prefect: &prefect
  image: {image}
  init: true
  environment: &env
    PREFECT_API_DATABASE_CONNECTION_URL: postgresql+asyncpg://prefect:{password}@db:5432/prefect
    PREFECT_API_DATABASE_MIGRATE_ON_START: "false"
    PREFECT_SERVER_ANALYTICS_ENABLED: "false"
    PREFECT_UI_STATIC_DIRECTORY: /tmp/ui
services:
  db:
    image: {postgres}
    environment: {{POSTGRES_USER: prefect, POSTGRES_PASSWORD: "{password}", POSTGRES_DB: prefect}}
    volumes: ["db:/var/lib/postgresql/data"]
    healthcheck: {{test: ["CMD", "pg_isready", "-q", "-h", "127.0.0.1"], interval: 1s, timeout: 5s, retries: 60}}
  migrate:
    <<: *prefect
    command: prefect server database upgrade -y
    depends_on: {{db: {{condition: service_healthy}}}}
  api:
    <<: *prefect
    command: prefect server start --host 0.0.0.0 --no-services
    restart: unless-stopped
    ports: ["127.0.0.1:{port}:4200"]
    depends_on: {{migrate: {{condition: service_completed_successfully}}}}
    healthcheck:
      test: ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:4200/api/health"]
      interval: 2s
      timeout: 5s
      retries: 90
  background:
    <<: *prefect
    command: prefect server services start
    restart: unless-stopped
    depends_on: {{api: {{condition: service_healthy}}}}
volumes: {{db: {{}}}}
"""


async def fetch(folder: Path, version: str) -> None:
    """Let pip install a version into a folder."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    asked = [*command, "--target", folder, f"prefect=={version}", *OF_THEIR_TIME]
    await shell.run(asked, env=inherited(), deadline=FETCH_SECONDS)


async def image(installed: Path, base: Sequence[Layer], folder: Path) -> Built:
    """Make an image of Python and of what pip installed."""
    files = await asyncio.to_thread(tree, installed, "opt/app")
    linked = await libraries(sorted(installed.rglob("*.so")))
    python: dict[str, Entry] = {
        **await python_files(),
        "usr/bin/prefect": File(b'#!/bin/sh\nexec python3 -m prefect "$@"\n', executable=True),
    }
    layers = [
        await asyncio.to_thread(pack, folder / "python.tar.gz", python),
        await asyncio.to_thread(pack, folder / "app.tar.gz", {**linked, **files}),
    ]
    env = ["PATH=/usr/bin:/bin", "PYTHONPATH=/opt/app", "HOME=/tmp", "PYTHONDONTWRITEBYTECODE=1"]
    return Built([*base, *layers], {"User": "app", "WorkingDir": "/tmp", "Env": env})  # noqa: S108  in a container


async def write(project: Project, word: str) -> None:
    """Keep a variable."""
    (await project.http.post("/api/variables/", json={"name": word, "value": "kept"})).raise_for_status()


async def read(project: Project) -> set[str]:
    """List the variables."""
    answer = (await project.http.post("/api/variables/filter", json={})).raise_for_status()
    return {each["name"] for each in answer.json()}


async def works(project: Project, version: str) -> None:
    """Wait until the API is well and of a version, and the services schedule what a new deployment asks for."""
    while not await _is(project, version):
        await asyncio.sleep(0.5)
    flow = await _made(project, "/api/flows/", name="shop")
    hourly = {"schedule": {"interval": 3600}, "active": True}
    deployment = await _made(
        project, "/api/deployments/", name=secrets.token_hex(4), flow_id=flow["id"], schedules=[hourly]
    )
    asked = {"deployments": {"id": {"any_": [deployment["id"]]}}}
    while not (await project.http.post("/api/flow_runs/filter", json=asked)).raise_for_status().json():
        await asyncio.sleep(0.5)


async def _is(project: Project, version: str) -> bool:
    try:
        return (await project.http.get("/api/admin/version")).json() == version
    except (httpx.TransportError, ValueError):
        return False


async def _made(project: Project, path: str, **body: Any) -> dict[str, Any]:
    return (await project.http.post(path, json=body)).raise_for_status().json()


PREFECT: Final = Recipe(
    name="prefect",
    old="3.4.0",
    new="3.6.0",
    product=PRODUCT,
    compose=COMPOSE,
    database="prefect",
    fetch=fetch,
    image=image,
    write=write,
    read=read,
    works=works,
    migrations="SELECT version_num FROM alembic_version",
    tag="{version}-python3.11",
    service="api",
    on=f"Python {platform.python_version()}, PostgreSQL 18.6, Docker",
    uncovered="Redis as its message broker; work pools, and the workers of flows",
)
