"""Go's own `note` and `tlog` accept what Astrolabe signs and proves, and nothing that differs by one bit."""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from domain.checkpoint import Checkpoint, sign_checkpoint
from domain.merkle import consistency, inclusion, leaf_hash, prove, root_of
from domain.note import PrivateKey
from tests.domain.test_merkle import flipped
from workers import shell

LIBRARIES = Path("/usr/share/gocode")
MODULE = LIBRARIES / "src/golang.org/x/mod/sumdb/note"
KEY = PrivateKey("astrolabe-test", bytes(range(32)))
LEAVES = [b'{"position":%d}' % nth for nth in range(70)]
HASHES = list(map(leaf_hash, LEAVES))
SIZES = (1, 2, 3, 7, 8, 33, 64, 70)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The verifier in verify.go, built."""
    go = shutil.which("go")
    if go is None or not MODULE.is_dir():
        why = "Go or golang.org/x/mod is missing; on Debian: apt-get install golang-go golang-golang-x-mod-dev"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("go")
    env = {
        "PATH": os.environ["PATH"],
        "GO111MODULE": "off",
        "GOPATH": str(LIBRARIES),
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
    }
    env |= {"GOCACHE": str(folder / "cache"), "HOME": str(folder)}
    argv = [go, "build", "-o", str(folder / "verify"), str(Path(__file__).with_name("verify.go"))]
    await shell.run(argv, env=env, cwd=folder, deadline=200)
    return folder / "verify"


def node(at: tuple[int, int]) -> bytes:
    """The root of a complete subtree."""
    level, index = at
    return root_of(HASHES[index << level : (index + 1) << level])


def signed(size: int) -> str:
    """The checkpoint of a size."""
    return sign_checkpoint(Checkpoint(KEY.name, size, root_of(HASHES[:size])), [KEY], 1_700_000_000)


def case(size: int, old: int, index: int) -> dict[str, Any]:
    """Everything that is proven of a tree of this size: what it grew from, and one leaf."""
    return {
        "vkey": KEY.public.text,
        "checkpoint": signed(size),
        "old": signed(old),
        "consistency": [each.hex() for each in prove(consistency(old, size), node)],
        "leaf": LEAVES[index].hex(),
        "index": index,
        "inclusion": [each.hex() for each in prove(inclusion(index, size), node)],
    }


async def ask(verifier: Path, cases: Sequence[dict[str, Any]], folder: Path) -> list[str]:
    """What the verifier says of each case."""
    told = folder / "cases"
    told.write_text("".join(json.dumps(each) + "\n" for each in cases))
    said = folder / "said"
    await shell.run([str(verifier), str(told)], env={}, cwd=folder, deadline=100, stdout=said)
    return said.read_text().splitlines()


async def test_go_accepts_what_we_sign_and_prove(verifier: Path, tmp_path: Path) -> None:
    """Checkpoints, every consistency proof between the sizes, and inclusion proofs, are accepted."""
    cases = [
        case(size, old, index) for size in SIZES for old in SIZES if old <= size for index in {0, old - 1, size - 1}
    ]
    assert await ask(verifier, cases, tmp_path) == ["ok"] * len(cases)


def changes(good: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every way to change one bit of checkpoints, proofs, leaf and index."""
    for field in ("checkpoint", "old"):
        raw = good[field].encode()
        for bit in range(8 * len(raw)):
            changed = flipped(raw, bit)
            try:
                yield good | {field: changed.decode()}
            except UnicodeDecodeError:
                continue
    for bit in range(8 * len(bytes.fromhex(good["leaf"]))):
        yield good | {"leaf": flipped(bytes.fromhex(good["leaf"]), bit).hex()}
    for field in ("consistency", "inclusion"):
        for at, each in enumerate(good[field]):
            for bit in range(256):
                changed = flipped(bytes.fromhex(each), bit).hex()
                yield good | {field: [*good[field][:at], changed, *good[field][at + 1 :]]}
    for bit in range(62):
        yield good | {"index": good["index"] ^ (1 << bit)}


async def test_go_rejects_every_changed_bit(verifier: Path, tmp_path: Path) -> None:
    """Whatever single bit of a checkpoint, of a proof or of a leaf is changed, Go refuses it."""
    cases = list(changes(case(70, 33, 41)))
    assert len(cases) > 5000
    said = await ask(verifier, cases, tmp_path)
    accepted = [each for each, answer in zip(cases, said, strict=True) if answer == "ok"]
    assert accepted == []
