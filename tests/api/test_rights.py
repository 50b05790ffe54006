"""Rights by label, for every operation that the OpenAPI names: who gets in, and what the others are answered."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias

import httpx
import pytest
import pytest_asyncio
from msgspec import Struct

from astrolabe.api.app import create_app
from astrolabe.api.http import rights, wrong_tokens
from astrolabe.cli.servers.postgres import Postgres
from astrolabe.domain.access import SCOPES, BoundScope, Scope
from astrolabe.domain.problem import Problem
from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades import events as e
from astrolabe.store.log.log import Log
from tests.api.house import FLAGS, House, bearer, problem
from tests.databases import empty_log
from tests.domain.samples import AT

BOUND: tuple[Scope, ...] = ("read", "configure", "operate", "approve")
OWN, FOREIGN = {"team": "flags"}, {"team": "shop"}
KEPT = datetime.now(UTC) + timedelta(days=1)
BY = Cause("test", "test", "test")

About: TypeAlias = Literal["everybody", "house", "list", "new", "one", "whole"]
RULES: tuple[tuple[str, About], ...] = (
    (r"GET (/|/page/.*|/reference|/schema.*|/healthz|/readyz|/problems(/.*)?)", "everybody"),
    (r"POST /sign-(in|out)", "everybody"),
    (r"GET /((products|webhooks/types)(/\{name\})?|session)", "house"),
    (r"GET /(instances|upgrades|metrics|fleet|changes)", "list"),
    (r"POST /instances", "new"),
    (r"(POST /upgrades|\w+ /instances/\{ref\}.*|GET /outputs/\{sha256\})", "one"),
    (r"\w+ /upgrades/\{upgrade_id\}(?!/evidence).*", "one"),
    (r"\w+ /(audit|events|holds|tokens|upgrades/\{upgrade_id\}/evidence)(/.*)?", "whole"),
    (r"\w+ /(contacts|webhooks(?!/types))(/.*)?", "whole"),
)
"""What each operation is about, the rule that all answers follow from:

