"""Deliveries over real TLS: the endpoint's certificate must be for its name, of an authority that is trusted."""

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from astrolabe.domain.webhooks.endpoint import Endpoint, EndpointConfig
from astrolabe.domain.webhooks.notification import ping
from astrolabe.store.ids import new_id
from astrolabe.store.webhooks.deliveries import LeasedDelivery
from astrolabe.store.webhooks.keys import WebhookKeys
from astrolabe.store.webhooks.settings import WebhookSettings
from astrolabe.workers.relay.webhooks.sending import Answer, Sender
from tests.workers.receiver import Receiver
from tests.workers.webhook_stage import HERE

NAME = "hooks.test"
KEYS = WebhookKeys(b"k" * 32)


def certified(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for the name that vouches for itself, and the TLS of a server that has it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(certificate.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context


@pytest_asyncio.fixture
async def secured(tmp_path: Path) -> AsyncIterator[tuple[Receiver, Path]]:
    """A receiver that speaks TLS, and the certificate that it has."""
    certificate, context = certified(tmp_path)
    async with Receiver.listening(context) as receiver:
        yield receiver, certificate


async def send(name: str, port: int) -> Answer:
    """Attempt a ping to a name that leads to this machine."""

    async def here(_: str) -> tuple[str, ...]:
        return ("127.0.0.1",)

    to, message_id = Endpoint(new_id(), EndpointConfig("chat", f"https://{name}:{port}/"), KEYS.id), new_id()
    told = ping(message_id, to.endpoint_id, datetime.now(UTC))
    settings = WebhookSettings(allowed=HERE)
    return await Sender(settings, KEYS, resolver=here).send(to, LeasedDelivery(to.endpoint_id, message_id, 1, 0, told))


async def test_an_authority_that_the_operator_names_is_trusted(
    secured: tuple[Receiver, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With SSL_CERT_FILE a private certificate is good, for its own name alone; without it, it is not."""
    receiver, certificate = secured
    strange = await send(NAME, receiver.port)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    known, other = await send(NAME, receiver.port), await send("other.test", receiver.port)
    assert (known.status, known.response) == (200, "ok")
    assert [each.status for each in (strange, other)] == [None, None]
    assert all("certificate verify failed" in each.response for each in (strange, other))
    assert len(receiver.got) == 1
