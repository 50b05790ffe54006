import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from litestar.handlers import HTTPRouteHandler

from astrolabe.api.app import create_app
from astrolabe.api.http.wrong_tokens import WrongTokens
from astrolabe.domain.access import Scope
from tests.api.house import FLAGS, House, bearer, problem

PUBLIC = {
    "/healthz",
    "/readyz",
    "/problems",
    "/problems/{name}",
    "/schema",
    "/schema/openapi.json",
    "/schema/{path}",
} | {"/", "/page/{name}", "/reference", "/sign-in", "/sign-out"}
NEEDS: dict[tuple[str, str], Scope] = {
    ("GET", "/instances"): "read",
    ("POST", "/instances"): "configure",
    ("GET", "/instances/{ref}"): "read",
    ("PUT", "/instances/{ref}"): "configure",
    ("POST", "/instances/{ref}/adopt"): "configure",
    ("POST", "/instances/{ref}/rename"): "configure",
    ("POST", "/instances/{ref}/retire"): "configure",
    ("GET", "/instances/{ref}/history"): "read",
    ("GET", "/instances/{ref}/rollback-point"): "read",
    ("GET", "/upgrades"): "read",
    ("POST", "/upgrades"): "operate",
    ("GET", "/upgrades/{upgrade_id}"): "read",
    ("GET", "/upgrades/{upgrade_id}/events"): "read",
    ("POST", "/upgrades/{upgrade_id}/cancel"): "operate",
    ("POST", "/upgrades/{upgrade_id}/retry"): "operate",
    ("POST", "/upgrades/{upgrade_id}/rollback"): "operate",
    ("POST", "/upgrades/{upgrade_id}/approve"): "approve",
    ("POST", "/upgrades/{upgrade_id}/reject"): "approve",
    ("POST", "/upgrades/{upgrade_id}/review"): "approve",
    ("GET", "/outputs/{sha256}"): "read",
    ("GET", "/upgrades/{upgrade_id}/evidence"): "read",
    ("GET", "/audit/events"): "read",
    ("GET", "/events"): "read",
    ("GET", "/audit/export"): "read",
    ("GET", "/audit/checkpoint"): "read",
    ("GET", "/audit/proofs/inclusion/{position}"): "read",
    ("GET", "/audit/proofs/consistency"): "read",
    ("GET", "/audit/proofs/tlog-proof/{position}"): "read",
    ("GET", "/audit/witnesses"): "read",
    ("GET", "/holds"): "read",
    ("POST", "/holds"): "admin",
    ("POST", "/holds/{hold_id}/lift"): "admin",
    ("GET", "/audit/tlog/{file}"): "read",
    ("GET", "/products"): "read",
    ("GET", "/products/{name}"): "read",
    ("GET", "/tokens"): "admin",
    ("POST", "/tokens"): "admin",
    ("POST", "/tokens/{token_id}/revoke"): "admin",
    ("GET", "/contacts"): "read",
    ("POST", "/contacts"): "configure",
    ("GET", "/contacts/{ref}"): "read",
    ("PUT", "/contacts/{ref}"): "configure",
    ("POST", "/contacts/{ref}/test"): "configure",
    ("POST", "/contacts/{ref}/remove"): "configure",
    ("GET", "/contacts/{ref}/notices"): "read",
    ("GET", "/webhooks"): "read",
    ("POST", "/webhooks"): "configure",
    ("GET", "/webhooks/types"): "read",
    ("GET", "/webhooks/types/{name}"): "read",
    ("GET", "/webhooks/{ref}"): "read",
    ("PUT", "/webhooks/{ref}"): "configure",
    ("POST", "/webhooks/{ref}/disable"): "configure",
    ("POST", "/webhooks/{ref}/enable"): "configure",
    ("POST", "/webhooks/{ref}/remove"): "configure",
    ("POST", "/webhooks/{ref}/rotate-secret"): "configure",
    ("GET", "/webhooks/{ref}/secret"): "configure",
    ("GET", "/webhooks/{ref}/deliveries"): "read",
    ("GET", "/webhooks/{ref}/deliveries/{delivery_id}"): "read",
    ("POST", "/webhooks/{ref}/deliveries/{delivery_id}/redeliver"): "configure",
    ("POST", "/webhooks/{ref}/recover"): "configure",
    ("POST", "/webhooks/{ref}/test"): "configure",
    ("GET", "/metrics"): "read",
    ("GET", "/fleet"): "read",
    ("GET", "/changes"): "read",
    ("GET", "/session"): "read",
}


