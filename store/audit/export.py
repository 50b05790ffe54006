"""The export: the whole log up to a checkpoint, with everything that is needed to check it without us."""

from collections.abc import AsyncGenerator

from astrolabe.domain.audit.checkpoint_line import checkpoint_line
from astrolabe.domain.audit.leaf import Row
from astrolabe.domain.audit.tiles import WIDTH
from astrolabe.store.audit.checkpoints import Checkpoints, Signed
from astrolabe.store.audit.tree import Tree

MOST = WIDTH * 64
"""How many entries' checkpoints are looked up at once."""

CHUNK = 1 << 16
"""About how many bytes of an export are handed on at once."""


async def export_lines(tree: Tree, checkpoints: Checkpoints, last: Signed) -> AsyncGenerator[bytes]:
    """Return the lines of the leaves, each checkpoint behind the leaves it stands over, and the last one at the end.

    What comes at once are whole lines, as many as fill a chunk.
    """
    lines, signed, until = bytearray(), dict[int, str](), 0
    async for page in tree.pages(0, last.size):
        for leaf, row in page:
            if row.position >= until:
                first = row.position - row.position % MOST
                until = min(last.size, first + MOST)
                signed = dict(await checkpoints.between(first + 1, until + 1))
            lines += leaf + b"\n"
            size = row.position + 1
            if size != last.size and (note := signed.get(size)):
                lines += checkpoint_line(note) + b"\n"
            if len(lines) >= CHUNK:
                yield bytes(lines)
                lines.clear()
    yield bytes(lines) + checkpoint_line(last.note) + b"\n"


async def export_rows(tree: Tree, last: Signed) -> AsyncGenerator[Row]:
    """Return what is stored of each event up to a checkpoint."""
    async for page in tree.pages(0, last.size):
        for _, row in page:
            yield row
