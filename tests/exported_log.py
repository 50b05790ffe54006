"""The export of a log that was made up: streams that grew in turns, with checkpoints of two keys between them."""

import random

import msgspec

from astrolabe.domain.audit.checkpoint import Checkpoint, sign_checkpoint
from astrolabe.domain.audit.checkpoint_line import checkpoint_line
from astrolabe.domain.audit.leaf import NO_CHAIN, body, chain_of, leaf_of
from astrolabe.domain.audit.merkle import Frontier, leaf_hash
from astrolabe.domain.audit.note import PrivateKey
from astrolabe.store.ids import new_id
from astrolabe.store.log.entry import encode, make_entry
from tests.store.stage import BY, said

KEY = PrivateKey("astrolabe-test", bytes(range(32)))
ANOTHER = PrivateKey("astrolabe-test", bytes(32))
TIME = "2026-01-31T12:00:00.000001Z"


class _Tag(msgspec.Struct):
    type: str


class _Head(msgspec.Struct):
    data: _Tag
    id: str
    stream: str
    version: int


class ExportedLog:
    """A log of streams that grew in turns, as its export has it: the lines, and what an auditor may have kept.

    Its maker may leave a version out, or put the longest entry there ever was behind the others, and sign that.
    """

    def __init__(self, events: int, *, left_out: int | None = None, longest: int = 0) -> None:
        chance = random.Random(events)  # noqa: S311  no secret
        self._ids: list[str] = [new_id() for _ in range(5)]
        self._heads: dict[str, tuple[int, bytes]] = {}
        self._tree: Frontier = Frontier()
        self.lines: list[bytes] = []
        self.hashes: list[bytes] = []
        self.checkpoints: dict[int, Checkpoint] = {}
        for at in range(events):
            self._add(chance.choice(self._ids), f"step {at} ä" + "." * chance.randrange(300), 1 + (at == left_out))
            if at % 9 == 8:
                # Every other one is signed by a key that nobody gave to whoever checks.
                self._sign(ANOTHER if at % 2 else KEY)
        if longest:
            self._add_longest(longest)
        self._sign(KEY)

    def _add(self, stream: str, message: str, step: int) -> None:
        version = self._heads.get(stream, (0, NO_CHAIN))[0] + step
        self._put(stream, version, encode(make_entry(stream, version, said(message), BY)).encode())

    def _add_longest(self, length: int) -> None:
        stream = self._ids[0]
        version = self._heads[stream][0] + 1
        entry = msgspec.json.encode(_Head(_Tag("x" * length), "", stream, version))
        excess = len(leaf_of(bytes(32), body(entry, len(self.hashes), TIME))) - length
        self._put(stream, version, entry.replace(b"x" * excess, b"", 1))

    def _put(self, stream: str, version: int, entry: bytes) -> None:
        rest = body(entry, len(self.hashes), TIME)
        chain = chain_of(self._heads.get(stream, (0, NO_CHAIN))[1], rest)
        self._heads[stream] = version, chain
        self.lines.append(leaf_of(chain, rest))
        self.hashes.append(leaf_hash(self.lines[-1]))
        self._tree.append(self.hashes[-1])

    def _sign(self, key: PrivateKey) -> None:
        size = self._tree.size
        self.checkpoints[size] = Checkpoint(KEY.name, size, self._tree.root())
        self.lines.append(checkpoint_line(sign_checkpoint(self.checkpoints[size], [key], 1_769_860_800)))

    @property
    def export(self) -> bytes:
        """The export."""
        return b"".join(line + b"\n" for line in self.lines)
