import base64
import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from astrolabe.cli.evidence import verify_proof
from astrolabe.cli.verifying import verify_export
from astrolabe.domain.audit.checkpoint import open_checkpoint
from astrolabe.domain.audit.evidence import MEMBERS, verify_members
from astrolabe.domain.audit.leaf import Row
from astrolabe.domain.audit.merkle import leaf_hash, verify_consistency, verify_inclusion
from astrolabe.domain.audit.note import PrivateKey, parse_note, write_note
from astrolabe.domain.audit.tiles import hashes_of
from astrolabe.domain.audit.tlog_proof import parse_tlog_proof
from astrolabe.domain.audit.trail_formats import FORMULA, csv_line, ocsf_line
from astrolabe.domain.audit.verification_failed import VerificationFailed
from astrolabe.domain.audit.witness_reports import ReportFailure, WitnessFailed
from astrolabe.domain.recorded import Cause
from astrolabe.store.audit.checkpoints import Checkpoints, Signed
from astrolabe.store.audit.tree import Tree
from astrolabe.store.database import Database
from tests.api.house import House, problem
from tests.audit_logs import WITNESS_KEYS
from tests.domain.samples import CHECK, DUMP, NEW, OLD, ROLLED_BACK, rolled_back

KEY = PrivateKey("astrolabe-test", bytes(range(32)))
OUTPUT = "0d" * 32


async def sign(house: House, *keys: PrivateKey) -> str:
    """Place, add and sign everything, as the relay does."""
    await house.place()
    async with Database(house.url, pool_size=2) as database:
        tree = Tree(database)
        await tree.drain()
        return (await Checkpoints(database, tree).make(keys or [KEY])).note


@pytest.fixture
async def upgrade(house: House) -> str:
    """An upgrade that was rolled back, with other events around it, and a checkpoint over all of it."""
    instance = await house.register()
    await house.register(name="other", port=4243)
    upgrade = await house.request()
    doctored = replace(rolled_back, checks=(replace(CHECK, output=OUTPUT),))
    await house.tell(instance, upgrade, *ROLLED_BACK[2:-1], doctored)
    await sign(house)
    return upgrade