def guarded_routes() -> Iterator[tuple[str, str]]:
    """Every route of the application that is not public."""
    app = create_app(database_url="postgresql://nobody@127.0.0.1/nothing")
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            assert isinstance(handler, HTTPRouteHandler)
            if route.path_format not in PUBLIC:
                yield from ((method, route.path_format) for method in handler.http_methods if method != "OPTIONS")


def test_every_route_is_listed_here_with_its_scope() -> None:
    """A route that is added must be added to the table below, or be public."""
    assert set(guarded_routes()) == set(NEEDS)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("route", "scope"), NEEDS.items(), ids=[" ".join(route) for route in NEEDS])
async def test_a_route_asks_for_its_scope(shared_house: House, route: tuple[str, str], scope: Scope) -> None:
    """Without a token it is 401, with a wrong one too, without the scope 403 naming it, and with it neither."""
    house = shared_house
    method, path = route[0], route[1].replace("{", "").replace("}", "")
    before = await house.size()
    for headers, status, name in (
        ({}, 401, "token-missing"),
        ({"Authorization": "Basic YTpi"}, 401, "token-missing"),
        (bearer("astro_wrong"), 401, "token-invalid"),
    ):
        answer = await house.anyone.request(method, path, headers=headers)
        assert (answer.status_code, problem(answer)) == (status, name)
        assert answer.headers["www-authenticate"].startswith('Bearer realm="astrolabe"')
    for other in {"read", "configure", "operate"} - {scope}:
        answer = await house.anyone.request(method, path, headers=bearer(house.secrets[other]))
        assert (answer.status_code, problem(answer), answer.json()["scope"]) == (403, "scope-missing", scope)
        assert f'scope="{scope}"' in answer.headers["www-authenticate"]
    allowed = await house.anyone.request(method, path, headers=bearer(house.secrets[scope]))
    assert allowed.status_code not in {401, 403}
    assert await house.size() == before


async def test_a_revoked_token_is_good_for_nothing_at_once(house: House) -> None:
    """A token works until the answer to its revocation, and then no more; its name is free again."""
    made = await house.client.post("/tokens", json={"name": "ci", "scopes": ["operate", "read", "read"]})
    assert (made.status_code, made.json()["scopes"]) == (201, ["read", "operate"])
    mine = bearer(made.json()["secret"])
    assert (await house.anyone.get("/instances", headers=mine)).status_code == 200
    assert (await house.client.post(f"/tokens/{made.json()['id']}/revoke")).status_code == 204
    assert problem(await house.anyone.get("/instances", headers=mine)) == "token-invalid"
    assert (await house.client.post("/tokens", json={"name": "ci", "scopes": ["read"]})).status_code == 201


async def test_a_token_that_has_expired_is_good_for_nothing(house: House) -> None:
    """It works until then; a moment that has passed, or is far away, is refused."""
    soon = datetime.now(UTC) + timedelta(seconds=1.5)
    made = await house.client.post("/tokens", json={"name": "ci", "scopes": ["read"], "expires_at": soon.isoformat()})
    assert made.status_code == 201
    mine = bearer(made.json()["secret"])
    assert (await house.anyone.get("/instances", headers=mine)).status_code == 200
    listed = {each["name"]: each["expires_at"] for each in (await house.client.get("/tokens")).json()["items"]}
    assert datetime.fromisoformat(listed["ci"]) == soon
    assert listed["adminer"] is None
    async with asyncio.timeout(10):
        while (answer := await house.anyone.get("/instances", headers=mine)).status_code == 200:
            await asyncio.sleep(0.05)
    assert problem(answer) == "token-invalid"
    assert datetime.now(UTC) >= soon
    for wrong in (soon, soon.replace(year=soon.year + 20)):
        ask = {"name": "other", "scopes": ["read"], "expires_at": wrong.isoformat()}
        assert problem(await house.client.post("/tokens", json=ask)) == "field-invalid"


