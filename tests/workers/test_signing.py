"""Signatures: what is sent is verified and read by what others wrote."""

import base64
import json
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.formats.json import JSONFormat
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jsonschema import Draft202012Validator
from msgspec.structs import replace
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from astrolabe.domain.webhooks.decider import RotateSecret
from astrolabe.domain.webhooks.notification import schema
from astrolabe.store.database import Database
from astrolabe.store.ids import new_id
from astrolabe.store.webhooks.keys import WebhookKeys
from tests.lacking import lacks
from tests.store.stage import eventually
from tests.workers.node_webhooks import modules, verify
from tests.workers.receiver import Message, Receiver
from tests.workers.webhook_stage import BY, Stage


@pytest_asyncio.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """A log of the test's own."""
    async with Database(database_url) as database:
        yield Stage(database, tmp_path)


@pytest.fixture
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The npm package standardwebhooks; where there is no network it is skipped, but not in CI."""
    try:
        return modules(tmp_path_factory.getbasetemp().parent / "node-webhooks")
    except OSError as error:
        lacks(f"npm could not fetch standardwebhooks: {error}")


async def deliveries_of(stage: Stage, generations: int) -> tuple[list[Message], list[str], list[str]]:
    """What a receiver gets while so many generations of its secret sign, with their secrets and public keys."""
    async with Receiver.listening() as receiver:
        endpoint_id = await stage.add(receiver.url)
        for _ in range(generations - 1):
            rotate = RotateSecret(endpoint_id, stage.keys.id, datetime.now(UTC), timedelta(hours=24))
            await stage.webhooks.execute(rotate, BY)
        await stage.complete(new_id(), 3)
        await stage.deliveries.ping(endpoint_id)
        async with stage.telling():
            await receiver.gets(5)
            await eventually(lambda: _none_pending(stage, endpoint_id))
    shown = [stage.keys.verifying(endpoint_id, nth) for nth in range(1, generations + 1)]
    return receiver.got, [each.secret for each in shown], [each.public_key for each in shown]


async def test_what_is_sent_is_verified_and_read_by_what_others_wrote(stage: Stage, node_modules: Path) -> None:
    """In rotation `standardwebhooks` of PyPI and npm, and `cryptography`, accept both secrets; `cloudevents` reads."""
    got, secrets, public_keys = await deliveries_of(stage, 2)
    for each in got:
        (told, *others) = [Webhook(secret).verify(each.body, each.headers) for secret in secrets]
        assert all(other == told for other in others)
        with pytest.raises(WebhookVerificationError):
            Webhook(secrets[0]).verify(each.body + b" ", each.headers)
        for public_key in public_keys:
            assert signed_v1a(each, public_key)
        assert not signed_v1a(replace(each, body=each.body + b" "), public_keys[0])
        assert told["id"] == each.id
        Draft202012Validator(schema(told["type"])).validate(told)
        event = from_http_event(HTTPMessage(each.headers, each.body), JSONFormat())
        assert (event.get_id(), event.get_type(), event.get_source()) == (each.id, told["type"], "/astrolabe")
        assert event.get_extension("position") == told.get("position")
    assert "astrolabe.ping" in {each.told["type"] for each in got}
    asked = [(secret, each.body.decode(), each.headers) for each in got for secret in secrets]
    changed = [(secrets[0], each.body.decode() + " ", each.headers) for each in got]
    assert await verify(node_modules, [*asked, *changed]) == [True] * len(asked) + [False] * len(changed)


def signed_v1a(each: Message, public_key: str) -> bool:
    """Whether one of a message's v1a signatures is of this key."""
    signed = f"{each.id}.{each.headers['webhook-timestamp']}.".encode() + each.body
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key.removeprefix("whpk_")))
    return any(_holds(key, text.removeprefix("v1a,"), signed) for text in _signatures(each, "v1a,"))


def _signatures(each: Message, prefix: str) -> Iterable[str]:
    return [text for text in each.headers["webhook-signature"].split() if text.startswith(prefix)]


def _holds(key: Ed25519PublicKey, signature: str, signed: bytes) -> bool:
    try:
        key.verify(base64.b64decode(signature), signed)
    except InvalidSignature:
        return False
    return True


async def _none_pending(stage: Stage, endpoint_id: str) -> bool:
    return (await stage.deliveries.counts(endpoint_id))["pending"] == 0


def test_the_master_key_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    """It is made at the first start with mode 0600, read at the next, and refused where others may read it."""
    path = tmp_path / "keys" / "webhooks"
    first, again = WebhookKeys.open(path), WebhookKeys.open(path)
    assert first.verifying("e", 1) == again.verifying("e", 1) != first.verifying("e", 2)
    assert first.verifying("e", 1) != first.verifying("f", 1)
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.dumps([each.name for each in path.parent.iterdir()]) == '["webhooks"]'
    path.chmod(0o644)
    with pytest.raises(Exception, match="chmod 600"):
        WebhookKeys.open(path)
    path.chmod(0o600)
    path.write_text("c2hvcnQ=")
    with pytest.raises(Exception, match="no master key"):
        WebhookKeys.open(path)
