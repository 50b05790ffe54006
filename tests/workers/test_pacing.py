"""What is due again as soon as it was done, and waits."""

import asyncio
import time

import pytest

from astrolabe.domain.upgrades.reconcile import Action
from astrolabe.workers.worker import pacing
from astrolabe.workers.worker.pacing import Pacing

BACKUP, PULL = Action("backup"), Action("pull")
WAITED = (BACKUP, 0.02), (BACKUP, 0.04), (BACKUP, 0.08), (PULL, 0.02)


async def waited(paced: Pacing, *doing: Action) -> float:
    """Return how long all of these were waited for, in seconds."""
    begun = time.monotonic()
    for each in doing:
        await paced.before(each)
    return time.monotonic() - begun


async def test_what_leads_on_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is done for the first time, or after something else: an upgrade takes not a moment longer."""
    monkeypatch.setattr(pacing, "SHORTEST_SECONDS", 3600)
    async with asyncio.timeout(60):
        await waited(Pacing("flags"), BACKUP, PULL, BACKUP, PULL)


async def test_what_leads_nowhere_is_waited_for_longer_each_time(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Until something else is done: then the pauses are short again. The worker's log says so."""
    monkeypatch.setattr(pacing, "SHORTEST_SECONDS", 0.02)
    assert await waited(Pacing("flags"), BACKUP, BACKUP, BACKUP, BACKUP, PULL, PULL) > 0.15
    said = [f"flags: {name} led nowhere, and is due again: in {wait} s" for name, wait in WAITED]
    assert caplog.messages == said


async def test_no_pause_is_longer_than_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it led nowhere, it is tried again."""
    monkeypatch.setattr(pacing, "SHORTEST_SECONDS", 0.0001)
    monkeypatch.setattr(pacing, "LONGEST_SECONDS", 0.001)
    async with asyncio.timeout(60):
        await waited(Pacing("flags"), *[BACKUP] * 40)
