"""Sessions: the console's cookie is the token, and nothing that another site can have a browser send."""

import httpx

from tests.api.house import FLAGS, House, bearer, problem

CONSOLE = {"X-Astrolabe-Console": "1"}


async def sign_in(house: House, secret: str, **headers: str) -> httpx.Response:
    """Sign in as the console does."""
    return await house.anyone.post("/sign-in", json={"token": secret}, headers=CONSOLE | headers)


async def test_signing_in_keeps_the_token_where_no_script_and_no_other_site_has_it(house: House) -> None:
    """The cookie is for this site's own requests alone, and where the page came by TLS it goes by nothing else."""
    answer = await sign_in(house, house.secrets["read"])
    assert (answer.status_code, answer.json()["name"], answer.json()["scopes"]) == (200, "reader", ["read"])
    cookie = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/"} <= cookie
    assert not {"secure"} & cookie
    assert house.secrets["read"] not in answer.text
    by_tls = await sign_in(house, house.secrets["read"], Origin="https://astrolabe.example")
    assert "Secure" in by_tls.headers["set-cookie"]


async def test_the_cookie_is_the_token(house: House) -> None:
    """It may what the token may, as the token's actor; a header that is sent as well comes first."""
    asked = {"name": "owner", "scopes": ["read", "configure"]}
    await sign_in(house, (await house.client.post("/tokens", json=asked)).json()["secret"])
    assert problem(await house.anyone.get("/tokens")) == "scope-missing"
    made = await house.anyone.post("/instances", json=FLAGS, headers=CONSOLE)
    assert made.status_code == 201
    history = (await house.client.get("/instances/flags/history")).json()["items"]
    assert [each["actor"] for each in history] == ["owner"]
    assert (await house.anyone.get("/instances", headers=bearer(house.secrets["read"]))).status_code == 200


async def test_a_change_needs_more_than_the_cookie(house: House) -> None:
    """What another site has a browser send has the cookie at most, and changes nothing: neither does a form of it."""
    await sign_in(house, house.secrets["admin"])
    before = await house.size()
    for headers in ({}, {"Origin": "https://evil.example"}, {"Content-Type": "text/plain"}):
        assert problem(await house.anyone.post("/instances", json=FLAGS, headers=headers)) == "cross-site-request"
    strange = await house.anyone.post("/sign-in", json={"token": house.secrets["admin"]})
    assert (strange.status_code, problem(strange)) == (403, "cross-site-request")
    assert "set-cookie" not in strange.headers
    assert await house.size() == before
    assert (await house.anyone.get("/instances")).status_code == 200


async def test_a_session_ends_with_its_token(house: House) -> None:
    """Revoked, the cookie is good for nothing at once."""
    made = (await house.client.post("/tokens", json={"name": "phone", "scopes": ["read"]})).json()
    await sign_in(house, made["secret"])
    assert (await house.anyone.get("/session")).json()["name"] == "phone"
    await house.client.post(f"/tokens/{made['id']}/revoke")
    assert problem(await house.anyone.get("/session")) == "token-invalid"


async def test_signing_out_forgets_the_cookie(house: House) -> None:
    """The browser has it no more, and the token itself goes on."""
    await sign_in(house, house.secrets["read"])
    assert (await house.anyone.post("/sign-out", headers=CONSOLE)).status_code == 204
    assert problem(await house.anyone.get("/session")) == "token-missing"
    assert (await house.anyone.get("/session", headers=bearer(house.secrets["read"]))).status_code == 200


async def test_a_wrong_token_signs_nobody_in(house: House) -> None:
    """It is counted as wrong tokens are; one that may not read could see nothing."""
    answer = await sign_in(house, "astro_wrong")
    assert (answer.status_code, problem(answer), "set-cookie" in answer.headers) == (401, "token-invalid", False)
    blind = await sign_in(house, house.secrets["approve"])
    assert (blind.status_code, problem(blind), blind.json()["scope"]) == (403, "scope-missing", "read")
