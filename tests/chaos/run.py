"""A run under way: an instance among writers, somebody who asks, and what befalls it, until nothing moves any more."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final

import redis
from msgspec.structs import replace

from astrolabe.domain.upgrades.events import StepStarted
from astrolabe.domain.upgrades.states import Idle, Inconsistent, Retired, State
from tests.chaos.evidence import Evidence
from tests.chaos.faults import FAULTS
from tests.chaos.gathering import gather
from tests.chaos.history import History
from tests.chaos.house import House
from tests.chaos.log_check import LogChecker
from tests.chaos.moment import Moment
from tests.chaos.person import Answer
from tests.chaos.scenario import Blow, Scenario
from tests.chaos.site import Site
from tests.chaos.stage import Stage
from tests.chaos.target import OLD
from tests.chaos.writers import AWAY, writing

SILENCE_SECONDS: Final = 60.0
"""How long nothing may happen on an instance that something is due on: longer than any message can be away."""
DEADLINE_SECONDS: Final = 240.0
POLL_SECONDS: Final = 0.05
SETTLED_SECONDS: Final = 0.5
WARM_SECONDS: Final = 0.3
TWIN: Final = "-twin"
TOO_LATE: Final = (*AWAY, redis.RedisError)
"""What a fault meets where another one was faster."""


class Stuck(Exception):  # noqa: N818  a finding, not a fault
    """Something is due, and nobody does it."""


class Run:
    """One scenario at one site; `struck` lists what befell it: a moment that never came is left out."""

    def __init__(self, house: House, site: Site, scenario: Scenario) -> None:
        self._house: Final = house
        self._site: Final = site
        self._scenario: Final = scenario
        self._histories: Final[list[History]] = []
        self._stage: Stage
        self.struck: Final[list[Blow]] = []

    async def carry_out(self, check: LogChecker) -> Evidence:
        """Let everything happen, and gather what is left of it."""
        async with AsyncExitStack() as stack:
            await self._register(stack)
            stuck = await self._happen()
            log = await check()
            twin = self._histories[1] if len(self._histories) > 1 else None
            return await gather(self._stage, self._scenario, log, twin=twin, stuck=stuck)

    async def _register(self, stack: AsyncExitStack) -> None:
        """Register the instance, and its twin where it has one, which must be refused."""
        name, noted = self._site.config.name, list[str]()
        for each in (name, name + TWIN) if self._scenario.twinned else (name,):
            answer = await self._house.person.register(replace(self._site.config, name=each), OLD)
            if each == name and answer.problem:
                raise RuntimeError(f"the instance was not registered: {answer}")
            if each != name and not answer.problem:
                noted.append("a second instance was registered for the same port and database")
            if not answer.problem:
                following = History.followed(self._house.log.postgres.url(), str(answer.body["id"]))
                self._histories.append(await stack.enter_async_context(following))
        self._stage = Stage(self._house, self._site, self._histories[0], notes=noted)

    async def _happen(self) -> str:
        """Carry the story out among writers and faults; return what was waited for in vain."""
        stuck = ""
        async with AsyncExitStack() as writers:
            for which in self._scenario.writers:
                site = self._site
                await writers.enter_async_context(writing(which, site.folder, site.url, site.database_url))
            await asyncio.sleep(WARM_SECONDS)
            blows = [asyncio.create_task(self._blow(each)) for each in self._scenario.blows]
            try:
                await self._story()
                await self._over(blows)
                await self._house.mend()
                await self._rest()
            except Stuck as found:
                stuck = str(found)
            finally:
                for each in blows:
                    each.cancel()
                await asyncio.gather(*blows, return_exceptions=True)
            await asyncio.sleep(SETTLED_SECONDS)
        return stuck

    async def _story(self) -> None:
        """Ask for the upgrade, and afterwards for what the scenario wants next."""
        person, name = self._house.person, self._site.config.name
        asked = [person.upgrade(each, self._scenario.target.version) for each in (name, name + TWIN)]
        answers = await asyncio.gather(*asked[: len(self._histories)])
        for each in asked[len(self._histories) :]:
            each.close()
        if answers[0].problem:
            raise RuntimeError(f"the upgrade was not taken: {answers[0]}")
        self._stage.upgrade_id = str(answers[0].body["id"])
        for history, answer in zip(self._histories, answers, strict=True):
            if not answer.problem:
                await history.until(Moment("upgrade_requested"))
        await self._rest()
        await self._afterwards()

    async def _afterwards(self) -> None:
        person, upgrade_id, state = self._house.person, self._stage.upgrade_id, self._stage.history.state
        last = state.instance.last if isinstance(state, Idle) else None
        if last and last.outcome == "unwell":
            # Whoever is alarmed takes what the alarm offers.
            await self._then(await person.roll_back(upgrade_id, accept=True), "rollback_requested")
            return
        if last is None or self._scenario.then == "nothing":
            return
        succeeded = last.outcome == "succeeded"
        if self._scenario.then == "retry" and not succeeded:
            await self._then(await person.retry(upgrade_id), "upgrade_retried")
        elif self._scenario.then != "retry" and succeeded:
            accept = self._scenario.then == "roll back whatever is lost"
            await self._then(await person.roll_back(upgrade_id, accept=accept), "rollback_requested")

    async def _then(self, answer: Answer, place: str) -> None:
        if answer.problem:
            self._stage.notes.append(f"{self._scenario.then} was answered with {answer.status} {answer.body}")
            return
        await self._stage.history.until(Moment(place))
        await self._rest()

    async def _rest(self) -> None:
        """Wait until nothing is due any more."""
        began = time.monotonic()
        while not all(_rests(each.state) for each in self._histories):
            moved = max(began, *(each.last_at for each in self._histories))
            now = time.monotonic()
            if now > min(began + DEADLINE_SECONDS, moved + SILENCE_SECONDS):
                states = ", ".join(type(each.state).__name__ for each in self._histories)
                raise Stuck(f"{states} after {now - began:.0f} seconds, the last {now - moved:.0f} with nothing new")
            await asyncio.sleep(POLL_SECONDS)

    async def _over(self, blows: Sequence[asyncio.Task[None]]) -> None:
        """Wait for the end of every fault that has begun, or is about to."""
        history, planned = self._stage.history, zip(blows, self._scenario.blows, strict=True)
        if begun := [task for task, blow in planned if history.reached(blow.moment)]:
            await asyncio.wait(begun)

    async def _blow(self, blow: Blow) -> None:
        if strike := FAULTS[blow.fault].strike:
            await self._stage.history.until(blow.moment)
            try:
                await strike(self._stage)
            except TOO_LATE:
                return
        self.struck.append(blow)

    def takeovers(self) -> tuple[float, ...]:
        """Tell how long it was, in seconds, from the death of a worker that was at it until another began."""
        history = self._stage.history
        told = zip(history.seen_at, history.seen, strict=True)
        began = [at for at, each in told if isinstance(each.event, StepStarted)]
        later = [[at - death for at in began if at > death] for death in self._stage.killed_at]
        return tuple(min(each) for each in later if each)


def _rests(state: State) -> bool:
    return isinstance(state, Idle | Inconsistent | Retired)
