"""A stranger's product: parse-server, described by `products init` alone, upgraded, failed and taken back."""

import json
import os
from pathlib import Path

import pytest

from astrolabe.cli.own_python import run_astrolabe
from astrolabe.workers.programs import shell

pytestmark = pytest.mark.products

OLD, NEW = "8.2.0", "8.6.0"
DESCRIBED = (
    *("--package", "parse-server", "--title", "Parse Server"),
    *("--env", "PARSE_SERVER_DATABASE_URI={database_url}"),
    *("--env", "PORT={port}", "--env", "PARSE_SERVER_HOST={address}"),
    *("--setting", "PARSE_SERVER_APPLICATION_ID", "--setting", "PARSE_SERVER_MASTER_KEY"),
    *("--health", "/parse/health"),
)
SET = ("--setting", "PARSE_SERVER_APPLICATION_ID=shop", "--setting", "PARSE_SERVER_MASTER_KEY=only-for-a-trial")


@pytest.mark.timeout(900)  # two trees come over the network
async def test_a_product_described_without_opening_the_code_is_upgraded_and_taken_back(tmp_path: Path) -> None:
    """What `init` writes is all that `try` needs: a failure goes back by itself, the upgrade and the way back hold."""
    file = tmp_path / "parse-server.toml"
    await shell.run(
        run_astrolabe("products", "init", "parse-server", *DESCRIBED, "-o", str(file)),
        env=dict(os.environ),
        deadline=60,
    )
    argv = run_astrolabe("products", "try", str(file), OLD, NEW, *SET, "--json")
    ended = await shell.run(argv, env=dict(os.environ), deadline=800, check=False)
    parts = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.returncode == 0, (parts, ended.stderr)
    assert [(each["part"], each["version"], each["outcome"]) for each in parts] == [
        ("start", OLD, "healthy"),
        ("failure", OLD, "rolled_back"),
        ("upgrade", NEW, "succeeded"),
        ("rollback", OLD, "rolled_back"),
    ]