@pytest.mark.usefixtures("upgrade")
async def test_the_trail_is_found_by_instance_actor_type_and_time(house: House) -> None:
    """Each filter leaves what it asks for, in order of position, and all of them together too."""
    everything = (await house.client.get("/audit/events", params={"limit": 1000})).json()
    items = everything["items"]
    assert [each["position"] for each in items] == list(range(len(items)))
    assert "next" not in everything or everything["next"] is None
    middle = items[len(items) // 2]["recorded_at"]
    registered = next(each for each in items if each["type"] == "instance_registered")
    for asked, holds in (
        ({"instance": "flags"}, lambda each: each["stream_id"] == registered["stream_id"]),
        ({"actor": "worker"}, lambda each: each["actor"] == "worker"),
        ({"type": "token_issued"}, lambda each: each["type"] == "token_issued"),
        ({"from": middle}, lambda each: each["recorded_at"] >= middle),
        ({"to": middle}, lambda each: each["recorded_at"] < middle),
        ({"actor": 'no"body'}, lambda _: False),
        ({"actor": "work"}, lambda _: False),
        (
            {"instance": "flags", "actor": "adminer", "type": "upgrade_requested"},
            lambda each: each["type"] == "upgrade_requested",
        ),
    ):
        found = (await house.client.get("/audit/events", params=asked)).json()["items"]
        assert found == [each for each in items if holds(each)], asked


@pytest.mark.usefixtures("upgrade")
async def test_the_trail_is_read_page_by_page(house: House) -> None:
    """The links lead through everything once, with the filters kept."""
    for asked in ("", "&actor=worker", "&instance=flags"):
        whole = (await house.client.get(f"/audit/events?limit=1000{asked}")).json()["items"]
        found, link = [], f"/audit/events?limit=2{asked}"
        while link:
            page = (await house.client.get(link)).json()
            found += page["items"]
            link = page.get("next")
        assert found == whole


@pytest.mark.usefixtures("upgrade")
async def test_an_export_is_verified_offline(house: House) -> None:
    """The file and the public key are enough; a newer export holds against the older checkpoint."""
    first = await house.client.get("/audit/export")
    assert first.headers["content-type"] == "application/jsonl"
    found = verify_export(io.BytesIO(first.content), [KEY.public])
    assert found.proven.checkpoint.size == await house.size()
    kept = open_checkpoint((await house.client.get("/audit/checkpoint")).text, [KEY.public]).checkpoint
    await house.register(name="later", port=4244)
    await sign(house)
    second = await house.client.get("/audit/export", params={"format": "jsonl"})
    assert verify_export(io.BytesIO(second.content), [KEY.public], kept).proven.checkpoint.size == kept.size + 1


@pytest.mark.usefixtures("upgrade")
async def test_the_other_formats_hold_every_event(house: House) -> None:
    """CSV and OCSF have one row an event, in order."""
    size = await house.size()
    told = (await house.client.get("/audit/export", params={"format": "csv"})).text
    rows = list(csv.DictReader(io.StringIO(told, newline="")))
    assert [int(row["position"]) for row in rows] == list(range(size))
    assert {"actor", "reason", "type", "recorded_at"} <= set(rows[0])
    told = (await house.client.get("/audit/export", params={"format": "ocsf"})).text
    lines = [json.loads(line) for line in told.splitlines()]
    assert [line["metadata"]["sequence"] for line in lines] == list(range(size))
    assert {(line["class_uid"], line["category_uid"], line["type_uid"]) for line in lines} == {(6003, 6, 600399)}
    assert all(line["actor"]["user"]["name"] and line["src_endpoint"] and line["api"]["operation"] for line in lines)


@given(st.text(), st.sampled_from(FORMULA))
def test_no_cell_is_computed_by_a_spreadsheet(text: str, begin: str) -> None:
    """What begins as a formula does is told behind an apostrophe, and read back as text."""
    entry = json.dumps({"actor": begin + text, "reason": text, "data": {"type": "x"}})
    row = Row(1, "s", 1, "e", begin + "x", "2026-01-01T00:00:00.000000Z", entry)
    (cells,) = csv.reader(io.StringIO(csv_line(row).decode(errors="replace"), newline=""), strict=True)
    assert not any(cell.startswith(FORMULA) for cell in cells)
    assert f"'{begin}x" in cells


def test_an_ocsf_event_says_when() -> None:
    """Time is in milliseconds since 1970, and what an entry lacks is left out."""
    told = json.loads(ocsf_line(Row(1, "s", 1, "e", "x", "2026-01-01T00:00:00.250000Z", "not JSON")))
    assert told["time"] == 1767225600250
    assert "uid" not in told["metadata"]


def test_what_somebody_should_look_at_is_no_information() -> None:
    """A way in past all tokens is of a severity that monitoring wakes somebody for."""
    rows = [Row(1, "s", 1, "e", kind, "2026-01-01T00:00:00Z", "{}") for kind in ("access_recovered", "token_issued")]
    assert [json.loads(ocsf_line(row))["severity"] for row in rows] == ["High", "Informational"]


@pytest.mark.usefixtures("upgrade")
async def test_proofs_of_the_api_verify(house: House) -> None:
    """Inclusion against the checkpoint that comes with it, consistency between two sizes, and the tiles agree."""
    before = open_checkpoint((await house.client.get("/audit/checkpoint")).text, [KEY.public]).checkpoint
    await house.register(name="later", port=4244)
    await sign(house)
    told = (await house.client.get("/audit/proofs/inclusion/5")).json()
    after = open_checkpoint(told["checkpoint"], [KEY.public]).checkpoint
    proof = [base64.b64decode(each) for each in told["proof"]]
    assert verify_inclusion(leaf_hash(told["leaf"].encode()), 5, after.size, proof, after.root)
    asked = {"first": before.size, "second": after.size}
    told = (await house.client.get("/audit/proofs/consistency", params=asked)).json()
    proof = [base64.b64decode(each) for each in told["proof"]]
    assert verify_consistency(before.size, after.size, proof, before.root, after.root)
    tile = (await house.client.get(f"/audit/tlog/tile/0/000.p/{after.size}")).content
    bundle = (await house.client.get(f"/audit/tlog/tile/entries/000.p/{after.size}")).content
    leaves = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        leaves.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    assert list(map(leaf_hash, leaves)) == hashes_of(tile)
    assert (await house.client.get("/audit/tlog/checkpoint")).text == (await house.client.get("/audit/checkpoint")).text


BAD = {
    "/audit/events?from=yesterday": "parameter-invalid",
    "/audit/events?to=2026-01-01": "parameter-invalid",
    "/audit/events?type=upgrade_request": "parameter-invalid",
    "/audit/events?after=-2": "parameter-invalid",
    "/audit/events?instance=nobody": "instance-unknown",
    "/audit/export?format=xml": "parameter-invalid",
    "/audit/proofs/inclusion/x": "parameter-invalid",
    "/audit/proofs/inclusion/-1": "parameter-invalid",
    "/audit/proofs/inclusion/999": "not-in-the-tree",
    "/audit/proofs/consistency": "bad-request",
    "/audit/proofs/consistency?first=0&second=1": "parameter-invalid",
    "/audit/proofs/consistency?first=2&second=1": "parameter-invalid",
    "/audit/proofs/consistency?first=1&second=999": "not-in-the-tree",
    "/audit/tlog/tile/0/000": "not-in-the-tree",
    "/audit/tlog/tile/63/000": "not-in-the-tree",
    "/audit/tlog/tile/1/000.p/1": "not-in-the-tree",
    "/audit/tlog/nothing": "not-in-the-tree",
    "/upgrades/01a205ed-b9df-7372-8351-5238dbf134f3/evidence": "upgrade-unknown",
}


@pytest.mark.usefixtures("upgrade")
async def test_what_cannot_be_answered_is_a_problem(house: House) -> None:
    """Bad parameters and what is not there are told as problems of their own."""
    for path, name in BAD.items():
        assert problem(await house.client.get(path)) == name, path


async def test_before_the_first_checkpoint_there_is_nothing_to_prove(house: House) -> None:
    """Until something was signed, what needs it says so and when to ask again; then evidence that is not covered."""
    for path in ("checkpoint", "export", "proofs/inclusion/0", "proofs/consistency?first=1&second=1", "tlog/x"):
        answer = await house.client.get(f"/audit/{path}")
        assert (problem(answer), answer.headers["retry-after"]) == ("no-checkpoint", "5")
    await sign(house)
    await house.register()
    upgrade = await house.request()
    assert problem(await house.client.get(f"/upgrades/{upgrade}/evidence")) == "evidence-not-ready"


async def members_of(house: House, upgrade: str) -> dict[str, bytes]:
    """The members of an upgrade's archive."""
    answer = await house.client.get(f"/upgrades/{upgrade}/evidence")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def test_evidence_holds_the_upgrade_and_its_hashes(house: House, upgrade: str) -> None:
    """The archive verifies, and its summary tells plan and hashes, each with the position it is proven at."""
    members = await members_of(house, upgrade)
    found = verify_members(members, [KEY.public])
    assert (found.upgrade_id, len(found.positions)) == (upgrade, len(ROLLED_BACK) - 1)
    summary = json.loads(members["summary.json"])
    events = (await house.client.get(f"/upgrades/{upgrade}/events")).json()["items"]
    assert summary["plan"] == next(each["data"]["plan"] for each in events if "plan" in each["data"])
    hashes = {(each["of"].rpartition(".")[2], each["hash"]) for each in summary["hashes"]}
    assert hashes == {
        ("integrity", OLD.integrity),
        ("integrity", NEW.integrity),
        ("sha256", DUMP.sha256),
        ("output", OUTPUT),
    }
    assert summary["events"][0]["type"] == "upgrade_requested"


@pytest.fixture
async def members(house: House, upgrade: str) -> dict[str, bytes]:
    """The members of an upgrade's archive."""
    return await members_of(house, upgrade)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(MEMBERS), st.data())
