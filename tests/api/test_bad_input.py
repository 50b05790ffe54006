from typing import Any, NamedTuple

import pytest

from astrolabe.domain.instances.instance import InstanceConfig
from astrolabe.domain.instances.registration import check_config
from astrolabe.domain.problem import Refused
from astrolabe.domain.products.product import Npm, Product
from tests.api.house import FLAGS, House, problem

ASK = {"instance": "flags", "target": "6.10.1"}


def ask(**changes: Any) -> dict[str, Any]:
    """A request for an upgrade with something wrong."""
    return {"json": ASK | changes}


def register(**changes: Any) -> dict[str, Any]:
    """A registration with something wrong."""
    return {"json": FLAGS | {"name": "other"} | changes}


class Bad(NamedTuple):
    """A mistake: where it is sent, what is sent, the problem it is, and the field that is named."""

    path: str
    request: dict[str, Any]
    problem: str
    field: str | None = None


def header(name: str, value: str) -> dict[str, Any]:
    """A request for an upgrade with this header."""
    return {"json": ASK, "headers": {name: value}}


def raw(content: bytes) -> dict[str, Any]:
    """A body that is sent as it is."""
    return {"content": content, "headers": {"Content-Type": "application/json"}}


def token(name: str, *scopes: str) -> dict[str, Any]:
    """A request for a token."""
    return {"json": {"name": name, "scopes": scopes}}


PROJECT = {"kind": "compose", "compose": {"folder": "/srv/x", "name": "x"}}
SECRET = {"LOG_LEVEL": "env:ASTROLABE_SECRET_X"}
NOBODY = "019a0000-0000-7000-8000-000000000000"
CASES = {
    "an unknown version": Bad("/upgrades", ask(target="six"), "version-invalid", "target"),
    "a version with a shell in it": Bad("/upgrades", ask(target="1.0.0;rm -rf /"), "version-invalid", "target"),
    "a version that is an option": Bad("/upgrades", ask(target="--registry=evil"), "version-invalid", "target"),
    "a version that ends a line": Bad("/upgrades", ask(target="6.10.1\n"), "version-invalid", "target"),
    "a version in other digits": Bad("/upgrades", ask(target="6.1\u0660.1"), "version-invalid", "target"),
    "a version that semver refuses": Bad("/upgrades", ask(target="7.0.0-a..b"), "version-invalid", "target"),
    "an unknown instance": Bad("/upgrades", ask(instance="nobody"), "instance-unknown"),
    "an instance that is a path": Bad("/upgrades", ask(instance="../etc"), "instance-unknown"),
    "a gateway without a port": Bad("/instances", register(port=None), "port-unfit"),
    "a gateway with nothing to know it by": Bad(
        "/instances", register(port=None, database=None), "field-invalid", "the body"
    ),
    "a gateway with a prefix": Bad("/instances", register(prefix="/opt/astra"), "field-invalid", "the body"),
    "a command line with a port": Bad("/instances", register(kind="cli"), "field-invalid", "the body"),
    "a prefix that climbs": Bad("/instances", register(prefix="/opt/../etc"), "field-invalid", "prefix"),
    "no target": Bad("/upgrades", {"json": {"instance": "flags"}}, "field-invalid", "target"),
    "an unknown field": Bad("/upgrades", ask(force=True), "field-unknown", "force"),
    "a field of another type": Bad("/upgrades", ask(validate_only="yes"), "field-invalid", "validate_only"),
    "a reason that steers a terminal": Bad("/upgrades", ask(reason="\x1b[2J"), "field-invalid", "reason"),
    "a wrong parameter": Bad("/upgrades?validate_only=maybe", ask(), "parameter-invalid", "validate_only"),
    "malformed JSON": Bad("/upgrades", raw(b"{"), "json-malformed"),
    "bytes that are no text": Bad("/upgrades", raw(b"\xff"), "json-malformed"),
    "no body": Bad("/upgrades", raw(b""), "json-malformed"),
    "a list": Bad("/upgrades", raw(b"[]"), "field-invalid", "the body"),
    "a deep list": Bad("/upgrades", raw(b"[" * 60_000), "field-invalid", "the body"),
    "a form": Bad("/upgrades", {"data": ASK}, "media-type-unsupported"),
    "an oversized body": Bad("/upgrades", ask(reason="x" * 70_000), "body-too-large"),
    "a wrong If-Match": Bad("/upgrades", header("If-Match", '"9"'), "version-mismatch"),
    "a malformed If-Match": Bad("/upgrades", header("If-Match", "9"), "if-match-invalid"),
    "a weak If-Match": Bad("/upgrades", header("If-Match", 'W/"1"'), "if-match-invalid"),
    "a key too long": Bad("/upgrades", header("Idempotency-Key", "k" * 129), "idempotency-key-invalid"),
    "a key with a space": Bad("/upgrades", header("Idempotency-Key", "a b"), "idempotency-key-invalid"),
    "an unknown product": Bad("/instances", register(product="nothing"), "product-unknown"),
    "an unsupported kind": Bad("/instances", register(product="astra", **PROJECT), "kind-unsupported"),
    "compose without a project": Bad("/instances", register(kind="compose"), "field-invalid", "the body"),
    "a project without compose": Bad(
        "/instances", register(compose={"folder": "/srv/x", "name": "x"}), "field-invalid", "the body"
    ),
    "a project folder that leads up": Bad(
        "/instances",
        register(kind="compose", compose={"folder": "/srv/../x", "name": "x"}),
        "field-invalid",
        "compose.folder",
    ),
    "a file that is an option": Bad(
        "/instances",
        register(kind="compose", compose={"folder": "/srv/x", "name": "x", "files": ["--help"]}),
        "field-invalid",
        "compose.files[0]",
    ),
    "an engine that is an option": Bad(
        "/instances",
        register(kind="compose", compose={"folder": "/srv/x", "name": "x", "engine": "-H"}),
        "field-invalid",
        "compose.engine",
    ),
    "an unknown kind": Bad("/instances", register(kind="helm"), "field-invalid", "kind"),
    "an unknown setting": Bad("/instances", register(settings={"PATH": "."}), "setting-unknown"),
    "an unknown secret": Bad("/instances", register(secrets={"X": SECRET["LOG_LEVEL"]}), "setting-unknown"),
    "a setting in lower case": Bad("/instances", register(settings={"a": "1"}), "field-invalid", "settings"),
    "a setting with a line end": Bad("/instances", register(settings={"A": "1\n"}), "field-invalid", "settings[...]"),
    "a setting twice": Bad("/instances", register(settings={"LOG_LEVEL": "x"}, secrets=SECRET), "setting-twice"),
    "no database": Bad("/instances", register(database=None), "database-missing"),
    "half a database": Bad("/instances", register(database={"name": "a"}), "field-invalid", "database.user"),
    "a password in clear": Bad(
        "/instances",
        register(database={"name": "a", "user": "a", "password": "hunter2"}),
        "field-invalid",
        "database.password",
    ),
    "a name that is an option": Bad("/instances", register(name="-x"), "field-invalid", "name"),
    "a port out of range": Bad("/instances", register(port=70_000), "field-invalid", "port"),
    "a port in words": Bad("/instances", register(port="4242"), "field-invalid", "port"),
    "latest as what runs": Bad("/instances", register(version="latest"), "version-invalid", "version"),
    "a taken name": Bad("/instances", register(name="flags"), "instance-name-taken"),
    "no such upgrade": Bad(f"/upgrades/{NOBODY}/cancel", {}, "upgrade-unknown"),
    "an id that is none": Bad("/upgrades/x'--/retry", {}, "upgrade-unknown"),
    "no such instance": Bad("/instances/nobody/retire", {}, "instance-unknown"),
    "no such token": Bad(f"/tokens/{NOBODY}/revoke", {}, "token-unknown"),
    "a token without scopes": Bad("/tokens", token("ci"), "field-invalid", "scopes"),
    "a token with an unknown scope": Bad("/tokens", token("ci", "root"), "field-invalid", "scopes[0]"),
    "a token's name in use": Bad("/tokens", token("reader", "read"), "token-exists"),
    "a key for a secret": Bad(
        "/tokens", token("ci", "read") | {"headers": {"Idempotency-Key": "k"}}, "idempotency-key-refused"
    ),
    "no such path": Bad("/nothing", {}, "not-found"),
    "no such method": Bad("/healthz", {}, "method-not-allowed"),
}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("bad", CASES.values(), ids=list(CASES))
async def test_bad_input_is_told_apart_and_records_nothing(shared_house: House, bad: Bad) -> None:
    """Each mistake has its own problem type and a sentence, names the field, and leaves the log as it was."""
    house = shared_house
    before = await house.size()
    answer = await house.client.post(bad.path, **bad.request)
    assert problem(answer) == bad.problem, answer.text
    assert [each["field"] for each in answer.json().get("errors", [])] == ([bad.field] if bad.field else [])
    assert await house.size() == before


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "path",
    [
        "/instances?limit=0",
        "/instances?limit=x",
        "/instances?after=flags",
        "/upgrades?before=1",
        "/instances/flags/history?after=-1",
        "/instances/flags/history?after=99999999999",
    ],
)
async def test_a_wrong_parameter_is_named(shared_house: House, path: str) -> None:
    """A parameter out of its bounds is refused before the database hears of it."""
    answer = await shared_house.client.get(path)
    assert (answer.status_code, problem(answer)) == (400, "parameter-invalid")
    assert answer.json()["errors"][0]["field"] in path


