from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astrolabe.domain.audit.merkle import (
    EMPTY,
    Frontier,
    complete_subtrees,
    consistency,
    fold,
    inclusion,
    leaf_hash,
    node_hash,
    prove,
    root_of,
    subtrees,
    verify_consistency,
    verify_inclusion,
)

# The inputs and roots that certificate transparency's implementations have always been tested with.
INPUTS = [
    bytes.fromhex(each)
    for each in (
        *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
}
CONSISTENCY = {
    (1, 8): INCLUSION[0, 8],
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
}
LEAVES = [leaf_hash(each) for each in INPUTS]
sizes = st.integers(1, 300)


def hashes(many: int) -> list[bytes]:
    """Make distinct leaf hashes."""
    return [leaf_hash(nth.to_bytes(4, "big")) for nth in range(many)]


def proof_of(ranges: Sequence[tuple[int, int]], leaves: Sequence[bytes]) -> list[bytes]:
    """Make a proof from all leaves."""
    return prove(ranges, lambda node: root_of(leaves[node[1] << node[0] : (node[1] + 1) << node[0]]))


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """The definition of the RFC, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node_hash(plain_root(leaves[:half]), plain_root(leaves[half:]))


@pytest.mark.parametrize("size", range(1, 9))
def test_the_known_roots(size: int) -> None:
    """The trees over the known inputs have the known roots."""
    assert root_of(LEAVES[:size]).hex() == ROOTS[size - 1]


def test_the_empty_tree() -> None:
    """A tree without leaves has the hash of nothing."""
    assert root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" == EMPTY.hex()
    assert fold([]) == EMPTY


@pytest.mark.parametrize("case", INCLUSION)
def test_the_known_inclusion_proofs(case: tuple[int, int]) -> None:
    """Proofs are the known ones to the byte."""
    index, size = case
    proof = proof_of(inclusion(index, size), LEAVES)
    assert tuple(each.hex() for each in proof) == INCLUSION[case]
    assert verify_inclusion(LEAVES[index], index, size, proof, bytes.fromhex(ROOTS[size - 1]))


@pytest.mark.parametrize("case", CONSISTENCY)
def test_the_known_consistency_proofs(case: tuple[int, int]) -> None:
    """Proofs are the known ones to the byte."""
    old, new = case
    proof = proof_of(consistency(old, new), LEAVES)
    assert tuple(each.hex() for each in proof) == CONSISTENCY[case]
    assert verify_consistency(old, new, proof, bytes.fromhex(ROOTS[old - 1]), bytes.fromhex(ROOTS[new - 1]))


def test_what_must_be_rejected() -> None:
    """From nothing nothing follows: an empty old tree, an empty root, a size or an index that cannot be."""
    root = bytes.fromhex(ROOTS[7])
    assert not verify_consistency(0, 8, [], EMPTY, root)
    assert not verify_consistency(0, 0, [], EMPTY, EMPTY)
    assert not verify_consistency(8, 8, [], b"", b"")
    assert not verify_consistency(8, 8, [root], root, root)
    assert not verify_consistency(8, 7, [], root, root)
    assert not verify_consistency(6, 8, [], root, root)
    assert not verify_inclusion(b"", 0, 1, [], b"")
    assert not verify_inclusion(LEAVES[0], 0, 0, [], LEAVES[0])
    assert not verify_inclusion(LEAVES[0], 1, 1, [], LEAVES[0])
    assert not verify_inclusion(LEAVES[0], -1, 1, [], LEAVES[0])
    for impossible in ((0, 8), (9, 8), (-1, 8)):
        with pytest.raises(ValueError, match="no proof"):
            consistency(*impossible)
    for impossible in ((8, 8), (-1, 8)):
        with pytest.raises(ValueError, match="no leaf"):
            inclusion(*impossible)
    with pytest.raises(ValueError, match="no tree"):
        subtrees(1, 4)


@given(sizes)
def test_the_frontier_is_the_tree(size: int) -> None:
    """What is folded from subtrees as leaves come is what the definition says."""
    leaves, tree = hashes(size), Frontier()
    for each in leaves:
        tree.append(each)
    assert tree.root() == plain_root(leaves)


@given(sizes, st.data())
def test_every_inclusion_proof_verifies_and_no_changed_one(size: int, data: st.DataObject) -> None:
    """A proof holds for its leaf, index, size and root, and for nothing that differs from them by one bit."""
    leaves, index = hashes(size), data.draw(st.integers(0, size - 1))
    proof, root = proof_of(inclusion(index, size), leaves), root_of(leaves)
    assert verify_inclusion(leaves[index], index, size, proof, root)
    told = [leaves[index], *proof, root]
    which, bit = data.draw(st.integers(0, len(told) - 1)), data.draw(st.integers(0, 255))
    told[which] = flipped(told[which], bit)
    assert not verify_inclusion(told[0], index, size, told[1:-1], told[-1])
    assert not verify_inclusion(leaves[index], index, size, [*proof, root], root)
    assert not verify_inclusion(leaves[index], index, size, proof[1:], root) or not proof
    other = data.draw(st.integers(0, size - 1))
    assert other == index or not verify_inclusion(leaves[index], other, size, proof, root)


@given(sizes, st.data())
def test_every_consistency_proof_verifies_and_no_changed_one(new: int, data: st.DataObject) -> None:
    """A proof holds for its two trees, and for nothing that differs from them by one bit."""
    leaves, old = hashes(new), data.draw(st.integers(1, new))
    proof, before, after = proof_of(consistency(old, new), leaves), root_of(leaves[:old]), root_of(leaves)
    assert verify_consistency(old, new, proof, before, after)
    told = [before, *proof, after]
    which, bit = data.draw(st.integers(0, len(told) - 1)), data.draw(st.integers(0, 255))
    told[which] = flipped(told[which], bit)
    assert not verify_consistency(old, new, told[1:-1], told[0], told[-1])
    assert not verify_consistency(old, new, [*proof, after], before, after)
    assert not verify_consistency(old, new, proof[:-1], before, after) or not proof


def flipped(text: bytes, bit: int) -> bytes:
    """Change one bit."""
    return bytes(each ^ (1 << bit % 8 if at == bit // 8 else 0) for at, each in enumerate(text))


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_tree_grows_by_subtrees_as_it_grows_by_leaves(first: int, many: int) -> None:
    """Wherever a run of leaves begins and ends; and its subtrees are few."""
    leaves = [leaf_hash(bytes([at % 256, at // 256])) for at in range(first + many)]
    tree = Frontier()
    for leaf in leaves[:first]:
        tree.append(leaf)
    subtrees_of_run = complete_subtrees(first, leaves[first:])
    for level, root in subtrees_of_run:
        tree.append(root, level)
    assert (tree.size, tree.root()) == (first + many, root_of(leaves))
    assert len(subtrees_of_run) <= 2 * many.bit_length()
