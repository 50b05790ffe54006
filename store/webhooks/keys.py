"""Keys of webhooks: every secret comes from one master key that is outside the database (Standard Webhooks 1.0)."""

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

from astrolabe.store.errors import StoreError

SIZE = 32
"""Bytes of the master key."""


class VerificationKeys(Struct, frozen=True):
    """What a receiver verifies with: the secret of v1, and the public key of v1a."""

    secret: str
    public_key: str


class WebhookKeys:
    """The secrets of all endpoints, made from the master key, the endpoint's id and the secret's generation."""

    def __init__(self, master: bytes) -> None:
        self._master: bytes = master
        self._private_keys: dict[tuple[str, int], Ed25519PrivateKey] = {}
        self.id: str = hmac.new(master, b"key id", hashlib.sha256).hexdigest()[:16]

    @classmethod
    def open(cls, path: Path | None) -> "WebhookKeys":
        """Read the master key, made at the first start; raises StoreError where it cannot be used."""
        if path is None:
            raise StoreError("No master key of webhooks is named; set ASTROLABE_WEBHOOK_KEY to a file.")
        try:
            if not path.exists():
                _make(path)
            if path.stat().st_mode & 0o077:
                raise StoreError(
                    f"{path} can be read by others; run chmod 600 on it, and rotate the webhooks' secrets."
                )
            master = base64.b64decode(path.read_text("ascii"), validate=False)
        except (OSError, ValueError) as error:
            raise StoreError(f"The master key of webhooks, {path}, cannot be used: {error}.") from None
        if len(master) != SIZE:
            raise StoreError(f"{path} holds no master key; restore it, or remove it and rotate the webhooks' secrets.")
        return cls(master)

    def verifying(self, endpoint_id: str, generation: int) -> VerificationKeys:
        """Return what a receiver verifies one generation's signatures with."""
        public = self._private(endpoint_id, generation).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return VerificationKeys("whsec_" + _text(self._derive("v1", endpoint_id, generation)), "whpk_" + _text(public))

    def sign(self, endpoint_id: str, generations: Iterable[int], message_id: str, timestamp: int, body: bytes) -> str:
        """Return the header `webhook-signature`: v1 and v1a of each generation, the newest first."""
        signed = f"{message_id}.{timestamp}.".encode() + body
        found: list[str] = []
        for generation in generations:
            mac = hmac.new(self._derive("v1", endpoint_id, generation), signed, hashlib.sha256).digest()
            found += ["v1," + _text(mac), "v1a," + _text(self._private(endpoint_id, generation).sign(signed))]
        return " ".join(found)

    def _private(self, endpoint_id: str, generation: int) -> Ed25519PrivateKey:
        which = endpoint_id, generation
        if which not in self._private_keys:
            self._private_keys[which] = Ed25519PrivateKey.from_private_bytes(self._derive("v1a", *which))
        return self._private_keys[which]

    def _derive(self, purpose: str, endpoint_id: str, generation: int) -> bytes:
        return hmac.new(self._master, f"{purpose}\0{endpoint_id}\0{generation}".encode(), hashlib.sha256).digest()


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(SIZE)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        # A link, not a rename: of API and relay that start at once, one makes the key and both read it.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
