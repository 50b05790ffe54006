"""What a witness is asked, and what it says to it, as C2SP tlog-witness and tlog-cosignature have it."""

import base64
import contextlib
from collections.abc import Mapping
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from astrolabe.domain.audit.add_checkpoint import AddCheckpoint, parse_add_checkpoint
from astrolabe.domain.audit.checkpoint import Checkpoint, sign_checkpoint
from astrolabe.domain.audit.note import (
    NoteError,
    PrivateKey,
    PublicKey,
    SignedNote,
    parse_cosigner_key,
    parse_note,
    parse_public_key,
    write_note,
    write_signatures,
)
from astrolabe.domain.audit.witnessing import NotCosigned, authentic, check_follows
from tests.audit_logs import FORKED, LOG_KEY, LONG, WITNESS_KEYS

LOGS: Mapping[str, list[PublicKey]] = {LOG_KEY.name: [LOG_KEY.public]}
WITNESS = WITNESS_KEYS[0]

# The example of tlog-cosignature: the note, and under it the log's signature and a witness's.
EXAMPLE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "\u2014 example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "\u2014 witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)


def test_the_request_of_the_specification_is_read() -> None:
    """Old size, proof, an empty line, and the checkpoint as it was signed."""
    lines = [base64.b64encode(bytes([nth]) * 32).decode() for nth in range(4)]
    body = "\n".join(["old 20852014", *lines, "", EXAMPLE]).encode()
    asked = parse_add_checkpoint(body)
    assert (asked.old, len(asked.proof), asked.note) == (20852014, 4, EXAMPLE)
    assert asked.body == body


@pytest.mark.parametrize(
    "head",
    [
        *("", "old", "old ", "old 01", "old -1", "old 1 ", "Old 1", "old 1\n!", "old 1\nAAAA", "old \u0661"),
        "old 1\n" + "\n".join([base64.b64encode(bytes(32)).decode()] * 64),
    ],
)
def test_a_malformed_request_is_refused(head: str) -> None:
    """No size, a size in another form, what is no hash, or more hashes than a proof has."""
    with pytest.raises(NoteError):
        parse_add_checkpoint(f"{head}\n\n{LONG.note(3)}".encode())


def test_what_is_no_request_at_all_is_refused() -> None:
    """No text, and nothing behind the empty line."""
    for body in (b"\xff", b"", b"old 1\n", LONG.note(3).encode()):
        with pytest.raises(NoteError):
            parse_add_checkpoint(body)


@given(st.binary(max_size=200))
def test_whatever_is_sent_is_read_or_refused(body: bytes) -> None:
    """Nothing but a refusal comes of nonsense."""
    with contextlib.suppress(NoteError):
        assert parse_add_checkpoint(body).body == body


def test_a_cosignature_is_what_the_specification_says() -> None:
    """Key id of kind 4, eight bytes of time, and an Ed25519 signature of the three lines under two of its own."""
    note = LONG.note(7)
    text = parse_note(note).text
    line = write_signatures([WITNESS.state_time(text, 1679315147)])
    name, raw = line.removeprefix("\u2014 ").removesuffix("\n").split(" ")
    read = base64.b64decode(raw)
    assert name == WITNESS.name
    assert read[:4] == sha256(name.encode() + b"\n\x04" + WITNESS.public.raw).digest()[:4]
    assert int.from_bytes(read[4:12], "big") == 1679315147
    assert len(read) == 4 + 8 + 64
    message = f"cosignature/v1\ntime 1679315147\n{text}".encode()
    Ed25519PublicKey.from_public_bytes(WITNESS.public.raw).verify(read[12:], message)


def test_a_cosigners_key_is_read_in_both_forms_in_use() -> None:
    """As a cosigner's, which is what we print, and as the plain key that Go's libraries make one of."""
    assert parse_cosigner_key(WITNESS.public.cosigner_text) == WITNESS.public
    assert parse_cosigner_key(WITNESS.public.text) == WITNESS.public
    assert base64.b64decode(WITNESS.public.cosigner_text.split("+", 2)[2])[0] == 4
    with pytest.raises(NoteError):
        parse_public_key(WITNESS.public.cosigner_text)
    with pytest.raises(NoteError, match="damaged"):
        parse_cosigner_key(WITNESS.public.cosigner_text.replace("witness-1", "witness-2"))


