"""The export: the whole log up to a checkpoint, with everything that is needed to check it without us."""

from collections.abc import AsyncGenerator

from astrolabe.domain.audit.checkpoint_line import checkpoint_line
from astrolabe.domain.audit.leaf import Row
from astrolabe.domain.audit.tiles import WIDTH
from astrolabe.store.audit.checkpoints import Checkpoints, Signed
from astrolabe.store.audit.tree import Tree

MOST = WIDTH * 64
"""How many entries' checkpoints are looked up at once."""


async def export_lines(tree: Tree, checkpoints: Checkpoints, last: Signed) -> AsyncGenerator[bytes]:
    """Return the lines of the leaves, each checkpoint behind the leaves it stands over, and the last one at the end."""
    for first in range(0, last.size, MOST):
        end = min(last.size, first + MOST)
        signed = dict(await checkpoints.between(first + 1, end + 1))
        position = first
        async for leaf, _ in tree.leaves(first, end):
            yield leaf + b"\n"
            position += 1
            if position != last.size and (note := signed.get(position)):
                yield checkpoint_line(note) + b"\n"
    yield checkpoint_line(last.note) + b"\n"


async def export_rows(tree: Tree, last: Signed) -> AsyncGenerator[Row]:
    """Return what is stored of each event up to a checkpoint."""
    async for _, row in tree.leaves(0, last.size):
        yield row
