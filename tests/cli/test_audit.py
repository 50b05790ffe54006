"""An auditor at a terminal: no database, no network, one file and one key."""

import io
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from astrolabe.cli.commands.audit import audit
from astrolabe.cli.servers.folder import KEYS
from astrolabe.domain.audit.checkpoint import Checkpoint, sign_checkpoint
from astrolabe.domain.audit.checkpoint_line import checkpoint_line
from astrolabe.domain.audit.evidence import make_evidence
from astrolabe.domain.audit.leaf import NO_CHAIN, Row, body_of, chain_of, leaf_of
from astrolabe.domain.audit.merkle import inclusion, leaf_hash, prove, root_of
from astrolabe.domain.audit.note import PrivateKey, parse_note, write_note
from astrolabe.domain.audit.tlog_proof import TlogProof
from astrolabe.store.ids import new_id
from astrolabe.store.log.entry import encode, make_entry
from astrolabe.workers.relay.signing_keys import SigningKeys
from tests.audit_logs import WITNESS_KEYS
from tests.domain.samples import UP
from tests.store.stage import BY, said

KEY = PrivateKey("astrolabe-test", bytes(range(32)))
TIME = "2026-01-31T12:00:00.000001Z"


def leaves(many: int) -> list[bytes]:
    """The leaves of one stream."""
    found, chain, stream = [], NO_CHAIN, new_id()
    for at in range(many):
        entry = make_entry(stream, at + 1, said(f"step {at} of {UP}"), BY)
        body = body_of(Row(at, stream, at + 1, entry.id, "step_progressed", TIME, encode(entry)))
        chain = chain_of(chain, body)
        found.append(leaf_of(chain, body))
    return found


LEAVES = leaves(20)
HASHES = list(map(leaf_hash, LEAVES))


def note(size: int) -> str:
    """The checkpoint of a size."""
    return sign_checkpoint(Checkpoint(KEY.name, size, root_of(HASHES[:size])), [KEY], 1_769_860_800)


def run(*words: str | Path) -> Result:
    """Run `astrolabe audit ...`."""
    return CliRunner().invoke(audit, [str(word) for word in words])


@pytest.fixture
def trail(tmp_path: Path) -> Path:
    """An export."""
    file = tmp_path / "trail.jsonl"
    file.write_bytes(b"\n".join([*LEAVES, checkpoint_line(note(20)), b""]))
    return file


def test_an_export_that_holds(trail: Path, tmp_path: Path) -> None:
    """The sentence says how many events, of which log, and as of when; the key may be a file."""
    (tmp_path / "old").write_text(note(7))
    (tmp_path / "keys").write_text(KEY.public.text + "\n")
    for key in (KEY.public.text, tmp_path / "keys"):
        ended = run("verify", trail, "--key", key, "--since", tmp_path / "old")
        assert ended.exit_code == 0, ended.output
        assert "HOLDS: 20 events of 1 streams, the whole of astrolabe-test" in ended.output
        assert "2026-01-31 12:00:00 UTC" in ended.output


def test_an_export_that_does_not_hold(trail: Path) -> None:
    """Exit code 1, and the first position that does not hold."""
    trail.write_bytes(trail.read_bytes().replace(b"step 13 ", b"step 31 "))
    ended = run("verify", trail, "--key", KEY.public.text)
    assert ended.exit_code == 1
    assert "DOES NOT HOLD at position 13" in ended.output


@pytest.mark.parametrize("cut", [1, 200, 700])
def test_an_export_that_was_cut_off(trail: Path, cut: int) -> None:
    """A file that ends too early does not hold."""
    trail.write_bytes(trail.read_bytes()[:-cut])
    assert run("verify", trail, "--key", KEY.public.text).exit_code == 1


def test_an_export_against_a_checkpoint_it_contradicts(trail: Path, tmp_path: Path) -> None:
    """An older checkpoint over other events, and one over more events than there are, are contradicted."""
    for size, root, where in ((7, bytes(32), "position 0 to 6"), (21, bytes(32), "position 20")):
        (tmp_path / "old").write_text(sign_checkpoint(Checkpoint(KEY.name, size, root), [KEY], 1))
        ended = run("verify", trail, "--key", KEY.public.text, "--since", tmp_path / "old")
        assert ended.exit_code == 1
        assert where in ended.output


