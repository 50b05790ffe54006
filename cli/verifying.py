"""The check of an export's file, line by line."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from astrolabe.domain.audit.block import LONGEST_LINE
from astrolabe.domain.audit.checkpoint import Checkpoint, Proven
from astrolabe.domain.audit.leaves import Published, nothing_published
from astrolabe.domain.audit.merkle import SIZE
from astrolabe.domain.audit.note import PublicKey
from astrolabe.domain.audit.tiles import WIDTH, Tile
from astrolabe.domain.audit.verification import KeptCheckpoint, Verification, VerifiedExport
from astrolabe.domain.audit.verification_failed import VerificationFailed
from astrolabe.domain.audit.witness_policy import NO_WITNESSES, WitnessPolicy

REPORT_EVERY = 5_000


class PublishedTiles:
    """The leaf hashes in an auditor's copy of the published folder."""

    def __init__(self, folder: Path) -> None:
        self._folder: Path = folder
        self._index: int = -1
        self._tile: bytes = b""

    def __call__(self, position: int) -> bytes | None:
        """Return the hash that was published for a position; None where none was kept."""
        index, at = divmod(position, WIDTH)
        if index != self._index:
            self._index, self._tile = index, self._read(index)
        return self._tile[at * SIZE : (at + 1) * SIZE] or None

    def _read(self, index: int) -> bytes:
        full = self._folder / Tile(0, index).path
        partial_tiles = full.with_name(f"{full.name}.p")
        widths = sorted(int(each.name) for each in partial_tiles.glob("*") if each.name.isdigit())
        for path in (full, *(partial_tiles / str(width) for width in reversed(widths))):
            if path.is_file():
                return path.read_bytes()
        return b""


def verify_export(
    stream: BinaryIO,
    keys: Sequence[PublicKey],
    since: Checkpoint | None = None,
    published: Published = nothing_published,
    report: Callable[[], None] = lambda: None,
    *,
    kept: Sequence[KeptCheckpoint] = (),
    policy: WitnessPolicy = NO_WITNESSES,
) -> VerifiedExport:
    """Check an export to its end, in memory that grows with its streams only; raises VerificationFailed."""
    kept = [*kept, *([KeptCheckpoint(since)] if since else [])]
    verification = Verification(keys, kept, published, policy)
    take_lines(stream, verification, report)
    return verification.end()


def take_lines(stream: BinaryIO, verification: Verification, report: Callable[[], None] = lambda: None) -> None:
    """Take all lines of a stream one by one; raises VerificationFailed where one does not hold."""
    for number, line in enumerate(iter(partial(stream.readline, LONGEST_LINE), b"")):
        if not line.endswith(b"\n"):
            raise VerificationFailed(
                verification.size, "the file ends in the middle of a line, or holds one that is far too long"
            )
        verification.take(line[:-1])
        if number % REPORT_EVERY == 0:
            report()


def moment(proven: Proven) -> str:
    """Return when a checkpoint was signed, as the end of a sentence; empty where it does not say."""
    return "" if proven.time is None else f" of {at(proven.time)}"


def at(seconds: int) -> str:
    """Return a time in words; a cosigner may state one that no calendar has."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):
        return f"second {seconds}"


def witnessed(policy: WitnessPolicy, seen: Mapping[str, int]) -> str:
    """Return which witnesses of a policy saw a checkpoint, and when, as a sentence; empty where it names none."""
    if not policy.witnesses:
        return ""
    saw = ", ".join(f"{each.name} at {at(seen[each.name])}" for each in policy.witnesses if each.name in seen)
    missing = ", ".join(each.name for each in policy.witnesses if each.name not in seen)
    return f" Cosigned by {saw or 'nobody'}{f'; not by {missing}' if missing else ''}."
