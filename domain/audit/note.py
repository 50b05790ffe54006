"""Signed notes (C2SP signed-note): a text, and under it one line for each Ed25519 signature."""

import base64
import binascii
from collections.abc import Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

ED25519 = 1
COSIGNATURE = 4
"""The kind of a signature that also states a time (C2SP tlog-cosignature)."""

_DASH = "\u2014 "
_ID_BYTES = 4
_TIME_BYTES = 8
_KEY_BYTES = 32
_SIGNATURE_BYTES = 64
LATEST = (1 << 63) - 1
"""The last second that a cosignature may state."""

_MOST_SIGNATURES = 100
_LARGEST = 1_000_000


class NoteError(Exception):
    """A note, a key or a signature is not what it should be; the message says in what."""


class UnknownKey(NoteError):  # noqa: N818  what is so, not a fault
    """None of the keys given has signed the note."""


class Signature(Struct, frozen=True):
    """One line under a note: whose it claims to be, the id of the key, and what that key made."""

    name: str
    key_id: bytes
    raw: bytes


class SignedNote(Struct, frozen=True):
    """A note as it was read; nothing is known to be true of it yet."""

    text: str
    signatures: tuple[Signature, ...]


class PublicKey(Struct, frozen=True):
    """A key that notes are checked with, and its name."""

    name: str
    raw: bytes

    @property
    def hash(self) -> bytes:
        """The id of the key: the first four bytes of the SHA-256 of name and key."""
        return key_id(self.name, ED25519, self.raw)

    @property
    def text(self) -> str:
        """The key in the form that Go's `note` and everybody else reads."""
        return f"{self.name}+{self.hash.hex()}+{base64.b64encode(bytes([ED25519]) + self.raw).decode()}"

    @property
    def cosigner_text(self) -> str:
        """The key as that of a cosigner, whose signatures state a time (C2SP tlog-cosignature)."""
        key_hash = key_id(self.name, COSIGNATURE, self.raw).hex()
        return f"{self.name}+{key_hash}+{base64.b64encode(bytes([COSIGNATURE]) + self.raw).decode()}"

    def verifies(self, note: SignedNote) -> bool:
        """Return whether this key signed a note; raises NoteError where a line of its own is wrong."""
        mine = [each.raw for each in note.signatures if (each.name, each.key_id) == (self.name, self.hash)]
        if any(not self._made(raw, note.text.encode()) for raw in mine):
            raise NoteError(f"the signature of {self.name}+{self.hash.hex()} does not fit the text")
        return bool(mine)

    def stated_time(self, note: SignedNote) -> int | None:
        """Return when this key states to have seen a note, in seconds since 1970; None where it does not."""
        return max(map(time_of, self.cosignatures(note)), default=None)

    def cosignatures(self, note: SignedNote) -> list[Signature]:
        """Return the lines in which this key states when it saw a note; raises NoteError where one of them is wrong."""
        mine = (self.name, key_id(self.name, COSIGNATURE, self.raw))
        found = [each for each in note.signatures if (each.name, each.key_id) == mine]
        for each in found:
            seconds = time_of(each)
            if seconds > LATEST or not self._made(each.raw[_TIME_BYTES:], _timed(seconds, note.text)):
                raise NoteError(f"the time that {self.name}+{self.hash.hex()} states does not fit the text")
        return found

    def _made(self, raw: bytes, message: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(raw, message)
        except InvalidSignature:
            return False
        return True


class PrivateKey(Struct, frozen=True):
    """A key that notes are signed with."""

    name: str
    seed: bytes

    @property
    def public(self) -> PublicKey:
        """What others check its signatures with."""
        return PublicKey(self.name, Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())

    @property
    def text(self) -> str:
        """The key in the form that Go's `note` reads; a secret."""
        encoded = base64.b64encode(bytes([ED25519]) + self.seed).decode()
        return f"PRIVATE+KEY+{self.name}+{self.public.hash.hex()}+{encoded}"

    def sign(self, text: str) -> Signature:
        """Sign a note's text."""
        return Signature(self.name, self.public.hash, self._make(text.encode()))

    def state_time(self, text: str, seconds: int) -> Signature:
        """State that a note's text was seen at a time."""
        raw = seconds.to_bytes(_TIME_BYTES, "big") + self._make(_timed(seconds, text))
        return Signature(self.name, key_id(self.name, COSIGNATURE, self.public.raw), raw)

    def _make(self, message: bytes) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)