def test_what_cannot_be_checked(trail: Path, tmp_path: Path) -> None:
    """No key, a damaged key, a stranger's checkpoint, or no file: exit code 2 and one sentence."""
    stranger = PrivateKey("stranger", KEY.seed)
    (tmp_path / "old").write_text(sign_checkpoint(Checkpoint("stranger", 7, bytes(32)), [stranger], 1))
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and no more")
    for words in (
        (trail,),
        (trail, "--key", "a+b+c"),
        (trail, "--key", tmp_path / "nothing"),
        (trail, "--key", KEY.public.text, "--since", tmp_path / "old"),
        (tmp_path / "nothing", "--key", KEY.public.text),
        (tmp_path / "broken.zip", "--key", KEY.public.text),
    ):
        assert run("verify", *words).exit_code == 2


def test_a_strangers_key_proves_nothing(trail: Path) -> None:
    """An export that the key given did not sign does not hold."""
    ended = run("verify", trail, "--key", PrivateKey("astrolabe-test", bytes(32)).public.text)
    assert ended.exit_code == 1
    assert "no checkpoint signed by a key given" in ended.output


def node(at: tuple[int, int]) -> bytes:
    """The root of a complete subtree."""
    return root_of(HASHES[at[1] << at[0] : (at[1] + 1) << at[0]])


def cosigned(size: int, *keys: PrivateKey) -> str:
    """The checkpoint of a size, with cosignatures."""
    read = parse_note(note(size))
    return write_note(read.text, [*read.signatures, *(key.state_time(read.text, 1_769_860_900) for key in keys)])


@pytest.fixture
def witnesses(tmp_path: Path) -> Path:
    """A policy: two of three."""
    lines = [f"witness w{nth} {key.public.cosigner_text}" for nth, key in enumerate(WITNESS_KEYS, 1)]
    file = tmp_path / "policy"
    file.write_text("\n".join([f"log {KEY.public.text}", *lines, "group two 2 w1 w2 w3", "quorum two", ""]))
    return file


def test_an_export_that_enough_witnesses_have_seen(trail: Path, witnesses: Path) -> None:
    """The sentence says who saw it, and when, and who did not; the policy may have the log's key."""
    trail.write_bytes(b"\n".join([*LEAVES, checkpoint_line(cosigned(20, *WITNESS_KEYS[:2])), b""]))
    ended = run("verify", trail, "--witnesses", witnesses)
    assert ended.exit_code == 0, ended.output
    assert "Cosigned by w1 at 2026-01-31 12:01:40 UTC, w2 at 2026-01-31 12:01:40 UTC; not by w3." in ended.output


def test_an_export_that_too_few_witnesses_have_seen(trail: Path, witnesses: Path) -> None:
    """It does not hold from the last checkpoint on that enough of them cosigned."""
    seen, unseen = cosigned(7, *WITNESS_KEYS[:2]), cosigned(20, WITNESS_KEYS[2])
    lines = [*LEAVES[:7], checkpoint_line(seen), *LEAVES[7:], checkpoint_line(unseen), b""]
    trail.write_bytes(b"\n".join(lines))
    ended = run("verify", trail, "--witnesses", witnesses)
    assert ended.exit_code == 1
    assert "at position 7 to 19: the last checkpoint is cosigned by w3, not by w1, w2" in ended.output


def test_a_witnesss_line_that_was_made_up(trail: Path, witnesses: Path) -> None:
    """A cosignature of another checkpoint proves nothing, and is no oversight."""
    moved = cosigned(7, *WITNESS_KEYS[:2]).rpartition("\n\n")[2].split("\n", 2)[2]
    trail.write_bytes(b"\n".join([*LEAVES, checkpoint_line(note(20) + moved), b""]))
    ended = run("verify", trail, "--witnesses", witnesses)
    assert ended.exit_code == 1
    assert "witness-1" in ended.output
    assert "does not fit the text" in ended.output


