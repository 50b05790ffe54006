"""Evidence: one archive that proves what happened in an upgrade, and nothing in it that is not proved."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Literal

import msgspec
from msgspec import Struct

from astrolabe.domain.audit.checkpoint import Proven, open_checkpoint
from astrolabe.domain.audit.leaf import UNREADABLE, Line, body, chain_of, head_of, leaf_of
from astrolabe.domain.audit.merkle import leaf_hash, verify_inclusion
from astrolabe.domain.audit.note import NoteError, PublicKey, parse_note
from astrolabe.domain.audit.verification_failed import VerificationFailed
from astrolabe.domain.audit.witness_policy import NO_WITNESSES, WitnessPolicy

EVENTS, CHECKPOINT, PROOFS, SUMMARY, README = "events.jsonl", "checkpoint", "proofs.json", "summary.json", "README.txt"
MEMBERS = (README, SUMMARY, EVENTS, PROOFS, CHECKPOINT)
HASHES = frozenset({"integrity", "sha256", "digest", "output", "plan_sha256"})
"""What an event's fields are named that hold a hash of something outside the log."""

README_TEXT = """\
Evidence of one upgrade, from the log of Astrolabe.

events.jsonl  the instance's events from the upgrade's first to its last, each the exact bytes of a leaf of the tree
proofs.json   for each of them the RFC 9162 inclusion proof, base64 of SHA-256 hashes, towards the checkpoint
checkpoint    the signed checkpoint (C2SP tlog-checkpoint, signed-note)
summary.json  the plan, notes and hashes that these events hold, drawn together for reading; nothing else is in it

Check it with:  astrolabe audit verify THIS.zip --key PUBLIC_KEY
"""

_lines = msgspec.json.Decoder(Line)


class Proofs(Struct, frozen=True, forbid_unknown_fields=True):
    """Inclusion proofs by position, which upgrade they are of, and the SHA-256 of the checkpoint that they lead to."""

    upgrade_id: str
    size: int
    inclusion: dict[str, list[str]]
    checkpoint_sha256: str
    format: Literal[1] = 1


def make_evidence(
    upgrade_id: str, leaves: Sequence[bytes], proofs: Mapping[int, Sequence[bytes]], size: int, note: bytes
) -> dict[str, bytes]:
    """Return the members of the archive."""
    encoded = {str(at): [base64.b64encode(each).decode() for each in proof] for at, proof in proofs.items()}
    return {
        README: README_TEXT.encode(),
        SUMMARY: _summary(upgrade_id, leaves),
        EVENTS: b"".join(leaf + b"\n" for leaf in leaves),
        PROOFS: msgspec.json.encode(Proofs(upgrade_id, size, encoded, sha256(note).hexdigest()), order="sorted"),
        CHECKPOINT: note,
    }


def _summary(upgrade_id: str, leaves: Sequence[bytes]) -> bytes:
    summary: dict[str, Any] = {"upgrade_id": upgrade_id, "plan": None, "notes": [], "hashes": [], "events": []}
    for leaf in leaves:
        line = msgspec.json.decode(leaf)
        position, data = line["position"], line["entry"]["data"]
        summary["events"].append(
            {"position": position, "type": data["type"]} | {key: line["entry"][key] for key in ("actor", "reason")}
        )
        if data.get("plan"):
            summary["plan"] = data["plan"]
        for path, value in _walk(data):
            if path[-1] in HASHES and isinstance(value, str):
                summary["hashes"].append({"position": position, "of": ".".join(path), "hash": value})
            if path[-1] == "notes" and value:
                summary["notes"].append({"position": position, "notes": value})
    return msgspec.json.format(msgspec.json.encode(summary, order="sorted"), indent=2)


def _walk(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in pairs:
        here = (*path, str(key))
        yield here, each
        yield from _walk(each, here)


class Evidence(Struct, frozen=True):
    """What an archive proves."""

    upgrade_id: str
    positions: tuple[int, ...]
    proven: Proven
    seen: Mapping[str, int] = {}
    """When each witness of the policy cosigned the checkpoint, in seconds since 1970."""


def verify_members(
    members: Mapping[str, bytes], keys: Sequence[PublicKey], policy: WitnessPolicy = NO_WITNESSES
) -> Evidence:
    """Check an archive's members; raises VerificationFailed, with the position, where one does not hold."""
    if set(members) != set(MEMBERS):
        raise VerificationFailed(0, f"the archive must hold {', '.join(MEMBERS)}, and nothing else")
    leaves = members[EVENTS].removesuffix(b"\n").split(b"\n")
    lines = [_line(leaf) for leaf in leaves]
    first, last = lines[0].position, lines[-1].position
    try:
        proven = open_checkpoint(members[CHECKPOINT].decode(), keys)
        seen = policy.require(parse_note(members[CHECKPOINT].decode()))
        stated = msgspec.json.decode(members[PROOFS], type=Proofs)
        proofs = {int(at): [base64.b64decode(each) for each in proof] for at, proof in stated.inclusion.items()}
    except (*UNREADABLE, NoteError, ValueError) as error:
        raise VerificationFailed(first, f"checkpoint or proofs do not hold: {error}", last) from None
    size, root = proven.checkpoint.size, proven.checkpoint.root
    for line, leaf in zip(lines, leaves, strict=True):
        if not verify_inclusion(leaf_hash(leaf), line.position, size, proofs.get(line.position, []), root):
            raise VerificationFailed(line.position, "the event is not in the signed tree")
    _check_chain(lines, leaves)
    # All else follows from what was just checked, so that it is made again and compared.
    if members != make_evidence(stated.upgrade_id, leaves, proofs, size, members[CHECKPOINT]):
        raise VerificationFailed(first, f"{README}, {SUMMARY} or {PROOFS} says what the events do not", last)
    if stated.upgrade_id.encode() not in members[EVENTS]:
        raise VerificationFailed(first, f"the events hold nothing of upgrade {stated.upgrade_id}", last)
    return Evidence(stated.upgrade_id, tuple(line.position for line in lines), proven, seen)


def _line(leaf: bytes) -> Line:
    try:
        return _lines.decode(leaf)
    except UNREADABLE as error:
        raise VerificationFailed(0, f"{EVENTS} holds a line that is no event ({error})") from None


def _check_chain(lines: Sequence[Line], leaves: Sequence[bytes]) -> None:
    for before, line, leaf in zip(lines, lines[1:], leaves[1:], strict=False):
        one, other = head_of(bytes(before.entry)), head_of(bytes(line.entry))
        rest = body(bytes(line.entry), line.position, line.recorded_at)
        follows = one and other and (one.stream, one.version + 1) == (other.stream, other.version)
        if not follows or leaf_of(chain_of(bytes.fromhex(before.chain), rest), rest) != leaf:
            raise VerificationFailed(line.position, "it does not follow the event before it here: one was left out")