def test_a_cosignature_counts_as_it_was_made() -> None:
    """The lines of a key are returned; one that was changed is an error, and those of others are passed over."""
    note = parse_note(LONG.note(7))
    mine, others = WITNESS.state_time(note.text, 5), WITNESS_KEYS[1].state_time(note.text, 6)
    read = parse_note(write_note(note.text, [*note.signatures, mine, others]))
    assert WITNESS.public.cosignatures(read) == [mine]
    assert WITNESS.public.stated_time(read) == 5
    moved = SignedNote(LONG.checkpoint(8).text, read.signatures)
    with pytest.raises(NoteError):
        WITNESS.public.cosignatures(moved)


def test_no_time_is_later_than_the_last() -> None:
    """A time of 2^63 or more is none, whoever signed it."""
    text = LONG.checkpoint(3).text
    read = parse_note(write_note(text, [WITNESS.state_time(text, 1 << 63)]))
    with pytest.raises(NoteError):
        WITNESS.public.cosignatures(read)


def status(asked: AddCheckpoint, seen: int | None = None) -> int:
    """What is answered, by a witness that has cosigned a size of the first history, or nothing."""
    try:
        new = authentic(asked, LOGS)
        check_follows(asked, new, None if seen is None else LONG.checkpoint(seen))
    except NotCosigned as refusal:
        return refusal.status
    return 200


@pytest.mark.parametrize(
    ("asked", "seen", "expected"),
    [
        (AddCheckpoint(0, (), LONG.note(0)), None, 200),
        (AddCheckpoint(0, (), LONG.note(9)), None, 200),
        (AddCheckpoint(0, (), LONG.note(9)), 0, 200),
        (AddCheckpoint(7, LONG.proof(7, 9), LONG.note(9)), 7, 200),
        (AddCheckpoint(9, (), LONG.note(9)), 9, 200),
        (AddCheckpoint(9, (), LONG.note(9, LOG_KEY, WITNESS)), 9, 200),
        (AddCheckpoint(0, (), "nonsense"), None, 400),
        (AddCheckpoint(10, (), LONG.note(9)), 10, 400),
        (AddCheckpoint(0, (), LONG.note(9, PrivateKey(LOG_KEY.name, bytes(32)))), None, 403),
        (AddCheckpoint(0, (), LONG.note(9).replace(LOG_KEY.name, "another-log")), None, 404),
        (AddCheckpoint(0, (), LONG.note(9)), 7, 409),
        (AddCheckpoint(7, LONG.proof(7, 9), LONG.note(9)), None, 409),
        (AddCheckpoint(7, LONG.proof(7, 9), LONG.note(9)), 8, 409),
        (AddCheckpoint(9, (), LONG.note(9)), 12, 409),
        (AddCheckpoint(30, (), FORKED.note(30)), 30, 409),
        (AddCheckpoint(0, (bytes(32),), LONG.note(9)), None, 422),
        (AddCheckpoint(9, (bytes(32),), LONG.note(9)), 9, 422),
        (AddCheckpoint(7, (), LONG.note(9)), 7, 422),
        (AddCheckpoint(7, LONG.proof(6, 9), LONG.note(9)), 7, 422),
        (AddCheckpoint(30, FORKED.proof(30, 40), FORKED.note(40)), 30, 422),
    ],
)
def test_each_answer_of_the_specification(asked: AddCheckpoint, seen: int | None, expected: int) -> None:
    """Cosigned, malformed, unknown key, unknown log, another size, not proven: each has its status."""
    assert status(asked, seen) == expected


def test_a_tree_of_no_entries_has_one_root() -> None:
    """A witness that knows nothing cosigns no empty tree with another root."""
    other = sign_checkpoint(Checkpoint(LOG_KEY.name, 0, bytes(32)), [LOG_KEY], 1)
    assert status(AddCheckpoint(0, (), other)) == 409


def test_only_two_trees_of_one_size_are_called_a_fork() -> None:
    """A proof that does not hold may be anybody's; two roots of one size are the log's own word against itself."""
    for asked, forked in (
        (AddCheckpoint(30, (), FORKED.note(30)), True),
        (AddCheckpoint(29, (), FORKED.note(30)), False),
        (AddCheckpoint(30, FORKED.proof(30, 40), FORKED.note(40)), False),
    ):
        with pytest.raises(NotCosigned) as refusal:
            check_follows(asked, authentic(asked, LOGS), LONG.checkpoint(30))
        assert refusal.value.forked is forked