async def test_a_token_is_of_a_person_or_a_service(house: House) -> None:
    """Which is shown, and of one of both; what binds its scopes is shown as it was asked for."""
    scopes = ["read", "operate:stage=live,team=payments"]
    ask = {"name": "phone", "scopes": scopes, "person": "alice@example.com"}
    made = (await house.client.post("/tokens", json=ask)).json()
    listed = {each["name"]: each for each in (await house.client.get("/tokens")).json()["items"]}
    for shown in (made, listed["phone"]):
        assert (shown["scopes"], shown["person"], shown["service"]) == (scopes, "alice@example.com", None)
    both = await house.client.post("/tokens", json=ask | {"name": "other", "service": "ci"})
    assert (problem(both), both.json()["errors"][0]["field"]) == ("field-invalid", "service")
    for wrong in ("admin:team=payments", "read:team", "write"):
        answer = await house.client.post("/tokens", json={"name": "other", "scopes": [wrong]})
        assert (problem(answer), answer.json()["errors"][0]["field"]) == ("field-invalid", "scopes[0]"), answer.text
    named = await house.client.post("/tokens", json=ask | {"name": "other", "person": "Alice"})
    assert problem(named) == "field-invalid"


async def test_the_last_use_of_a_token_is_shown(house: House) -> None:
    """Null before the first; also where it was refused for want of a scope."""
    ask = {"name": "ci", "scopes": ["read"]}
    secret = (await house.client.post("/tokens", json=ask)).json()["secret"]

    async def used() -> str | None:
        return {each["name"]: each["last_used_at"] for each in (await house.client.get("/tokens")).json()["items"]}[
            "ci"
        ]

    assert await used() is None
    before = datetime.now(UTC) - timedelta(seconds=5)
    assert problem(await house.anyone.get("/tokens", headers=bearer(secret))) == "scope-missing"
    last = await used()
    assert last
    assert before < datetime.fromisoformat(last)


async def test_who_had_which_rights_at_a_moment(house: House) -> None:
    """By a time or a position: tokens that were in use then, and none that had ended by itself or came later."""
    ends = datetime.now(UTC) + timedelta(seconds=30)
    ask = {"name": "ci", "scopes": ["operate:team=payments"], "service": "ci", "expires_at": ends.isoformat()}
    made = (await house.client.post("/tokens", json=ask)).json()
    await house.place()
    position = await house.value("SELECT max(position) FROM astrolabe.log")
    moment = (await house.value("SELECT max(recorded_at) FROM astrolabe.event")).astimezone(UTC).isoformat()
    await house.client.post(f"/tokens/{made['id']}/revoke")
    await house.client.post("/tokens", json={"name": "late", "scopes": ["read"]})
    for at in (str(position), moment):
        then = (await house.client.get("/tokens", params={"at": at})).json()["items"]
        assert {each["name"] for each in then} == {*(f"{scope}er" for scope in house.secrets), "ci"}
        (ci,) = [each for each in then if each["name"] == "ci"]
        assert (ci["scopes"], ci["service"], ci["last_used_at"]) == (["operate:team=payments"], "ci", None)
    long_ago = (await house.client.get("/tokens", params={"at": "2020-01-01T00:00:00Z"})).json()["items"]
    assert long_ago == []
    assert problem(await house.client.get("/tokens", params={"at": "yesterday"})) == "parameter-invalid"


