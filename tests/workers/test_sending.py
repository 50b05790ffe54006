"""One attempt: whatever an endpoint answers, it ends with a status or a reason."""

from datetime import timedelta

import httpcore
from hypothesis import given, settings
from hypothesis import strategies as st

from astrolabe.store.webhooks.settings import WebhookSettings
from astrolabe.workers.relay.webhooks.sending import Sender, printable, retry_after
from tests.workers.receiver import OK, Receiver
from tests.workers.recording import KEYS, NOW, Recorder, attempt, endpoint, message
from tests.workers.webhook_stage import HERE


async def test_garbage_and_floods_are_answers_like_others() -> None:
    """What is no HTTP is a failure; a body that is too long is cut, and one that breaks off changes no status."""
    for answer, status in (
        (b"\x00\xffnonsense\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, None),
        (OK[:-2].replace(b": 2", b": 900000") + b"x" * 9000, 200),
        (OK.replace(b": 2", b": 3"), 200),
    ):
        got = await attempt("https://fine.example/", Recorder(answer))
        assert (got.status, len(got.response) <= 1024) == (status, True)


@settings(max_examples=50)
@given(
    st.sampled_from([b"", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: "]), st.binary()
)
async def test_whatever_is_answered_ends_the_attempt(start: bytes, rest: bytes) -> None:
    """No bytes make an attempt raise: there is a status or a reason, and what is kept of it is short."""
    got = await attempt("https://fine.example/", Recorder(start + rest))
    assert got.status is not None or got.response
    assert len(got.response) <= 1024


async def test_a_silent_endpoint_is_given_up_in_time() -> None:
    """The deadline is one for all: connecting, sending, waiting and reading."""
    async with Receiver.listening() as silent:
        silent.reply = lambda _: None
        to, patience = endpoint(silent.url), WebhookSettings(allowed=HERE, deadline=timedelta(seconds=0.2))
        answer = await Sender(patience, KEYS).send(to, message(to))
    assert (answer.status, answer.response) == (None, "No answer within 0.2 s.")
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
