"""What a team learns of others: nothing, whatever these do; each answer is what it would be without them."""

import itertools
import re
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from astrolabe.api.http import rights
from astrolabe.cli.servers.postgres import Postgres
from astrolabe.domain.access import BoundScope, Scope
from astrolabe.domain.problem import Problem
from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades import events as e
from tests.api.house import FLAGS, House, bearer
from tests.databases import empty_log
from tests.domain.samples import AT

BY = Cause("test", "test", "test")
MAY: tuple[Scope, ...] = ("read", "configure", "operate", "approve")
STRANGER = "0190f000-0000-7000-8000-0000000000aa"
"""An id that is nobody's, asked for in both houses where nothing else stands for a stranger's."""

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")


class Team(Struct):
    """A house, what is of one team in it, and a token that is for it alone."""

    house: House
    headers: dict[str, str]
    upgrade: str
    strangers: list[str] = []
    """Paths that lead to what is of others, where there are any."""

    @classmethod
    async def moved_in(cls, house: House) -> "Team":
        """Register an instance of team flags, with an upgrade that was refused and one that waits."""
        instance_id = await house.register(labels={"team": "flags"}, approvals={"when": "always"})
        upgrade = await house.request()
        await house.report(instance_id, e.UpgradeRefused(upgrade, Problem("full", "The disk is full."), AT))
        await house.show()
        bound = tuple(BoundScope(scope, {"team": "flags"}) for scope in MAY)
        made = await house.resources.tokens.issue("flagger", (), BY, bound=bound)
        return cls(house, bearer(made.secret), upgrade)

    async def answers(self, strange: list[str]) -> list[str]:
        """Everything that the team's token is answered: of its own, of others, and of what it may not ask at all."""
        looked_at = (*self._own(), *WHOLE, *strange)
        found = [await self.house.anyone.get(path, headers=self.headers) for path in looked_at]
        for path in strange:
            for verb in VERBS if "/upgrades/" in path else ("adopt", "retire"):
                asked = {"reason": "to see"} | ({"verdict": "accepted"} if verb == "review" else {})
                found.append(await self.house.anyone.post(f"{path}/{verb}", headers=self.headers, json=asked))
            if "/instances/" in path:
                ask = {"instance": path.rpartition("/")[2], "target": "latest"}
                found.append(await self.house.anyone.post("/upgrades", headers=self.headers, json=ask))
                found.append(await self.house.anyone.put(path, headers=self.headers, json=CONFIG))
        plan = {"instance": "flags", "target": "7.5.1", "validate_only": True}
        found.append(await self.house.anyone.post("/upgrades", headers=self.headers, json=plan))
        return [_normal(each) for each in found]

    def _own(self) -> list[str]:
        return [
            *("/instances", "/instances?limit=1", "/instances?needs=repair", "/instances/flags"),
            *("/instances/flags/history", "/instances/flags/history?limit=1", "/instances/flags/rollback-point"),
            *("/upgrades", "/upgrades?limit=1", f"/upgrades/{self.upgrade}", f"/upgrades/{self.upgrade}/events"),
            *("/upgrades?instance=flags", "/products", "/webhooks/types"),
            *("/fleet", "/fleet?search=shop", "/fleet?group=needs&limit=1", "/changes", "/session"),
        ]


WHOLE = ("/tokens", "/webhooks", "/metrics", "/audit/events", "/audit/checkpoint", "/audit/export", "/outputs/x")
VERBS = ("cancel", "retry", "rollback", "approve", "reject", "review")
CONFIG = {key: value for key, value in FLAGS.items() if key != "version"}


def _normal(answer: httpx.Response) -> str:
    """An answer byte for byte, with ids in the order in which they come, and without times."""
    headers = sorted((name, value) for name, value in answer.headers.items() if name != "date")
    numbers: dict[str, str] = {}
    counting = itertools.count()
    text = f"{answer.request.method} {answer.request.url.path} {answer.status_code}\n{headers}\n{answer.text}"
    text = UUID.sub(lambda found: numbers.setdefault(found[0], f"id-{next(counting)}"), text)
    return TIME.sub("TIME", text)


class Others(Struct):
    """The other teams of a house: what they do, one thing after the other."""

    house: House
    names: list[str] = []
    ids: list[str] = []
    upgrades: list[str] = []

    async def register(self) -> None:
        """Register an instance: of another team, of a team whose name begins alike, or of none."""
        labels = ({"team": "shop"}, {"team": "flags-2"}, {"stage": "flags"}, {})[len(self.names) % 4]
        name = f"shop-{len(self.names)}"
        self.ids.append(await self.house.register(name=name, labels=labels))
        self.names.append(name)

    async def upgrade(self) -> None:
        """Ask for an upgrade of the last instance, where nothing is under way, and have it fail loudly."""
        if not self.names:
            return
        asked = {"instance": self.names[-1], "target": "6.10.1", "reason": "a stranger's secret reason"}
        answer = await self.house.client.post("/upgrades", json=asked)
        if answer.status_code == 202:
            self.upgrades.append(answer.json()["id"])
            kept = await self.house.resources.outputs.put("a stranger's output", AT.replace(year=2100))
            problem = Problem("loud", "Strangers failed.", output=kept)
            await self.house.report(self.ids[-1], e.UpgradeRefused(self.upgrades[-1], problem, AT))

    async def retire(self) -> None:
        """Retire the first instance."""
        if self.names:
            await self.house.client.post(f"/instances/{self.names[0]}/retire", json={"reason": "gone"})

    async def issue_token(self) -> None:
        """Make a token of another team."""
        name = f"t{len(await self.house.resources.tokens.good())}"
        await self.house.client.post("/tokens", json={"name": name, "scopes": ["read:team=shop"]})

    async def show(self) -> None:
        """Bring the lists up with the log."""
        await self.house.show()


DOES: dict[str, Callable[[Others], Awaitable[None]]] = {
    "register": Others.register,
    "upgrade": Others.upgrade,
    "retire": Others.retire,
    "issue a token": Others.issue_token,
    "show": Others.show,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def houses(postgres_server: Postgres, template_database: str) -> AsyncIterator[tuple[Team, Team]]:
    """Two houses of one team; in the second others move in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rights, "PACE_SECONDS", 0.002)
        async with (
            empty_log(postgres_server, template_database) as alone,
            empty_log(postgres_server, template_database) as shared,
            House.opened(alone) as first,
            House.opened(shared) as second,
        ):
            yield await Team.moved_in(first), await Team.moved_in(second)


@pytest.mark.asyncio(loop_scope="module")
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(done=st.lists(st.sampled_from(sorted(DOES)), min_size=1, max_size=6))
async def test_a_team_learns_nothing_of_others(houses: tuple[Team, Team], done: list[str]) -> None:
    """Whatever strangers do, their neighbour's answers are byte for byte those of a house without them."""
    alone, shared = houses
    others = KNOWN.setdefault(id(shared), Others(shared.house))
    for each in ("register", "upgrade", *done, "show"):
        await DOES[each](others)
    names = [*others.names[-2:], others.ids[-1]]
    strange = [f"/instances/{ref}" for ref in names] + [f"/upgrades/{ref}" for ref in others.upgrades[-1:]]
    strange += [f"{path}/history" for path in strange if "/instances/" in path]
    strange += [f"/upgrades/{STRANGER}", f"/upgrades?instance={others.ids[-1]}"]
    assert await shared.answers(strange) == await alone.answers(strange)


KNOWN: dict[int, Others] = {}
"""The others of each house, who go on where they were."""