async def test_the_last_admin_token_cannot_be_revoked(house: House) -> None:
    """One admin must be left to make tokens; once there is another, the first can go."""
    tokens = {each["name"]: each["id"] for each in (await house.client.get("/tokens")).json()["items"]}
    answer = await house.client.post(f"/tokens/{tokens['adminer']}/revoke")
    assert (answer.status_code, problem(answer)) == (409, "last-admin-token")
    await house.client.post("/tokens", json={"name": "deputy", "scopes": ["admin"]})
    assert (await house.client.post(f"/tokens/{tokens['adminer']}/revoke")).status_code == 204


async def test_the_actor_is_the_name_of_the_token(house: House) -> None:
    """What is done with a token is recorded under its name."""
    headers = bearer(house.secrets["configure"])
    assert (await house.anyone.post("/instances", json=FLAGS, headers=headers)).status_code == 201
    assert (await house.client.get("/instances/flags/history")).json()["items"][0]["actor"] == "configureer"


async def test_a_secret_is_shown_once_and_kept_nowhere(house: House) -> None:
    """A token's secret and its digest are in no answer but the first, and the secret in no table of the database."""
    made = await house.client.post("/tokens", json={"name": "ci", "scopes": ["admin"]})
    secret = made.json()["secret"]
    assert made.headers["cache-control"] == "no-store"
    mine = bearer(secret)
    answers = [
        await house.anyone.post("/instances", json=FLAGS, headers=mine | {"Idempotency-Key": "one"}),
        await house.anyone.post("/upgrades", json={"instance": "flags", "target": "6.10.1"}, headers=mine),
        await house.anyone.get("/instances/flags/history", headers=mine),
        await house.anyone.get("/tokens", headers=mine),
        await house.anyone.get("/metrics", headers=mine),
        await house.anyone.post("/tokens", json={"name": secret, "scopes": ["read"]}, headers=mine),
        await house.anyone.post("/tokens", json={"name": "ci", "scopes": ["read"]}, headers=mine),
    ]
    digest = await house.value("SELECT entry::json->'data'->>'digest' FROM astrolabe.event ORDER BY 1 LIMIT 1")
    assert len(digest) == 64
    told = "".join(answer.text + str(answer.headers) for answer in answers)
    assert (secret in told, digest in told) == (False, False)
    for table in ("event", "command", "view_instance", "view_upgrade"):
        text = await house.value(f"SELECT string_agg(t::text, '') FROM astrolabe.{table} t")
        assert secret not in (text or "")


def test_a_product_file_with_a_mistake_stops_the_start(tmp_path: Path) -> None:
    """The application is not made, and the error names file and line."""
    (tmp_path / "broken.toml").write_text('name = "broken"\ntitle = 7\n')
    with pytest.raises(ValueError, match=r"broken\.toml:2"):
        create_app(database_url="postgresql://nobody@127.0.0.1/nothing", product_folders=[tmp_path])


async def test_wrong_tokens_are_slowed_down_and_right_ones_are_not(house: House) -> None:
    """Whoever tries one token after another is told to wait; who has one at the same address is not held up."""
    tried = [await house.anyone.get("/instances", headers=bearer(f"astro_{number}")) for number in range(101)]
    assert {problem(answer) for answer in tried[:100]} == {"token-invalid"}
    assert (tried[100].status_code, problem(tried[100])) == (429, "too-many-wrong-tokens")
    assert int(tried[100].headers["retry-after"]) > 0
    assert (await house.client.get("/instances")).status_code == 200


def test_what_an_address_sent_is_forgotten_in_a_while() -> None:
    """After a minute it begins anew, and the addresses of the world fit into a bound."""
    now = 0.0
    sent = WrongTokens(lambda: now)
    assert [sent.too_many("a") for _ in range(102)] == [False] * 100 + [True] * 2
    assert not sent.too_many("b")
    now = 60.0
    assert not sent.too_many("a")
    for number in range(20_000):
        sent.too_many(str(number))
    assert len(sent._sent) == 10_000
