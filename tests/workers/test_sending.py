import base64
import json
import os
import ssl
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpcore
import pytest
import pytest_asyncio
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.formats.json import JSONFormat
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec.structs import replace
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from domain.notification import ping, schema
from domain.webhooks import Endpoint, EndpointConfig, RotateSecret
from store.database import Database
from store.deliveries import Taken
from store.ids import new_id
from store.webhook_keys import WebhookKeys
from store.webhook_settings import WebhookSettings
from tests.store.stage import eventually
from tests.workers.node_webhooks import modules, verify
from tests.workers.receiver import OK, Message, Receiver
from tests.workers.webhook_stage import BY, HERE, Stage
from workers.webhooks.sending import Answer, Sender, printable, retry_after

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
KEYS = WebhookKeys(b"k" * 32)
NAMES = {
    "rebound.example": ["8.8.8.8", "127.0.0.1"],
    "mixed.example": [("8.8.8.8", "10.0.0.7")],
    "fine.example": ["93.184.216.34"],
    "inside.example": ["192.168.1.1"],
    "metadata.example": ["169.254.169.254"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "localhost": ["127.0.0.1"],
    "localhost.localdomain": ["127.0.0.1"],
    "xn--bcher-kva.example": ["fd00:ec2::254"],
    "nothing.example": [()],
    "two.example": [("2606:4700::1", "93.184.216.34")],
}
HOSTILE = [
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.0.1./",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.0.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://192.0.0.192/opc/v2/",
    "https://168.63.129.16/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[fd00:ec2::254]/",
    "https://[ff02::1]/",
    "https://[3fff::1]/",
    "https://localhost/",
    "https://localhost./",
    "https://localhost.localdomain/",
    "https://inside.example/",
    "https://mixed.example/",
    "https://metadata.example/",
    "https://nat64.example/",
    "https://nothing.example/",
    "https://user:secret@fine.example/",
    "https://fine.example@127.0.0.1/",
    "https://fine.example\\@127.0.0.1/",
    "https://127.0.0.1\\.fine.example/",
    "https://127.0.0.1%2f.fine.example/",
    "https://017700000001/",
    "https://0x7f.1/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::ffff:0:7f00:1]/",
    "https://[2002:a9fe:a9fe::]/",
    "https://fine.example:22/",
    "https://fine.example:25/",
    "https://fine.example:6379/",
    "https://fine.example:99999/",
    "https://fine.example#@127.0.0.1/",
    "https:///127.0.0.1/",
    "http://fine.example/",
    "http://169.254.169.254/",
    "ftp://fine.example/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "https://b\u00fccher.example/",
    "https://xn--bcher-kva.example/",
    "https://\u2460\u2461\u2466.0.0.1/",
    "https://fine.example/\r\nHost: inside.example",
]


class Recorder(httpcore.AsyncMockBackend):
    """Opens nothing, and remembers where it was sent; a stream of it has these bytes to read."""

    def __init__(self, answer: bytes = OK) -> None:
        super().__init__([answer])
        self.opened: list[tuple[str, int]] = []
        self.names: list[str | None] = []

    async def connect_tcp(self, host: str, port: int, *_args: Any, **_options: Any) -> httpcore.AsyncNetworkStream:
        """Remember an address."""
        self.opened.append((host, port))
        stream, names = await super().connect_tcp(host, port), self.names

        async def start_tls(ssl_context: ssl.SSLContext, server_hostname: str | None = None, **_: Any) -> Any:
            assert ssl_context.check_hostname
            names.append(server_hostname)
            return stream

        stream.start_tls = start_tls
        return stream


class Names:
    """Answers for names, another each time where there is more than one; addresses are themselves."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, host: str) -> tuple[str, ...]:
        """Resolve a name."""
        self.asked.append(host)
        answers: list[Any] = NAMES.get(host) or [host]
        answer = answers[min(self.asked.count(host), len(answers)) - 1]
        return (answer,) if isinstance(answer, str) else answer


def endpoint(url: str) -> Endpoint:
    """An endpoint somewhere."""
    return Endpoint(new_id(), EndpointConfig("chat", url), KEYS.id)


def message(to: Endpoint) -> Taken:
    """A message to it."""
    message_id = new_id()
    return Taken(to.endpoint_id, message_id, 1, 0, ping(message_id, to.endpoint_id, NOW))


async def attempt(url: str, network: Recorder, names: Names | None = None, **settings: Any) -> Answer:
    """Attempt a ping to a URL over a network that opens nothing."""
    to = endpoint(url)
    sender = Sender(WebhookSettings(**settings), KEYS, network=network, resolver=names or Names())
    return await sender.send(to, message(to))


@pytest.mark.parametrize("url", HOSTILE)
async def test_a_hostile_url_opens_no_connection(url: str) -> None:
    """Nothing is opened, whatever form the address takes; the attempt says why."""
    network = Recorder()
    answer = await attempt(url, network)
    assert network.opened == []
    assert answer.status is None
    assert answer.said.endswith(".")


def test_there_are_enough_hostile_urls() -> None:
    """Forty forms and more, none of them twice."""
    assert len(set(HOSTILE)) == len(HOSTILE) >= 40


async def test_an_allow_list_opens_what_it_names_and_nothing_else() -> None:
    """An operator's network is reached, by plain http too; its neighbour, its disguises and mixed company are not."""
    allowed = (ip_network("192.168.1.0/24"),)
    for url, opened in (
        ("https://192.168.1.7/", [("192.168.1.7", 443)]),
        ("http://inside.example:8080/", [("192.168.1.1", 8080)]),
        ("https://192.168.2.7/", []),
        ("https://[::ffff:192.168.1.7]/", []),
        ("https://mixed.example/", []),
        ("http://fine.example/", []),
        ("http://inside.example:6379/", []),
    ):
        network = Recorder()
        answer = await attempt(url, network, allowed=allowed)
        assert (network.opened, answer.status == 200) == (opened, bool(opened)), url


async def test_a_name_is_resolved_once_and_that_address_connected_to() -> None:
    """The connection goes to the very address that was checked, under the name for SNI and Host."""
    network, names = Recorder(), Names()
    answer = await attempt("https://fine.example/hook", network, names)
    assert (answer.status, network.opened, names.asked) == (200, [("93.184.216.34", 443)], ["fine.example"])
    assert network.names == ["fine.example"]


async def test_a_host_whose_first_address_is_silent_is_reached_by_its_second() -> None:
    """All addresses were checked before the first was tried, and the name stays the one for SNI."""

    class Silent(Recorder):
        async def connect_tcp(self, host: str, port: int, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
            stream = await super().connect_tcp(host, port, *args, **options)
            if ":" in host:
                raise httpcore.ConnectTimeout
            return stream

    network = Silent()
    answer = await attempt("https://two.example/", network)
    assert (answer.status, network.names) == (200, ["two.example"])
    assert network.opened == [("2606:4700::1", 443), ("93.184.216.34", 443)]


async def test_a_name_that_leads_elsewhere_the_next_time_is_refused_then() -> None:
    """Rebinding between attempts gains nothing: each attempt resolves and checks anew."""
    network, names = Recorder(), Names()
    first, second = [await attempt("https://rebound.example/", network, names) for _ in range(2)]
    assert (first.status, second.status, network.opened) == (200, None, [("8.8.8.8", 443)])
    assert "127.0.0.1" in second.said


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(status: int) -> None:
    """A redirect is an answer as any other, and not a good one."""
    location = b"http://169.254.169.254/"
    network = Recorder(b"HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, location))
    answer = await attempt("https://fine.example/", network)
    assert (answer.status, network.opened) == (status, [("93.184.216.34", 443)])


async def test_a_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable leads a delivery elsewhere."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:3128")
    network = Recorder()
    await attempt("https://fine.example/", network)
    assert network.opened == [("93.184.216.34", 443)]


async def test_garbage_and_floods_are_answers_like_others() -> None:
    """What is no HTTP is a failure; a body that is too long is cut, and one that breaks off changes no status."""
    for answer, status in (
        (b"\x00\xffnonsense\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, None),
        (OK[:-2].replace(b": 2", b": 900000") + b"x" * 9000, 200),
        (OK.replace(b": 2", b": 3"), 200),
    ):
        got = await attempt("https://fine.example/", Recorder(answer))
        assert (got.status, len(got.said) <= 1024) == (status, True)


@settings(max_examples=50)
@given(
    st.sampled_from([b"", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: "]), st.binary()
)
async def test_whatever_is_answered_ends_the_attempt(start: bytes, rest: bytes) -> None:
    """No bytes make an attempt raise: there is a status or a reason, and what is kept of it is short."""
    got = await attempt("https://fine.example/", Recorder(start + rest))
    assert got.status is not None or got.said
    assert len(got.said) <= 1024


async def test_a_silent_endpoint_is_given_up_in_time() -> None:
    """The deadline is one for all: connecting, sending, waiting and reading."""
    async with Receiver.listening() as silent:
        silent.reply = lambda _: None
        to, patience = endpoint(silent.url), WebhookSettings(allowed=HERE, deadline=timedelta(seconds=0.2))
        answer = await Sender(patience, KEYS).send(to, message(to))
    assert (answer.status, answer.said) == (None, "No answer within 0.2 s.")
    assert answer.latency_ms >= 200


def test_retry_after_is_read_in_both_forms() -> None:
    """Seconds or a date; nonsense is nothing."""
    minute, day = timedelta(minutes=1), "Sat, 31 Jan 2026"
    for text, wish in (
        ("120", 2 * minute),
        (f"{day} 12:01:00 GMT", minute),
        (f"{day} 11:00:00 GMT", 0 * minute),
        (f"{day} 12:01:00", minute),
        ("9" * 400, timedelta(seconds=999_999_999)),
        *((nonsense, None) for nonsense in ("", "soon", "-5", "1.5", "\u00b2", "\xff")),
    ):
        answer = httpcore.Response(503, headers=[(b"Retry-After", text.encode("latin-1"))])
        assert retry_after(answer, NOW) == wish, text
    assert retry_after(httpcore.Response(503), NOW) is None


def test_what_was_answered_steers_no_terminal() -> None:
    """Control characters and those that turn writing round become spaces."""
    assert printable("a\x1b[2Jb\r\n\x00c\u202ed\x9b31m") == "a [2Jb c d 31m"


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
        if os.environ.get("CI"):
            raise
        pytest.skip(f"npm could not fetch standardwebhooks: {error}")


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
    shown = [stage.keys.shown(endpoint_id, nth) for nth in range(1, generations + 1)]
    return receiver.got, [each.secret for each in shown], [each.public_key for each in shown]


async def test_what_is_sent_is_verified_and_read_by_what_others_wrote(stage: Stage, node_modules: Path) -> None:
    """In rotation `standardwebhooks` of PyPI and npm, and `cryptography`, accept both secrets; `cloudevents` reads."""
    got, secrets, public_keys = await deliveries_of(stage, 2)
    for each in got:
        for secret in secrets:
            told = Webhook(secret).verify(each.body, each.headers)
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
    assert first.shown("e", 1) == again.shown("e", 1) != first.shown("e", 2)
    assert first.shown("e", 1) != first.shown("f", 1)
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.dumps([each.name for each in path.parent.iterdir()]) == '["webhooks"]'
    path.chmod(0o644)
    with pytest.raises(Exception, match="chmod 600"):
        WebhookKeys.open(path)
    path.chmod(0o600)
    path.write_text("c2hvcnQ=")
    with pytest.raises(Exception, match="no master key"):
        WebhookKeys.open(path)