- `everybody`: no token is asked for.
- `house`: what is the same whatever instances there are; a bound scope is as good as another.
- `list`: a bound scope gets in, and sees instances with its labels alone.
- `new`: a bound scope makes instances with its labels alone.
- `one`: a bound scope gets in where the instance has its labels; where not, it is answered as if there was none.
- `whole`: about more than single instances; a bound scope does not get in.
"""


class Operation(Struct, frozen=True):
    """An operation of the OpenAPI, and what it asks for."""

    method: str
    path: str
    scope: Scope | None
    body: dict[str, Any] | None

    @property
    def about(self) -> About:
        """What it is about, by the one rule that fits it."""
        fitting: list[About] = [about for rule, about in RULES if re.fullmatch(rule, f"{self.method} {self.path}")]
        (found,) = fitting
        return found

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def operations() -> list[Operation]:
    """Every operation, as the OpenAPI says."""
    document = create_app(database_url="postgresql://nobody@127.0.0.1/nothing").openapi_schema.to_schema()
    return [
        Operation(method.upper(), path, _scope(operation), _example(operation))
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


def _scope(operation: dict[str, Any]) -> Scope | None:
    needs = operation.get("security")
    return needs[0]["token"][0] if needs else None


def _example(operation: dict[str, Any]) -> dict[str, Any] | None:
    if "requestBody" not in operation:
        return None
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    found = schema.get("examples") or next(each["examples"] for each in schema["oneOf"] if "examples" in each)
    return found[0]


class Scene(Struct):
    """Two instances of two teams, each with an upgrade and an output, and a token of every kind."""

    house: House
    upgrades: dict[str, str]
    outputs: dict[str, str]
    tokens: dict[tuple[Scope, str], str]
    useless: dict[str, dict[str, str]]

    async def ask(self, operation: Operation, headers: dict[str, str], instance: str = "flags") -> httpx.Response:
        """Ask for an operation on an instance, in a way that changes nothing: of a version that nothing has."""
        known = {
            "ref": instance,
            "upgrade_id": self.upgrades.get(instance, self.upgrades["flags"][:-4] + "0000"),
            "sha256": self.outputs.get(instance, "0" * 64),
            "position": "0",
            "name": "unleash",
            "token_id": "unknown",
            "delivery_id": "unknown",
        }
        path = re.sub(r"\{(\w+)\}", lambda word: known.get(word[1], word[1]), operation.path)
        body = operation.body
        if operation.path == "/upgrades" and body:
            body = body | {"instance": instance}
        if operation.path == "/instances" and body:
            body = body | {"name": "flags", "labels": {"team": instance}}
        if operation.path == "/holds" and body:
            body = {"reason": "of nothing"}
        if operation.path == "/tokens" and body:
            body = body | {"name": "reader"}
        return await self.house.anyone.request(
            operation.method, path, headers=headers | {"If-Match": '"999"'}, json=body
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(postgres_server: Postgres, template_database: str) -> AsyncIterator[Scene]:
    """A house in which nothing changes while it is asked."""
    async with empty_log(postgres_server, template_database) as url, House.opened(url) as house:
        patch = pytest.MonkeyPatch()
        patch.setattr(rights, "PACE_SECONDS", 0.005)
        patch.setattr(wrong_tokens, "MOST", 10_000)
        # There is one already, so that whoever may add one is told that the name is taken.
        (contact,) = [each.body for each in operations() if (each.method, each.path) == ("POST", "/contacts")]
        assert (await house.client.post("/contacts", json=contact)).status_code == 201
        upgrades: dict[str, str] = {}
        outputs: dict[str, str] = {}
        for name in ("flags", "shop"):
            instance_id = await house.register(name=name, labels={"team": name})
            upgrades[name] = await house.request(name)
            outputs[name] = await house.resources.outputs.put(f"what {name} said", KEPT)
            failed = e.UpgradeRefused(upgrades[name], Problem("x", "X.", todo="Y.", output=outputs[name]), AT)
            await house.report(instance_id, failed)
        await house.show()
        issue = house.resources.tokens.issue
        tokens: dict[tuple[Scope, str], str] = {(scope, ""): house.secrets[scope] for scope in SCOPES}
        for scope in BOUND:
            for team in ("flags", "shop"):
                made = await issue(f"{scope}-{team}", (), BY, bound=(BoundScope(scope, {"team": team}),))
                tokens[scope, team] = made.secret
        expired = await issue("late", SCOPES, BY, expires_at=datetime.now(UTC) - timedelta(seconds=1))
        revoked = await issue("gone", SCOPES, BY)
        await house.resources.tokens.revoke(revoked.token_id, BY)
        useless = {"none": {}, "expired": bearer(expired.secret), "revoked": bearer(revoked.secret)}
        yield Scene(house, upgrades, outputs, tokens, useless)
        patch.undo()


@pytest.mark.parametrize("operation", operations(), ids=str)
def test_every_operation_has_its_rule(operation: Operation) -> None:
    """Whoever adds an operation says what it is about; one that needs no token is the same for everybody."""
    assert (operation.about == "everybody") == (operation.scope is None)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("operation", [each for each in operations() if each.scope], ids=str)
async def test_who_gets_in(scene: Scene, operation: Operation) -> None:
    """Each operation with each scope, for all and for labels, the instance's and others, and with no token in use."""
    before = await scene.house.size()
    for why, headers in scene.useless.items():
        answer = await scene.ask(operation, headers)
        wanted = "token-missing" if why == "none" else "token-invalid"
        assert (answer.status_code, problem(answer)) == (401, wanted), why
    for (scope, team), secret in scene.tokens.items():
        answer = await scene.ask(operation, bearer(secret))
        has_it = scope in {operation.scope, "admin"}
        wanted = _wanted(operation, team) if has_it else "scope-missing"
        got = problem(answer) if answer.is_error else "in"
        assert ("in" if got not in REFUSALS else got) == wanted, (scope, team, answer.text)
        if got == "scope-missing":
            assert (answer.status_code, answer.json()["scope"]) == (403, operation.scope)
    assert await scene.house.size() == before


REFUSALS = {"scope-missing", "token-missing", "token-invalid", "instance-unknown", "upgrade-unknown", "output-unknown"}
ABSENT = {"{upgrade_id}": "upgrade-unknown", "{sha256}": "output-unknown"}