async def test_no_member_of_an_archive_can_be_changed(members: dict[str, bytes], name: str, data) -> None:
    """Whatever bit of whatever member differs, the archive does not hold; nor with a member too many or too few."""
    raw = bytearray(members[name])
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(VerificationFailed):
        verify_members(members | {name: bytes(raw)}, [KEY.public])
    with pytest.raises(VerificationFailed, match="nothing else"):
        verify_members({key: value for key, value in members.items() if key != name}, [KEY.public])
    lines = members["events.jsonl"].splitlines(keepends=True)
    without = lines[: (at := data.draw(st.integers(0, len(lines) - 1)))] + lines[at + 1 :]
    with pytest.raises(VerificationFailed):
        verify_members(members | {"events.jsonl": b"".join(without)}, [KEY.public])


@pytest.mark.usefixtures("upgrade")
async def test_the_proof_of_one_event_is_a_text_of_its_own(house: House, tmp_path: Path) -> None:
    """What the API returns for a position proves that very event, and is refused for any other."""
    size = await house.size()
    for position in (0, size // 2, size - 1):
        answer = await house.client.get(f"/audit/proofs/tlog-proof/{position}")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert f'filename="{position}.tlog-proof"' in answer.headers["content-disposition"]
        found = parse_tlog_proof(answer.text)
        assert (found.index, found.open([KEY.public]).checkpoint.size) == (position, size)
        (tmp_path / "one.tlog-proof").write_text(answer.text)
        assert f"at position {position}," in verify_proof(tmp_path / "one.tlog-proof", [KEY.public])
    for position, name in (("x", "parameter-invalid"), (str(size), "not-in-the-tree")):
        assert problem(await house.client.get(f"/audit/proofs/tlog-proof/{position}")) == name


async def test_whoever_asks_hears_which_witness_saw_the_log(house: House) -> None:
    """Those of the last checkpoint with their times, and those that fail with the reason; metrics count them."""
    assert (await house.client.get("/audit/witnesses")).json() == {"items": []}
    await sign(house)
    last = await house.resources.checkpoints.latest()
    assert last
    note = parse_note(last.note)
    line = WITNESS_KEYS[0].state_time(note.text, 1_800_000_000)
    await house.resources.checkpoints.keep(Signed(write_note(note.text, [*note.signatures, line]), last.size, 0.0))
    failed = ReportFailure(WitnessFailed("witness-2", "contradicted", 3, "it has cosigned another tree"))
    await house.resources.witnesses.execute(failed, Cause("relay", "each checkpoint is to be cosigned", "relay"))
    nothing = {"cosigned_at": None, "why": None, "details": None}
    assert (await house.client.get("/audit/witnesses")).json()["items"] == [
        nothing | {"witness": "witness-1", "cosigned_at": "2027-01-15T08:00:00Z"},
        nothing | {"witness": "witness-2", "why": "contradicted", "details": "it has cosigned another tree"},
    ]
    await house.place()
    metrics = (await house.client.get("/metrics")).text
    assert 'astrolabe_witnesses_failing{why="contradicted"} 1.0' in metrics
    assert "astrolabe_log_uncovered 1.0" in metrics
    (event,) = (await house.client.get("/audit/events?type=witness_failed")).json()["items"]
    assert (event["actor"], event["data"]["why"]) == ("relay", "contradicted")
