"""The check of a file that proves one thing: an evidence archive, or a proof bundle."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from astrolabe.cli.failure import CommandError
from astrolabe.cli.verifying import moment, witnessed
from astrolabe.domain.audit.evidence import MEMBERS, verify_members
from astrolabe.domain.audit.leaf import UNREADABLE, Line, head_of
from astrolabe.domain.audit.note import NoteError, PublicKey, parse_note
from astrolabe.domain.audit.tlog_proof import LARGEST_BUNDLE, parse_tlog_proof
from astrolabe.domain.audit.verification_failed import VerificationFailed
from astrolabe.domain.audit.witness_policy import NO_WITNESSES, WitnessPolicy

LARGEST = 1 << 28
"""How many bytes an archive may hold when unpacked."""


def verify_evidence(file: Path, keys: Sequence[PublicKey], policy: WitnessPolicy = NO_WITNESSES) -> str:
    """Check an archive, and return what it proves; raises VerificationFailed where it does not hold."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if len(names) != len(MEMBERS) or sum(each.file_size for each in archive.infolist()) > LARGEST:
                raise VerificationFailed(0, f"the archive must hold {', '.join(MEMBERS)}, and nothing else")
            members = {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise CommandError(f"{file}: the archive is damaged: {error}") from None
    found = verify_members(members, keys, policy)
    return (
        f"HOLDS: {len(found.positions):,} events of upgrade {found.upgrade_id}, at the positions {found.positions[0]} "
        f"to {found.positions[-1]}, are in the log {found.proven.checkpoint.origin} as of its checkpoint over "
        f"{found.proven.checkpoint.size:,} events{moment(found.proven)}.{witnessed(policy, found.seen)}"
    )


def verify_proof(file: Path, keys: Sequence[PublicKey], policy: WitnessPolicy = NO_WITNESSES) -> str:
    """Check a proof bundle, and return what it proves; raises VerificationFailed where it does not hold."""
    index = 0
    try:
        with file.open("rb") as stream:
            found = parse_tlog_proof(stream.read(LARGEST_BUNDLE).decode())
        index = found.index
        proven = found.open(keys)
        seen = policy.require(parse_note(found.note))
        line = msgspec.json.decode(found.leaf, type=Line)
    except (NoteError, *UNREADABLE) as error:
        raise VerificationFailed(index, str(error)) from None
    head = head_of(bytes(line.entry))
    if line.position != index or head is None:
        raise VerificationFailed(index, "the line that is proven is not that of the event at this position")
    return (
        f"HOLDS: the event {head.data.type} at position {index}, version {head.version} of stream {head.stream}, is in "
        f"the log {proven.checkpoint.origin} as of its checkpoint over {proven.checkpoint.size:,} events"
        f"{moment(proven)}.{witnessed(policy, seen)}"
    )
