"""The check of an evidence archive's file."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

from astrolabe.cli.failure import CommandError
from astrolabe.cli.verifying import moment
from astrolabe.domain.audit.evidence import MEMBERS, verify_members
from astrolabe.domain.audit.note import PublicKey
from astrolabe.domain.audit.verification import VerificationFailed

LARGEST = 1 << 28
"""How many bytes an archive may hold when unpacked."""


def verify_evidence(file: Path, keys: Sequence[PublicKey]) -> str:
    """Check an archive, and return what it proves; raises VerificationFailed where it does not hold."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if len(names) != len(MEMBERS) or sum(each.file_size for each in archive.infolist()) > LARGEST:
                raise VerificationFailed(0, f"the archive must hold {', '.join(MEMBERS)}, and nothing else")
            members = {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise CommandError(f"{file}: the archive is damaged: {error}") from None
    found = verify_members(members, keys)
    return (
        f"HOLDS: {len(found.positions):,} events of upgrade {found.upgrade_id}, at the positions {found.positions[0]} "
        f"to {found.positions[-1]}, are in the log {found.proven.checkpoint.origin} as of its checkpoint over "
        f"{found.proven.checkpoint.size:,} events{moment(found.proven)}."
    )
