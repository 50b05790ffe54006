"""Tiles: the tree cut into files of at most 256 hashes, and what their names are (C2SP tlog-tiles)."""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from astrolabe.domain.audit.merkle import SIZE, Node, node_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT
"""How many hashes a full tile has."""

_PATH = re.compile(
    r"tile/(?P<level>entries|[0-9]|[1-5][0-9]|6[0-3])/(?P<index>(x[0-9]{3}/)*[0-9]{3})(\.p/(?P<width>[1-9][0-9]{0,2}))?"
)
_LONGEST_INDEX = 15


class Tile(Struct, frozen=True):
    """One tile; level None is the bundle of entries beside a tile of level 0."""

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it lies below the log's folder."""
        level = "entries" if self.level is None else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_number(self.index)}{partial}"

    @property
    def first(self) -> int:
        """The index of its first hash on its level."""
        return self.index * WIDTH


def _number(index: int) -> str:
    parts = [f"{index % 1000:03}"]
    while index := index // 1000:
        parts.append(f"x{index % 1000:03}")
    return "/".join(reversed(parts))


def parse_path(path: str) -> Tile | None:
    """Read a tile's name; None where it is none, or not the one way to write it."""
    found = _PATH.fullmatch(path)
    if not found or len(found["index"]) > _LONGEST_INDEX:
        return None
    level = None if found["level"] == "entries" else int(found["level"])
    width = int(found["width"] or WIDTH)
    tile = Tile(level, int(found["index"].replace("x", "").replace("/", "")), width)
    return tile if tile.path == path and width <= WIDTH else None


def width_at(level: int | None, index: int, size: int) -> int:
    """Return how many hashes a tile has in a tree of this size; 0 where it is not there."""
    hashes = size >> (HEIGHT * (level or 0))
    return max(0, min(WIDTH, hashes - index * WIDTH))


def tiles_between(old: int, new: int) -> Iterator[Tile]:
    """Name every tile that a tree has at its new size and had not, or not as wide, at its old one."""
    level = 0
    while new >> (HEIGHT * level):
        before, after = old >> (HEIGHT * level), new >> (HEIGHT * level)
        if before < after:
            for index in range(before // WIDTH, (after + WIDTH - 1) // WIDTH):
                width = width_at(level, index, new)
                yield Tile(level, index, width)
                if level == 0:
                    yield Tile(None, index, width)
        level += 1


def home(node: Node) -> tuple[Tile, int]:
    """Find the smallest tile that holds a complete subtree's hashes, and where in it they begin."""
    level, index = node
    height = level % HEIGHT
    first = index << height
    begin = first % WIDTH
    return Tile(level // HEIGHT, first // WIDTH, begin + (1 << height)), begin


def hashes_of(tile: bytes) -> list[bytes]:
    """Cut a tile into its hashes."""
    return [tile[at : at + SIZE] for at in range(0, len(tile), SIZE)]


def complete(hashes: Sequence[bytes]) -> bytes:
    """Return the root over a power of two of hashes."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def bundle(entries: Sequence[bytes]) -> bytes:
    """Join entries, each behind its length in two bytes."""
    return b"".join(len(each).to_bytes(2, "big") + each for each in entries)
