"""Whether all is here that Astrolabe needs, what is new, and what a shell completes."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from astrolabe.cli.checkup import checkup
from astrolabe.cli.commands.updates import update
from tests.cli.test_commands import astrolabe
from tests.cli.typed import piped


async def test_a_host_that_has_all_is_told_so(tmp_path: Path) -> None:
    """Exit code 0, and every tool with its version."""
    ended = await astrolabe("doctor", "--json", "--data", str(tmp_path / "new"))
    assert (ended.returncode, ended.stderr) == (0, "")
    found = {each["name"]: each for each in map(json.loads, ended.stdout.splitlines())}
    assert all(each["ok"] or each["optional"] for each in found.values())
    assert found["pg_dump"]["seen"][0].isdigit()


async def test_what_is_missing_is_named_with_what_to_do(tmp_path: Path) -> None:
    """Exit code 1 where everyone needs it; what only some need is told, and no failure."""
    nowhere = {"ASTROLABE_PG_BIN": "/nonexistent", "ASTROLABE_NODE_BIN": "/nonexistent"}
    ended = await astrolabe("doctor", "--json", "--data", str(tmp_path), **nowhere)
    assert ended.returncode == 1
    (told,) = ended.stderr.splitlines()
    assert "pg_dump" in told
    assert "Node.js" not in told
    found = {each["name"]: each for each in map(json.loads, ended.stdout.splitlines())}
    assert "ASTROLABE_PG_BIN" in found["pg_dump"]["todo"]
    assert "ASTROLABE_NODE_BIN" in found["Node.js, for packages"]["todo"]


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a folder to somebody else")
def test_a_folder_of_somebody_elses_is_no_data_folder(tmp_path: Path) -> None:
    """Whoever may write there all the same, as root, would fail at its start."""
    os.chown(tmp_path, 65534, 65534)
    (folder,) = [each for each in checkup(tmp_path) if each.name == "data folder"]
    assert not folder.ok
    assert "ASTROLABE_DATA" in folder.todo


def test_keys_that_others_can_reach_are_told(tmp_path: Path) -> None:
    """The log's signing keys are its owner's alone."""
    (tmp_path / "keys").mkdir(mode=0o755)
    (keys,) = [each for each in checkup(tmp_path) if each.name == "signing keys"]
    assert (keys.ok, "chmod 700" in keys.todo) == (False, True)


def running(version: str | None) -> dict[str, Any]:
    """Return an instance of a list."""
    return {"name": "flags", "product": "unleash", "version": version}


DESCRIBED = [
    {"version": "6.0.0", "breaking": True, "notes": "new roles"},
    {"version": "5.12.0", "breaking": False, "notes": ""},
    {"version": "7.0.0-beta.1", "breaking": False, "notes": ""},
]


@pytest.mark.parametrize(
    ("version", "newer"),
    [
        ("5.6.0", ["5.12.0", "6.0.0", "6.10.1"]),
        ("6.0.0", ["6.10.1"]),
        ("6.10.1", []),
        ("7.0.0-beta.0", ["7.0.0-beta.1"]),
        (None, []),
    ],
)
def test_what_is_ahead_is_an_update(version: str | None, newer: list[str]) -> None:
    """In the order of versions; a beta is news only to whoever runs one."""
    found = update(running(version), DESCRIBED, {"6.10.1", "5.6.0"})
    assert [each["version"] for each in found["releases"]] == newer
    assert found["newest"] == (newer[-1] if newer else None)
    assert found["known"]


def test_nothing_known_is_not_nothing_new() -> None:
    """A product whose releases nobody describes is told so."""
    assert update(running("5.6.0"), [], [])["known"] is False


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
async def test_a_shell_learns_to_complete(shell: str) -> None:
    """What is printed asks the command itself, which answers."""
    script = (await astrolabe("completion", shell)).stdout
    assert "_ASTROLABE_COMPLETE" in script
    env = {"PATH": os.environ["PATH"], "_ASTROLABE_COMPLETE": f"{shell}_complete"}
    env |= {"COMP_WORDS": "astrolabe upd", "COMP_CWORD": "upd" if shell == "fish" else "1"}
    assert "updates" in (await piped(env=env)).stdout