def test_two_histories_are_named(trail: Path, witnesses: Path, tmp_path: Path) -> None:
    """What a witness keeps of another history of the log contradicts the export: a fork, with the witness's name."""
    other = Checkpoint(KEY.name, 7, bytes(32))
    lines = [WITNESS_KEYS[1].state_time(other.text, 1_769_860_900)]
    signed = parse_note(sign_checkpoint(other, [KEY], 1))
    (tmp_path / "good").write_text(note(5))
    (tmp_path / "w2").write_text(write_note(signed.text, [*signed.signatures, *lines]))
    trail.write_bytes(b"\n".join([*LEAVES, checkpoint_line(cosigned(20, *WITNESS_KEYS)), b""]))
    kept = ("--since", tmp_path / "good", "--since", tmp_path / "w2")
    ended = run("verify", trail, "--witnesses", witnesses, *kept)
    assert ended.exit_code == 1
    assert "at position 0 to 6: FORK" in ended.output
    assert "cosigned by w2" in ended.output
    assert run("verify", trail, "--witnesses", witnesses, *kept[:2]).exit_code == 0


def test_a_proof_stands_for_itself(witnesses: Path, tmp_path: Path) -> None:
    """One file, one event; a changed event, index, or proof does not hold, nor one that too few have seen."""
    file = tmp_path / "11.tlog-proof"
    good = TlogProof(LEAVES[11], 11, tuple(prove(inclusion(11, 20), node)), cosigned(20, *WITNESS_KEYS[:2])).text
    file.write_text(good)
    ended = run("verify", file, "--witnesses", witnesses)
    assert ended.exit_code == 0, ended.output
    assert "HOLDS: the event step_progressed at position 11, version 12 of stream" in ended.output
    assert "not by w3" in ended.output
    without = good[: good.rindex("\u2014")]
    for changed in (good.replace("index 11", "index 12"), good.replace("extra e", "extra f"), without, good[:-9]):
        file.write_text(changed)
        assert run("verify", file, "--witnesses", witnesses).exit_code == 1
    file.write_text(without)
    assert run("verify", file, "--key", KEY.public.text).exit_code == 0


def test_an_archive_is_checked_too(tmp_path: Path, witnesses: Path) -> None:
    """An evidence archive is told from an export by what is in it."""
    proofs = {at: prove(inclusion(at, 20), node) for at in range(3, 9)}
    members = make_evidence(UP, LEAVES[3:9], proofs, 20, note(20).encode())
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packing:
        for name, content in members.items():
            packing.writestr(name, content)
    file = tmp_path / "evidence.zip"
    file.write_bytes(archive.getvalue())
    ended = run("verify", file, "--key", KEY.public.text)
    assert ended.exit_code == 0, ended.output
    assert "6 events" in ended.output
    ended = run("verify", file, "--key", KEY.public.text, "--witnesses", witnesses)
    assert ended.exit_code == 1
    assert "cosigned by nobody" in ended.output
    file.write_bytes(archive.getvalue().replace(b"step 5 ", b"step 6 "))
    assert run("verify", file, "--key", KEY.public.text).exit_code in {1, 2}


@pytest.mark.parametrize("words", [(), ("rotate",), ("retire", "00000000")])
def test_to_look_for_a_key_makes_none(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A wrong folder is told, and stays as it was: an auditor would be handed a key that signs nothing."""
    ended = run("key", "--data", tmp_path / "wrong", *words)
    assert ended.exit_code == 2
    assert "key" in ended.output
    assert list(tmp_path.iterdir()) == []


def test_keys_are_shown_rotated_and_retired(tmp_path: Path) -> None:
    """The public keys are printed, a new one is added, and an old one marked as retired."""
    SigningKeys(tmp_path / KEYS).ensure()  # as the relay does when it starts
    first = run("key", "--data", tmp_path).output.strip()
    second = run("key", "--data", tmp_path, "rotate").output.strip()
    assert run("key", "--data", tmp_path).output.split() == [first, second]
    assert run("key", "--data", tmp_path, "retire", first.split("+")[1]).exit_code == 0
    assert run("key", "--data", tmp_path).output.splitlines() == [f"{first}  (retired)", second]
    assert run("key", "--data", tmp_path, "retire", second.split("+")[1]).exit_code == 2
