"""The check of a long export: its lines are checked in blocks, on all cores, and joined in their order."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from msgspec import Struct

from astrolabe.cli.verifying import take_lines
from astrolabe.domain.audit.block import LONGEST_LINE, Block, block_of
from astrolabe.domain.audit.leaves import Published, nothing_published
from astrolabe.domain.audit.note import PublicKey
from astrolabe.domain.audit.verification import KeptCheckpoint, Verification, VerifiedExport
from astrolabe.domain.audit.witness_policy import NO_WITNESSES, WitnessPolicy
from astrolabe.store.processes import Processes, cores

FEW: Final = 50_000_000
"""Up to how many bytes, about 100,000 events, one process checks alone, for starting others takes as long."""

BLOCK: Final = 4_000_000
"""How many bytes are one piece of work: some thousand events, most of which follow another of their stream there."""

MOST: Final = 8
"""How many processes check at most: to join what they have checked takes one process a fifth of their time or less."""

Piece: TypeAlias = range
"""The lines that begin at these bytes of a file."""


class Checked(Struct, frozen=True):
    """Lines that hold in themselves, and where in the file they end."""

    end: int
    block: Block


def verify_on_all_cores(
    stream: BinaryIO,
    file: Path,
    keys: Sequence[PublicKey],
    published: Published = nothing_published,
    report: Callable[[], None] = lambda: None,
    *,
    kept: Sequence[KeptCheckpoint] = (),
    policy: WitnessPolicy = NO_WITNESSES,
    few: int = FEW,
    size: int = BLOCK,
) -> VerifiedExport:
    """Check an export as `verify_export` does, with the same result, from a stream at the beginning of a file.

    Processes read the file themselves, and each is given what was published, so that must be picklable. Raises
    VerificationFailed, and StoreError where a process died.
    """
    verification = Verification(keys, kept, published, policy)
    length = file.stat().st_size
    if cores() > 1 and length > few:
        pieces = cut(length, size)
        processes = Processes(partial(check_lines, file.resolve(), published), min(cores(), MOST, len(pieces)))
        with asyncio.Runner() as runner:
            runner.run(_join_all(stream, verification, processes, pieces, report))
    take_lines(stream, verification, report)
    return verification.end()


def cut(length: int, size: int) -> list[Piece]:
    """Cut so many bytes into pieces of a size."""
    return [range(first, min(first + size, length)) for first in range(0, length, size)]


def check_lines(file: Path, published: Published, piece: Piece) -> Checked | None:
    """Check lines of a file; return None where one does not hold, or where they cannot be read."""
    try:
        with file.open("rb") as stream:
            if piece.start:
                stream.seek(piece.start - 1)
                stream.readline(LONGEST_LINE)
            block = block_of(_lines(stream, piece.stop), published)
            return None if block is None else Checked(stream.tell(), block)
    except OSError:
        return None


def join_lines(stream: BinaryIO, verification: Verification, piece: Piece, found: Checked | None) -> None:
    """Take the lines of the next piece of a stream, as they were checked; raises VerificationFailed."""
    if found and verification.join(found.block):
        stream.seek(found.end)
    else:
        # Nothing of it was taken; line by line, the first that does not hold is named as one process names it.
        take_lines(BytesIO(_lines(stream, piece.stop)), verification)


async def _join_all(
    stream: BinaryIO,
    verification: Verification,
    processes: Processes[Piece, Checked | None],
    pieces: Sequence[Piece],
    report: Callable[[], None],
) -> None:
    left = iter(pieces)
    async with processes, aclosing(processes.in_order(pieces)) as results:
        async for found in results:
            join_lines(stream, verification, next(left), found)
            report()


def _lines(stream: BinaryIO, end: int) -> bytes:
    """Read the lines that begin before an end."""
    lines = stream.read(max(0, end - stream.tell()))
    return lines + stream.readline(LONGEST_LINE) if lines and not lines.endswith(b"\n") else lines
