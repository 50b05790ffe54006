"""Resolving names: one that nobody answers for holds up no other."""

import asyncio
import socket
import threading

import pytest

from astrolabe.store.resolving import THREADS, resolve


async def test_an_address_is_itself_and_a_name_that_is_none_leads_nowhere() -> None:
    """Nobody is asked for an address; what cannot be a name is an answer without addresses."""
    assert await resolve("203.0.113.7") == ("203.0.113.7",)
    assert await resolve("2606:4700::1") == ("2606:4700::1",)
    assert await resolve("a" * 64 + ".example") == ()
    assert set(await resolve("localhost")) <= {"127.0.0.1", "::1"}


async def test_a_silent_name_holds_up_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many wait for the same name, others are found at once; all who waited get the one answer."""
    speaking, asked = threading.Event(), list[str]()

    def ask(host: str, *_: object, **__: object) -> list[object]:
        asked.append(host)
        if host == "silent.example":
            speaking.wait()
        return [(0, 0, 0, "", ("203.0.113.7", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    waiting = [asyncio.create_task(resolve("silent.example")) for _ in range(2 * THREADS)]
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(30):
            assert await resolve("other.example") == ("203.0.113.7",)
        waiting.pop().cancel()
        assert asked == ["silent.example", "other.example"]
    finally:
        speaking.set()
    assert set(await asyncio.gather(*waiting)) == {("203.0.113.7",)}
    await resolve("silent.example")
    assert asked[2:] == ["silent.example"]
