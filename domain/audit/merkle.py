"""The Merkle tree of RFC 6962 and 9162: hashes, proofs, and the check of proofs. Hashes are 32 bytes of SHA-256.

A complete subtree has a level and an index: (0, 5) is leaf 5, (3, 2) stands over the leaves 16 to 23. The tree over any
range of leaves that begins where a subtree of its size may begin is a fold of complete subtrees, so that whoever can
look these up can prove everything.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import TypeAlias

SIZE = 32
EMPTY = sha256(b"").digest()
"""The root of a tree without leaves."""

Node: TypeAlias = tuple[int, int]
"""A complete subtree: its level, and its index on that level."""
Range: TypeAlias = tuple[int, int]
"""Leaves from the first one up to, and without, the second."""
Lookup: TypeAlias = Callable[[Node], bytes]


def leaf_hash(leaf: bytes) -> bytes:
    """Hash a leaf."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into the one above them."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """A tree that only grows: it keeps the roots of the complete subtrees that it is made of, at most 64."""

    def __init__(self, roots: Sequence[bytes] = (), size: int = 0) -> None:
        if size.bit_count() != len(roots):
            raise ValueError(f"a tree of {size} leaves is made of {size.bit_count()} complete subtrees")
        self._roots: list[bytes] = list(roots)
        self.size: int = size

    def append(self, root: bytes, level: int = 0) -> None:
        """Add the hash of the next leaf, or the root of the next complete subtree of a level."""
        size, roots, hashed = self.size >> level, self._roots, root
        while size & 1:
            hashed = node_hash(roots.pop(), hashed)
            size >>= 1
        roots.append(hashed)
        self.size += 1 << level

    def root(self) -> bytes:
        """Return the root of the tree as it is now."""
        return fold(self._roots)


def fold(roots: Sequence[bytes]) -> bytes:
    """Join complete subtrees, from left to right ever smaller, into one tree."""
    if not roots:
        return EMPTY
    hashed = roots[-1]
    for left in reversed(roots[:-1]):
        hashed = node_hash(left, hashed)
    return hashed


def complete_subtrees(first: int, leaves: Sequence[bytes]) -> list[tuple[int, bytes]]:
    """Return the largest complete subtrees that leaf hashes from an index on make, each as its level and root."""
    found: list[tuple[int, bytes]] = []
    for index, leaf in enumerate(leaves, first):
        level, hashed = 0, leaf
        while index >> level & 1 and found and found[-1][0] == level:
            hashed = node_hash(found.pop()[1], hashed)
            level += 1
        found.append((level, hashed))
    return found


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    tree = Frontier()
    for each in leaves:
        tree.append(each)
    return tree.root()


def subtrees(first: int, end: int) -> list[Node]:
    """Name the complete subtrees that a range is made of, from left to right."""
    found: list[Node] = []
    while first < end:
        level = (end - first).bit_length() - 1
        if first & ((1 << level) - 1):
            raise ValueError(f"no tree stands over the leaves {first} to {end - 1}")
        found.append((level, first >> level))
        first += 1 << level
    return found


def inclusion(index: int, size: int) -> list[Range]:
    """Name the ranges whose roots prove that a leaf is in a tree of this size, in the order of the proof (2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    path: list[Range] = []
    first, end = 0, size
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((first, middle))
            first = middle
    return path[::-1]


def consistency(old: int, new: int) -> list[Range]:
    """Name the ranges whose roots prove that a tree grew from one size to another (2.1.4.1)."""
    if not 0 < old <= new:
        raise ValueError(f"no proof leads from a tree of {old} leaves to one of {new}")
    path: list[Range] = []
    first, end = 0, new
    while old != end:
        middle = first + _split(end - first)
        if old <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((first, middle))
            first = middle
    # The old tree's own root is known to whoever checks, where it is one complete subtree from the first leaf on.
    return ([] if first == 0 else [(first, end)]) + path[::-1]


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def prove(ranges: Sequence[Range], lookup: Lookup) -> list[bytes]:
    """Return the roots of ranges, from a lookup of complete subtrees."""
    return [fold([lookup(node) for node in subtrees(*each)]) for each in ranges]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Return whether a leaf's hash stands at this index of the tree with this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes(leaf, root, *proof):
        return False
    fn, sn, hashed = index, size - 1, leaf
    for each in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            hashed = node_hash(each, hashed)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            hashed = node_hash(hashed, each)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and hashed == root


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Return whether the new tree holds the old one unchanged (RFC 9162, 2.1.4.2); never for an empty one."""
    if not 0 < old <= new or not _are_hashes(old_root, new_root, *proof):
        return False
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    before = after = path[0]
    for each in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            before, after = node_hash(each, before), node_hash(each, after)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            after = node_hash(after, each)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and before == old_root and after == new_root


def _are_hashes(*hashes: bytes) -> bool:
    return all(len(each) == SIZE for each in hashes)
