import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.house import FLAGS, House, problem

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
)


def near(body: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Bodies that are anything at all, or nearly right: some fields replaced, added or left out."""
    fields = st.sampled_from([*body, "reason", "settings", "secrets", "kind", "validate_only", "host"])
    changes = st.dictionaries(fields, anything, max_size=3)
    missing = st.sets(st.sampled_from(sorted(body)), max_size=1)
    close = st.builds(
        lambda change, gone: {k: v for k, v in (body | change).items() if k not in gone}, changes, missing
    )
    return anything | close


async def never_breaks(house: House, path: str, body: object) -> None:
    """Send a body, and see that the answer is a success or a problem that recorded nothing."""
    before = await house.size()
    answer = await house.client.post(
        path, content=json.dumps(body).encode("utf-8", "surrogatepass"), headers={"Content-Type": "application/json"}
    )
    recorded = await house.size() - before
    if answer.is_success:
        assert recorded <= 1
    else:
        assert (problem(answer) != "internal-error", recorded) == (True, 0), answer.text


FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FUZZ
@given(body=near({"instance": "flags", "target": "6.10.1"}))
async def test_no_body_breaks_a_request_for_an_upgrade(house: House, body: object) -> None:
    """Whatever JSON is sent to POST /upgrades, the answer is never 500, and only a success is recorded."""
    await never_breaks(house, "/upgrades", body)


@FUZZ
@given(body=near(FLAGS))
async def test_no_body_breaks_a_registration(house: House, body: object) -> None:
    """Whatever JSON is sent to POST /instances, the answer is never 500, and only a success is recorded."""
    await never_breaks(house, "/instances", body)


@FUZZ
@given(body=st.binary(max_size=200))
async def test_no_bytes_break_a_request(house: House, body: bytes) -> None:
    """Whatever bytes are sent as a body, the answer is a problem of the caller's, and nothing is recorded."""
    before = await house.size()
    answer = await house.client.post("/tokens", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, await house.size()) == (400, before), answer.text
    assert problem(answer)
