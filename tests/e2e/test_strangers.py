"""Strangers: products that no code knows, described by `products init` alone, upgraded, failed and taken back."""

import json
import os
from pathlib import Path

import pytest
from msgspec import Struct

from astrolabe.cli.own_python import run_astrolabe
from astrolabe.workers.programs import shell

pytestmark = pytest.mark.products


class Stranger(Struct):
    """Two versions of a product, and all that is typed to describe it and to try it."""

    old: str
    new: str
    described: tuple[str, ...]
    settings: tuple[str, ...] = ()


STRANGERS = {
    "parse-server": Stranger(
        "8.2.0",
        "8.6.0",
        (
            *("--package", "parse-server", "--title", "Parse Server"),
            *("--env", "PARSE_SERVER_DATABASE_URI={database_url}"),
            *("--env", "PORT={port}", "--env", "PARSE_SERVER_HOST={address}"),
            *("--setting", "PARSE_SERVER_APPLICATION_ID", "--setting", "PARSE_SERVER_MASTER_KEY"),
            *("--health", "/parse/health"),
        ),
        ("PARSE_SERVER_APPLICATION_ID=shop", "PARSE_SERVER_MASTER_KEY=only-for-a-trial"),
    )
}


@pytest.mark.timeout(900)  # two trees come over the network
@pytest.mark.parametrize("name", STRANGERS)
async def test_a_product_described_without_opening_the_code_is_upgraded_and_taken_back(
    name: str, tmp_path: Path
) -> None:
    """What `init` writes is all that `try` needs: a failure goes back by itself, the upgrade and the way back hold."""
    stranger, file, env = STRANGERS[name], tmp_path / f"{name}.toml", dict(os.environ)
    described = run_astrolabe("products", "init", name, *stranger.described, "-o", str(file))
    await shell.run(described, env=env, deadline=60)
    settings = [word for each in stranger.settings for word in ("--setting", each)]
    tried = run_astrolabe("products", "try", str(file), stranger.old, stranger.new, *settings, "--json")
    ended = await shell.run(tried, env=env, deadline=800, check=False)
    parts = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.returncode == 0, (parts, ended.stderr)
    assert [(each["part"], each["version"], each["outcome"]) for each in parts] == [
        ("start", stranger.old, "healthy"),
        ("failure", stranger.old, "rolled_back"),
        ("upgrade", stranger.new, "succeeded"),
        ("rollback", stranger.old, "rolled_back"),
    ]
