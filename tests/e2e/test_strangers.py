"""Strangers: described by a product file alone, upgraded, failed and taken back."""

import json
import os
from pathlib import Path

import pytest

from astrolabe.cli.own_python import run_astrolabe
from astrolabe.store.products.catalogue import BUILT_IN
from astrolabe.workers.programs import shell
from tests.e2e.proving import Proving
from tests.e2e.strangers import KILLED, STRANGERS, Stranger


def _marked(name: str, stranger: Stranger) -> object:
    marks = (pytest.mark.product(name, in_ci=stranger.in_ci), pytest.mark.timeout(stranger.seconds + 100))
    return pytest.param(name, marks=(pytest.mark.products, *marks), id=name)


@pytest.mark.parametrize("name", [_marked(name, stranger) for name, stranger in STRANGERS.items()])
async def test_a_product_described_without_opening_the_code_is_upgraded_and_taken_back(
    name: str, proving: Proving, tmp_path: Path
) -> None:
    """Its file is all that `try` needs: a failure goes back by itself, the upgrade and the way back hold."""
    stranger, env = STRANGERS[name], dict(os.environ)
    file = await _file(name, stranger, tmp_path)
    folder = _folder(stranger, tmp_path)
    options = [word for each in stranger.settings for word in ("--setting", each.format(folder=folder))]
    options += ["--folder", str(folder)]
    tried = run_astrolabe("products", "try", str(file), stranger.old, stranger.new, *options, "--json")
    ended = await shell.run(tried, env=env, deadline=stranger.seconds, check=False)
    parts = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.returncode == 0, (parts, ended.stderr)
    assert [(each["part"], each["version"], each["outcome"]) for each in parts] == [
        ("start", stranger.old, "healthy"),
        ("failure", stranger.old, "rolled_back"),
        ("upgrade", stranger.new, "succeeded"),
        ("rollback", stranger.old, "rolled_back"),
    ]
    for each in parts[1:]:
        proving.note(name, each["part"], each["downtime_ms"])
    await proving.keep(name, stranger.old, stranger.new, KILLED, stranger.uncovered)


async def _file(name: str, stranger: Stranger, folder: Path) -> Path:
    """Return the product's file: one that is built in, or that `init` writes from what is typed alone."""
    if not stranger.described:
        return BUILT_IN / f"{name}.toml"
    file = folder / f"{name}.toml"
    described = run_astrolabe("products", "init", name, *stranger.described, "-o", str(file))
    await shell.run(described, env=dict(os.environ), deadline=60)
    return file


def _folder(stranger: Stranger, folder: Path) -> Path:
    """Lay out the folder that a product is started in."""
    home = folder / "home"
    home.mkdir()
    for path, text in stranger.files.items():
        file = home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return home
