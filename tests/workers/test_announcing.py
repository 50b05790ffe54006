"""Announcing: what leaves the house by HTTP."""

import asyncio
import itertools

import pytest

from astrolabe.cli.failure import CommandError
from astrolabe.cli.options import web_address
from astrolabe.workers.relay.announcing import Announcer
from tests.waiting import until
from tests.workers.receiver import OK, Receiver, answer

AT_ONCE = (0.01, 0.01)
BUSY = answer(503)
ELSEWHERE = answer(307, Location="/other")


async def test_the_newest_checkpoint_arrives_in_the_end(caplog: pytest.LogCaptureFixture) -> None:
    """After refusals and a redirect, which is not followed, the newest one is posted until it is taken."""
    answers = itertools.chain([BUSY, ELSEWHERE], itertools.repeat(OK))
    async with Receiver.listening() as receiver:
        receiver.reply = lambda _: next(answers)
        announcer = Announcer(receiver.url.replace("127.", "user:secret-word@127.") + "?key=secret-word", AT_ONCE)
        posting = asyncio.create_task(announcer.run())
        announcer.announce("first")
        await until(lambda: len(receiver.bodies) == 1)
        announcer.announce("second")
        await until(lambda: receiver.bodies[2:] == ["second"])
        announcer.announce("third")
        await until(lambda: receiver.bodies[-1] == "third")
        posting.cancel()
    assert list(dict.fromkeys(receiver.bodies)) == ["first", "second", "third"]
    assert "503" in caplog.text
    assert "307" in caplog.text
    assert "secret-word" not in caplog.text


async def test_an_address_where_nobody_listens_is_told_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing ends because of it, and the log says where it does not arrive."""
    announcer = Announcer("http://127.0.0.1:1/", AT_ONCE)
    posting = asyncio.create_task(announcer.run())
    announcer.announce("first")
    await until(lambda: caplog.text.count("did not reach 127.0.0.1: ConnectError") > 1)
    assert not posting.done()
    posting.cancel()


@pytest.mark.parametrize(
    "text", ["", "auditor.example", "ftp://auditor.example", "http://", "https://[::1", "file:///x"]
)
def test_what_is_no_address(text: str) -> None:
    """An address that nothing could be posted to is refused at the start, in one sentence."""
    with pytest.raises(CommandError, match="checkpoint-url"):
        web_address(text)


def test_an_address_is_taken_as_it_is() -> None:
    """Plain HTTP is allowed: what is posted is signed, and no secret."""
    for text in ("https://auditor.example/in?key=1", "http://10.0.0.9:8080/"):
        assert web_address(text) == text
