"""`astrolabe products try`: a product file, tried with real versions in a place that is gone afterwards."""

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from astrolabe.cli.own_python import run_astrolabe
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.tools import POSTGRES_FOLDER
from tests.standin.registry import Registry
from tests.world import product_text

pytestmark = pytest.mark.e2e
SECONDS = 120.0


async def tried(*words: str) -> tuple[int | None, list[dict[str, Any]], str]:
    """Try a product; return the exit code, what came of each part, and what was said is wrong."""
    scratch = Path(tempfile.mkdtemp(prefix="astrolabe-test-"))
    scratch.chmod(0o711)  # for the server's user
    argv = run_astrolabe("products", "try", *words, "--json")
    ended = await shell.run(argv, env={**os.environ, "TMPDIR": str(scratch)}, deadline=SECONDS, check=False)
    assert list(scratch.glob("astrolabe-try-*")) == []
    shutil.rmtree(scratch)
    return ended.returncode, [json.loads(line) for line in ended.stdout.splitlines()], ended.stderr


@pytest.fixture
def file(registry: Registry, tmp_path: Path) -> Path:
    """The stand-in's product file."""
    file = tmp_path / "standin.toml"
    file.write_text(product_text(registry), "utf-8")
    return file


async def test_a_failure_an_upgrade_and_the_way_back_are_tried(file: Path) -> None:
    """The old version starts, comes back by itself from a failure, is upgraded and taken back; nothing is left."""
    code, parts, complaint = await tried(str(file), "1.0.0", "1.1.0")
    assert code == 0, (parts, complaint)
    assert [(each["part"], each["version"], each["outcome"]) for each in parts] == [
        ("start", "1.0.0", "healthy"),
        ("failure", "1.0.0", "rolled_back"),
        ("upgrade", "1.1.0", "succeeded"),
        ("rollback", "1.0.0", "rolled_back"),
    ]
    assert all(each["downtime_ms"] > 0 for each in parts[1:])
    assert parts[1]["why"]


async def test_a_part_that_does_not_end_as_it_must_is_named(file: Path) -> None:
    """A new version that ends as it starts fails the upgrade, and exit code 1 says so with the reason."""
    code, parts, complaint = await tried(str(file), "1.1.0", "1.5.0")
    assert code == 1
    assert [(each["part"], each["ok"]) for each in parts] == [("start", True), ("failure", True), ("upgrade", False)]
    assert "The upgrade did not end as it must" in complaint


REFUSED = {
    "no exact version": (("1.1.0", "latest"), "latest is no exact version"),
    "a setting that the file does not name": (("1.1.0", "1.2.0", "--setting", "NODE_OPTIONS=x"), "NODE_OPTIONS"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_cannot_be_tried_is_refused(case: str, file: Path) -> None:
    """Exit code 2 and one line say why, and nothing was started."""
    words, said = REFUSED[case]
    code, parts, complaint = await tried(str(file), *words)
    assert (code, parts) == (2, [])
    assert said in complaint


async def test_a_setting_that_the_file_does_not_name_is_refused_before_anything_begins(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said also on a host that has no PostgreSQL to begin with."""
    monkeypatch.setenv(POSTGRES_FOLDER, str(tmp_path))
    code, parts, complaint = await tried(str(file), "1.1.0", "1.2.0", "--setting", "NODE_OPTIONS=x")
    assert (code, parts) == (2, [])
    assert "has no setting NODE_OPTIONS" in complaint


async def test_an_old_version_that_does_not_start_ends_the_trial(file: Path) -> None:
    """Its last words are shown, and nothing else is tried."""
    code, parts, complaint = await tried(str(file), "1.5.0", "1.6.0")
    assert code == 1
    assert [(each["part"], each["ok"]) for each in parts] == [("start", False)]
    assert "The start did not end as it must" in complaint
