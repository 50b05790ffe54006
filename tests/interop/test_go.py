"""Go's own `note` and `tlog` accept what Astrolabe signs and proves, and nothing that differs by one bit."""

import base64
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from msgspec.structs import replace

from astrolabe.api.witness.witness import Witness
from astrolabe.domain.audit.add_checkpoint import AddCheckpoint
from astrolabe.domain.audit.checkpoint import Checkpoint, sign_checkpoint
from astrolabe.domain.audit.merkle import consistency, inclusion, leaf_hash, prove, root_of
from astrolabe.domain.audit.note import PrivateKey
from astrolabe.domain.audit.tlog_proof import TlogProof
from astrolabe.store.audit.witnessed import Witnessed
from astrolabe.workers.programs import shell
from tests.api.house import House
from tests.api.test_audit import sign
from tests.audit_logs import WITNESS_KEYS
from tests.domain.test_merkle import flipped
from tests.lacking import lacks

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
        lacks("Go or golang.org/x/mod is missing; on Debian: apt-get install golang-go golang-golang-x-mod-dev")
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


def encoded(raw: bytes) -> str:
    """Bytes as JSON carries them."""
    return base64.b64encode(raw).decode()


def case(size: int, old: int, index: int) -> dict[str, Any]:
    """Everything that is proven of a tree of this size: what it grew from, and one leaf."""
    return {
        "vkeys": [KEY.public.text],
        "checkpoint": encoded(signed(size).encode()),
        "old": encoded(signed(old).encode()),
        "consistency": [encoded(each) for each in prove(consistency(old, size), node)],
        "leaf": encoded(LEAVES[index]),
        "index": index,
        "inclusion": [encoded(each) for each in prove(inclusion(index, size), node)],
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


async def test_go_accepts_what_the_api_serves(verifier: Path, house: House, tmp_path: Path) -> None:
    """Leaf, proofs and checkpoints are a case as an auditor fetches them, also where a second key signs."""
    await house.register()
    kept = await sign(house)
    for nth in range(300):
        await house.register(name=f"i-{nth}", port=5000 + nth)
    later = PrivateKey(KEY.name, bytes(range(1, 33)))
    await sign(house, KEY, later)
    (size, old) = (int(each.splitlines()[1]) for each in ((await read(house, "checkpoint")).text, kept))
    grown = (await read(house, f"proofs/consistency?first={old}&second={size}")).json()
    cases = []
    for position in (0, old - 1, 255, 256, size - 1):
        told = (await read(house, f"proofs/inclusion/{position}")).json()
        cases.append(
            {
                "vkeys": [KEY.public.text, later.public.text],
                "checkpoint": encoded(told["checkpoint"].encode()),
                "old": encoded(kept.encode()),
                "consistency": grown["proof"],
                "leaf": encoded(told["leaf"].encode()),
                "index": told["position"],
                "inclusion": told["proof"],
            }
        )
    assert await ask(verifier, cases, tmp_path) == ["ok"] * len(cases)


async def read(house: House, path: str) -> httpx.Response:
    """Read something of the trail."""
    return (await house.client.get(f"/audit/{path}")).raise_for_status()


def cosigned(size: int, witnesses: Sequence[PrivateKey], folder: Path) -> str:
    """A checkpoint with what real witnesses answered, each of which has seen the size before."""
    note = signed(size)
    for key in witnesses:
        with Witnessed(folder / key.name) as witnessed:
            witness = Witness(key, {KEY.name: [KEY.public]}, witnessed, lambda: 1_700_000_009)
            for old, new in ((0, size // 2), (size // 2, size)):
                proof = tuple(prove(consistency(old, new), node)) if old else ()
                said = witness.add(AddCheckpoint(old, proof, signed(new)).body)
                assert said.status == 200, said
        note += said.body
    return note


async def test_go_reads_cosigned_checkpoints(verifier: Path, tmp_path: Path) -> None:
    """With the witnesses' keys Go counts who has seen a checkpoint: two of two, and never one twice or a stranger."""
    good = case(70, 33, 41) | {
        "checkpoint": encoded(cosigned(70, WITNESS_KEYS[:2], tmp_path).encode()),
        "witnesses": [each.public.cosigner_text for each in WITNESS_KEYS[:2]],
        "cosigned": 2,
    }
    text = base64.b64decode(good["checkpoint"]).decode()
    last = text.splitlines()[-1] + "\n"
    without = text.removesuffix(last)
    cases = [
        good,
        good | {"checkpoint": encoded(without.encode())},
        good | {"checkpoint": encoded((without + without.splitlines()[-1] + "\n").encode())},
        good | {"witnesses": [each.public.cosigner_text for each in WITNESS_KEYS[1:]]},
        good | {"checkpoint": encoded((signed(33) + last).encode())},
    ]
    said = await ask(verifier, cases, tmp_path)
    assert said[0] == "ok"
    assert "1 witnesses cosigned it, and 2 must" in said[1]
    assert all(each != "ok" for each in said[1:]), said
    flipped_cases = [good | {"checkpoint": changed} for changed in flips(good["checkpoint"])]
    assert set(await ask(verifier, flipped_cases, tmp_path)).isdisjoint({"ok"})


async def test_go_reads_proof_bundles(verifier: Path, tmp_path: Path) -> None:
    """A bundle is enough for Go to find the event in the log that two witnesses have seen."""
    note = cosigned(70, WITNESS_KEYS[:2], tmp_path)
    bundle = TlogProof(LEAVES[41], 41, tuple(prove(inclusion(41, 70), node)), note)
    good = {
        "vkeys": [KEY.public.text],
        "witnesses": [each.public.cosigner_text for each in WITNESS_KEYS[:2]],
        "cosigned": 2,
        "bundle": bundle.text,
    }
    cases = [
        good,
        good | {"bundle": bundle.text.replace("index 41", "index 42")},
        good | {"bundle": replace(bundle, leaf=LEAVES[40]).text},
        good | {"cosigned": 3},
    ]
    said = await ask(verifier, cases, tmp_path)
    assert said[0] == "ok"
    assert "ok" not in said[1:]


def changes(good: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every way to change one bit of checkpoints, proofs, leaf and index."""
    for field in ("checkpoint", "old", "leaf"):
        for changed in flips(good[field]):
            yield good | {field: changed}
    for field in ("consistency", "inclusion"):
        for at, each in enumerate(good[field]):
            for changed in flips(each):
                yield good | {field: [*good[field][:at], changed, *good[field][at + 1 :]]}
    for bit in range(63):
        yield good | {"index": good["index"] ^ (1 << bit)}
    yield good | {"index": good["index"] - (1 << 63)}


def flips(text: str) -> Iterator[str]:
    """Every way to change one bit of bytes that are told in base64."""
    raw = base64.b64decode(text)
    for bit in range(8 * len(raw)):
        yield encoded(flipped(raw, bit))


@pytest.mark.parametrize("shape", [(70, 33, 41), (8, 4, 7)])
async def test_go_rejects_every_changed_bit(verifier: Path, shape: tuple[int, int, int], tmp_path: Path) -> None:
    """Whatever single bit of a checkpoint, of a proof or of a leaf is changed, Go refuses it."""
    cases = list(changes(case(*shape)))
    bits = sum(8 * len(base64.b64decode(each)) for each in strings_of(case(*shape)))
    assert len(cases) == bits + 64 > 5000
    said = await ask(verifier, cases, tmp_path)
    accepted = [each for each, answer in zip(cases, said, strict=True) if answer == "ok"]
    assert accepted == []


def strings_of(good: dict[str, Any]) -> list[str]:
    """All that is told in base64."""
    return [good["checkpoint"], good["old"], good["leaf"], *good["consistency"], *good["inclusion"]]
