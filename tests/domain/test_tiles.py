import pytest
from hypothesis import given
from hypothesis import strategies as st

from astrolabe.domain.audit.merkle import root_of
from astrolabe.domain.audit.tiles import WIDTH, Tile, bundle, complete, home, parse_path, tiles_between, width_at
from tests.domain.test_merkle import hashes

PATHS = {
    Tile(0, 0): "tile/0/000",
    Tile(0, 1234067): "tile/0/x001/x234/067",
    Tile(1, 0, 5): "tile/1/000.p/5",
    Tile(None, 70000, 112): "tile/entries/x070/000.p/112",
    Tile(63, 999): "tile/63/999",
}


@pytest.mark.parametrize("tile", PATHS)
def test_a_tile_has_one_path(tile: Tile) -> None:
    """The path is that of the specification, and leads back to the tile."""
    assert tile.path == PATHS[tile]
    assert parse_path(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        *("tile/0/0", "tile/0/001/000", "tile/0/x000/001", "tile/64/000", "tile/00/000", "tile/0/000.p/0"),
        *("tile/0/000.p/256", "tile/0/000.p/257", "tile/0/000.p/01", "tile/0/../000", "tile/0/000\n", "checkpoint", ""),
        "tile/0/" + "x001/" * 400 + "000",
    ],
)
def test_no_other_path_is_one(path: str) -> None:
    """What is not the one way to write a tile's path is none."""
    assert parse_path(path) is None


@given(st.integers(0, 200_000), st.integers(0, 200_000))
def test_what_is_new_is_what_differs(one: int, other: int) -> None:
    """Between two sizes exactly those tiles are named that are wider at the new size, each as wide as it is there."""
    old, new = sorted((one, other))
    named = list(tiles_between(old, new))
    assert len(set(named)) == len(named)
    for tile in named:
        assert tile.width == width_at(tile.level, tile.index, new) > width_at(tile.level, tile.index, old)
    last = (new - 1) // WIDTH
    if old < new:
        assert {Tile(0, last, new - last * WIDTH), Tile(None, last, new - last * WIDTH)} <= set(named)


def test_a_subtree_is_found_in_its_tile() -> None:
    """Level 3 index 33 stands over the leaves 264 to 271, the second tile's from the 8th to the 15th."""
    assert home((3, 33)) == (Tile(0, 1, 16), 8)
    assert home((8, 3)) == (Tile(1, 0, 4), 3)
    assert complete(hashes(8)) == root_of(hashes(8))


def test_a_bundle_holds_each_entry_behind_its_length() -> None:
    """Two bytes of length, then the entry."""
    assert bundle([b"ab", b"", b"c" * 300]) == b"\x00\x02ab\x00\x00\x01\x2c" + b"c" * 300