def test_settings_that_no_event_could_hold_are_refused() -> None:
    """A configuration whose settings are together too long is told so instead of failing in the log."""
    names = tuple(f"SETTING_{nth}" for nth in range(50))
    product = Product("wide", "Wide", Npm("wide", bin="wide"), settings=names)
    config = InstanceConfig("wide", "wide", 4242, settings=dict.fromkeys(names, "\u20ac" * 500))
    with pytest.raises(Refused) as raised:
        check_config(config, {"wide": product})
    assert raised.value.code == "instance-too-large"


async def test_a_fault_of_ours_says_nothing_of_its_inside(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected error is answered 500 without a word of what it was, and logged."""

    async def broken(*_: object, **__: object) -> None:
        raise ValueError("the secret of our inside")

    monkeypatch.setattr(type(house.resources.log), "last_position", broken)
    answer = await house.anyone.get("/readyz")
    assert (answer.status_code, problem(answer)) == (500, "internal-error")
    assert "inside" not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        '{"instance": "flags", "instance": "other", "target": "6.10.1"}',
        '{"instance": "flags", "target": "6.10.1", "validate_only": true, "validate_only": false}',
    ],
)
async def test_a_field_that_is_named_twice_is_refused(house: House, body: str) -> None:
    """Whoever looks at the body on its way may see the other value."""
    await house.register()
    before = await house.size()
    answer = await house.client.post("/upgrades", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, problem(answer)) == (400, "json-malformed")
    assert "twice" in answer.json()["detail"]
    assert await house.size() == before