def _wanted(operation: Operation, team: str) -> str:
    """What a token with the scope is answered, by the rule; `team` binds it."""
    match operation.about:
        case "whole" if team:
            return "scope-missing"
        case "new" if team == "shop":
            return "scope-missing"
        case "one" if team == "shop":
            named = (problem for word, problem in ABSENT.items() if word in operation.path)
            return next(named, "instance-unknown")
        case _:
            return "in"


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("operation", [each for each in operations() if each.about == "one"], ids=str)
async def test_what_is_of_others_is_answered_as_what_is_not_there(scene: Scene, operation: Operation) -> None:
    """The same status, headers and bytes, but for the name that was asked for; what refused it is in the access log."""
    assert operation.scope
    mine = bearer(scene.tokens[operation.scope, "flags"])
    await scene.house.resources.accesses.record()
    others, nobodys = [await scene.ask(operation, mine, name) for name in ("shop", "none")]
    assert others.status_code == nobodys.status_code == 404
    assert others.text.replace("shop", "none") == nobodys.text
    assert dict(others.headers) == dict(nobodys.headers)


@pytest.mark.asyncio(loop_scope="module")
async def test_lists_show_what_a_token_is_for(scene: Scene) -> None:
    """By its labels, whatever else is asked for; pages end where its own do."""
    house, mine = scene.house, bearer(scene.tokens["read", "flags"])
    for path in ("/instances", "/instances?limit=1", "/instances?label=team=flags", "/instances?product=unleash"):
        page = (await house.anyone.get(path, headers=mine)).json()
        assert [each["name"] for each in page["items"]] == ["flags"]
        assert (page["items"][0]["labels"], page["next"]) == (OWN, None)
    assert (await house.anyone.get("/instances?label=team=shop", headers=mine)).json()["items"] == []
    for path in ("/upgrades", "/upgrades?limit=1", "/upgrades?label=team=flags", "/upgrades?host=local"):
        page = (await house.anyone.get(path, headers=mine)).json()
        assert ([each["upgrade_id"] for each in page["items"]], page["next"]) == ([scene.upgrades["flags"]], None)
    assert (await house.anyone.get("/upgrades?label=team=shop", headers=mine)).json()["items"] == []
    fleet = (await house.anyone.get("/fleet", headers=mine)).json()
    assert ([each["instance"]["name"] for each in fleet["items"]], fleet["counts"]["all"]) == (["flags"], 1)
    all_of_them = (await house.client.get("/instances?label=team=shop")).json()["items"]
    assert [(each["name"], each["labels"]) for each in all_of_them] == [("shop", FOREIGN)]


@pytest.mark.asyncio(loop_scope="module")
async def test_metrics_count_what_a_token_is_for(scene: Scene) -> None:
    """Its instances and their upgrades; what the whole house does, and how busy its log is, is for who sees all."""
    mine = (await scene.house.anyone.get("/metrics", headers=bearer(scene.tokens["read", "flags"]))).text
    counts = [line for line in mine.splitlines() if not line.startswith("#")]
    assert counts == ['astrolabe_instances{status="idle"} 1.0', 'astrolabe_upgrades{status="refused"} 1.0']
    known = (await scene.house.client.get("/metrics")).text
    assert 'astrolabe_instances{status="idle"} 2.0' in known
    assert "astrolabe_log_position" in known


@pytest.mark.asyncio(loop_scope="module")
async def test_where_events_lie_in_the_whole_log_is_not_for_all(scene: Scene) -> None:
    """A position says how much happens elsewhere: who sees some instances alone goes on by cursors of theirs."""
    house, events = scene.house, f"/upgrades/{scene.upgrades['flags']}/events"
    for path in ("/instances/flags/history", events):
        mine = (await house.anyone.get(path, headers=bearer(scene.tokens["read", "flags"]))).json()["items"]
        assert [(each["position"], each["cursor"]) for each in mine] == [(None, each["version"]) for each in mine]
        known = (await house.client.get(path)).json()["items"]
        assert [each["cursor"] for each in known] == [each["position"] for each in known]
    for secret, field in ((scene.tokens["read", "flags"], "version"), (scene.tokens["read", ""], "position")):
        headers = bearer(secret) | {"Accept": "text/event-stream"}
        told = (await house.anyone.get(events, headers=headers)).text
        wanted = [each[field] for each in (await house.client.get(events)).json()["items"]]
        assert [int(each) for each in re.findall("^id: (.+)$", told, re.MULTILINE)] == wanted
        again = await house.anyone.get(events, headers=headers | {"Last-Event-ID": str(wanted[-1])})
        assert again.status_code == 204
        rest = await house.anyone.get(events, headers=headers | {"Last-Event-ID": str(wanted[0])})
        assert [int(each) for each in re.findall("^id: (.+)$", rest.text, re.MULTILINE)] == wanted[1:]