def key_id(name: str, kind: int, raw: bytes) -> bytes:
    """Return the id of a key for one kind of signature: four bytes of the SHA-256 of name, kind and key."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + raw).digest()[:_ID_BYTES]


def _timed(seconds: int, text: str) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def is_name(text: str) -> bool:
    """Return whether a text may be a key's name."""
    return bool(text) and "+" not in text and not any(char.isspace() for char in text) and text.isprintable()


def write_note(text: str, signatures: Sequence[Signature]) -> str:
    """Put signatures under a text."""
    return f"{text}\n{write_signatures(signatures)}"


def write_signatures(signatures: Sequence[Signature]) -> str:
    """Write the lines that stand under a text."""
    return "".join(f"{_DASH}{each.name} {base64.b64encode(each.key_id + each.raw).decode()}\n" for each in signatures)


def is_cosignature(signature: Signature) -> bool:
    """Return whether a signature has the form of one that states a time."""
    return len(signature.raw) == _TIME_BYTES + _SIGNATURE_BYTES


def time_of(cosignature: Signature) -> int:
    """Return the time that a cosignature states, in seconds since 1970; whether it is true is not checked."""
    return int.from_bytes(cosignature.raw[:_TIME_BYTES], "big")


def parse_note(note: str) -> SignedNote:
    """Read a note without checking its signatures; raises NoteError where it is none."""
    if len(note) > _LARGEST or any(char < " " and char != "\n" for char in note):
        raise NoteError("not a signed note: it is too long, or holds control characters")
    text, blank, below = note.rpartition("\n\n")
    lines = below.removesuffix("\n").split("\n")
    if not blank or not below.endswith("\n") or len(lines) > _MOST_SIGNATURES:
        raise NoteError("not a signed note: an empty line and signatures must end it")
    return SignedNote(f"{text}\n", tuple(map(_signature, lines)))


def _signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    raw = decoded(encoded)
    if not line.startswith(_DASH) or not is_name(name) or len(raw) <= _ID_BYTES:
        raise NoteError("not a signed note: a line under the text is no signature")
    return Signature(name, raw[:_ID_BYTES], raw[_ID_BYTES:])


def parse_public_key(text: str) -> PublicKey:
    """Read NAME+HASH+KEY; raises NoteError where it is no Ed25519 key, or its hash is not its own."""
    return _public_key(text, (ED25519,))


def parse_cosigner_key(text: str) -> PublicKey:
    """Read a cosigner's NAME+HASH+KEY, of either kind that is in use; raises NoteError as `parse_public_key` does."""
    return _public_key(text, (COSIGNATURE, ED25519))


def _public_key(text: str, kinds: Sequence[int]) -> PublicKey:
    name, _, rest = text.strip().partition("+")
    claimed, _, encoded = rest.partition("+")
    raw = decoded(encoded)
    if not is_name(name) or len(raw) != 1 + _KEY_BYTES or raw[0] not in kinds:
        raise NoteError("not a public key; it looks like NAME+HASH+KEY, as `astrolabe audit key` prints it")
    expected = key_id(name, raw[0], raw[1:]).hex()
    if expected != claimed:
        raise NoteError(f"the public key of {name} is damaged: its hash is {expected}, not {claimed[:8]}")
    return PublicKey(name, raw[1:])


def parse_private_key(text: str) -> PrivateKey:
    """Read a signer's key as Go's `note` writes it; raises NoteError where it is none."""
    name, _, rest = text.strip().removeprefix("PRIVATE+KEY+").partition("+")
    claimed, _, encoded = rest.partition("+")
    raw = decoded(encoded)
    if not text.startswith("PRIVATE+KEY+") or not is_name(name) or len(raw) != 1 + _KEY_BYTES or raw[0] != ED25519:
        raise NoteError("not a private key of a log")
    key = PrivateKey(name, raw[1:])
    if key.public.hash.hex() != claimed:
        raise NoteError(f"the private key of {name} is damaged")
    return key


def decoded(text: str) -> bytes:
    """Read base64 that is written in the one way there is; empty where it is not."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    # One text a value: what Python reads leniently (bits after the end) is no second way to write it.
    return raw if base64.b64encode(raw).decode() == text else b""