@pytest.mark.asyncio(loop_scope="module")
async def test_time_says_nothing_either(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is of others and what is not there are answered at the same pace; who sees all is not held up."""
    waited: list[float] = []

    async def waiting(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(rights, "PACE_SECONDS", 60.0)
    monkeypatch.setattr(rights, "sleep", waiting)
    house, mine = scene.house, bearer(scene.tokens["read", "flags"])
    for path in ("/instances/shop", "/instances/none", f"/upgrades/{scene.upgrades['shop']}", f"/outputs/{'0' * 64}"):
        assert (await house.anyone.get(path, headers=mine)).status_code == 404
    assert len(waited) == 4
    assert all(50 < seconds <= 60 for seconds in waited)
    assert (await house.client.get("/instances/none")).status_code == 404
    assert (await house.anyone.get("/instances/flags", headers=mine)).status_code == 200
    assert len(waited) == 4


async def holding(house: House, name: str, *scopes: str) -> httpx.AsyncClient:
    """A client with a token of these scopes."""
    made = await house.client.post("/tokens", json={"name": name, "scopes": list(scopes)})
    assert (made.status_code, made.json()["scopes"]) == (201, list(scopes)), made.text
    transport = httpx.ASGITransport(house.app)  # pyright: ignore[reportArgumentType]
    return httpx.AsyncClient(transport=transport, base_url="http://house", headers=bearer(made.json()["secret"]))


async def test_who_sees_an_instance_is_refused_by_name(house: House) -> None:
    """What a token may read is there for it, also where it may do nothing with it."""
    await house.register(labels=FOREIGN)
    mine = await holding(house, "mine", "read", "operate:team=flags")
    answer = await mine.post("/upgrades", json={"instance": "flags", "target": "6.10.1"})
    assert (answer.status_code, problem(answer)) == (403, "scope-missing")
    assert "team=flags" in answer.json()["detail"]


async def test_labels_are_no_way_to_get_rights(house: House) -> None:
    """Neither into one's own label nor out of another's: whoever configures for all, or for one label, changes none."""
    await house.register(labels=FOREIGN)
    shown = {key: value for key, value in FLAGS.items() if key != "version"}
    for name, scopes in (("all", ["configure", "operate:team=flags"]), ("shop", ["configure:team=shop"])):
        mine = await holding(house, name, *scopes)
        for labels in (OWN, {}, FOREIGN | {"stage": "live"}):
            answer = await mine.put("/instances/flags", json=shown | {"labels": labels})
            assert (answer.status_code, problem(answer)) == (403, "labels-fixed")
        assert (await mine.put("/instances/flags", json=shown | {"labels": FOREIGN})).status_code == 200
    answer = await house.client.put("/instances/flags", json=shown | {"labels": OWN})
    assert (answer.status_code, answer.json()["labels"]) == (200, OWN)
    assert problem(await mine.get("/instances/flags")) == "scope-missing"
    assert problem(await mine.post("/instances/flags/retire")) == "instance-unknown"


async def test_what_others_have_taken_is_not_said_to_be_theirs(house: House) -> None:
    """A name and a port are free or not, and of whom they are is for those who see it."""
    await house.register(labels=FOREIGN)
    mine = await holding(house, "mine", "configure:team=flags")
    taken = await mine.post("/instances", json=FLAGS | {"labels": OWN})
    assert (problem(taken), taken.json()["detail"]) == (
        "instance-name-taken",
        "The name flags is taken; choose another.",
    )
    same = await mine.post("/instances", json=FLAGS | {"name": "mine", "labels": OWN})
    assert problem(same) == "instance-identity-taken"
    for answer in (taken, same):
        assert "existing" not in answer.json()
        assert "shop" not in answer.text


async def test_labels_that_an_instance_has_now_are_what_counts(house: House) -> None:
    """Whoever was given it sees all of its past, and whose it was sees nothing of it, also in lists that lag behind."""
    await house.register(labels=OWN)
    await house.show()
    old, new = await holding(house, "old", "read:team=flags"), await holding(house, "new", "read:team=shop")
    assert len((await old.get("/instances")).json()["items"]) == 1
    shown = {key: value for key, value in FLAGS.items() if key != "version"}
    await house.client.put("/instances/flags", json=shown | {"labels": FOREIGN})
    assert (await old.get("/instances")).json()["items"] == []
    for path in ("/instances/flags", "/instances/flags?at=9999", "/instances/flags/history"):
        assert problem(await old.get(path)) == "instance-unknown"
        assert (await new.get(path)).status_code == 200


ASKED: tuple[tuple[str, str, dict[str, Any], type[Struct]], ...] = (
    ("POST", "/upgrades", {"instance": "flags", "target": "6.10.1"}, e.UpgradeRequested),
    ("POST", "/instances/flags/retire", {}, e.InstanceRetired),
    ("PUT", "/instances/flags", {**FLAGS, "labels": OWN, "port": 4300}, e.InstanceReconfigured),
)


@pytest.mark.parametrize(("method", "path", "body", "event"), ASKED, ids=[path for _, path, *_ in ASKED])
async def test_a_right_that_ends_meanwhile_is_none(
    house: House, monkeypatch: pytest.MonkeyPatch, method: str, path: str, body: dict[str, Any], event: type[Struct]
) -> None:
    """What is decided anew, for the instance was given away while it was asked for, is refused as if asked then."""
    await house.register(labels=OWN)
    mine = await holding(house, "mine", "configure:team=flags", "operate:team=flags")
    shown = {key: value for key, value in FLAGS.items() if key != "version"}
    really, given_away = Log.append, asyncio.Event()

    async def overtaken(log: Log, stream_id: str, expected: int, events: Any, *more: Any, **named: Any) -> Any:
        if isinstance(events[0], event) and not given_away.is_set():
            given_away.set()
            await house.client.put("/instances/flags", json=shown | {"labels": FOREIGN})
        return await really(log, stream_id, expected, events, *more, **named)

    monkeypatch.setattr(Log, "append", overtaken)
    asked = {key: value for key, value in body.items() if key != "version"}
    assert problem(await mine.request(method, path, json=asked)) == "instance-unknown"
    assert given_away.is_set()
    assert (await house.client.get("/instances/flags")).json()["labels"] == FOREIGN


async def test_a_key_repeats_nothing_that_another_token_of_the_name_was_answered(house: House) -> None:
    """A token's name may be given anew; an answer under its key is not, where the new one sees less."""
    await house.register(labels=FOREIGN)
    key, ask = {"Idempotency-Key": "one"}, {"instance": "flags", "target": "6.10.1"}
    first = await holding(house, "ci", "operate:team=shop")
    assert (await first.post("/upgrades", json=ask, headers=key)).status_code == 202
    assert (await first.post("/upgrades", json=ask, headers=key)).status_code == 202
    tokens = {each["name"]: each["id"] for each in (await house.client.get("/tokens")).json()["items"]}
    await house.client.post(f"/tokens/{tokens['ci']}/revoke")
    second = await holding(house, "ci", "operate:team=flags")
    assert problem(await second.post("/upgrades", json=ask, headers=key)) == "instance-unknown"


async def test_a_plan_counts_no_upgrades_of_others(house: House) -> None:
    """What others on the host took is told to those who see them."""
    await house.register(labels=OWN)
    other = await house.register(name="shop", labels=FOREIGN)
    await house.show()
    assert await house.resources.views.like("unleash", "npx", "local", 9) == sorted(
        [other, (await house.client.get("/instances/flags")).json()["id"]]
    )
    mine = await house.resources.tokens.issue("mine", (), BY, bound=(BoundScope("operate", OWN),))
    token = await house.resources.tokens.authenticate(mine.secret)
    assert token
    assert other not in await house.resources.views.like("unleash", "npx", "local", 9, token.reach("operate"))
