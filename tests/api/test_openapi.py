from typing import Any

import pytest

from astrolabe.api.http.problem_catalogue import CATALOGUE
from tests.api.house import House
from tests.api.test_access import NEEDS


@pytest.fixture
async def document(house: House) -> dict[str, Any]:
    """The OpenAPI document as anybody may read it."""
    answer = await house.anyone.get("/schema/openapi.json")
    assert answer.status_code == 200
    return answer.json()


async def test_the_document_lists_every_route_with_its_problems(document: dict[str, Any]) -> None:
    """Each route has a summary, a sentence, the scope it needs, and its problems as problem+json."""
    listed = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert listed >= set(NEEDS)
    for (method, path), scope in NEEDS.items():
        operation = document["paths"][path][method.lower()]
        assert operation["summary"]
        assert operation["description"]
        by_cookie = {"session": [scope]} | ({"console": []} if method != "GET" else {})
        assert operation["security"] == [{"token": [scope]}, by_cookie]
        assert {"400", "401", "403", "500", "503"} <= set(operation["responses"])


async def test_every_error_in_the_document_is_a_problem_of_the_catalogue(document: dict[str, Any]) -> None:
    """No route documents an error in another form than problem+json, nor with a type that is not in the catalogue."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            for status, answer in operation["responses"].items():
                if int(status) < 400:
                    continue
                assert list(answer["content"]) == ["application/problem+json"], (method, path, status)
                examples = answer["content"]["application/problem+json"]["examples"].values()
                names = [each["value"]["type"].removeprefix("/problems/") for each in examples]
                assert names
                assert {CATALOGUE[name].status for name in names} == {int(status)}


async def test_bodies_have_examples_that_are_accepted(house: House, document: dict[str, Any]) -> None:
    """Whoever copies the examples registers an instance, asks for its upgrade and makes a token."""
    for path, status in (("/instances", 201), ("/upgrades", 202), ("/tokens", 201)):
        schema = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        answer = await house.client.post(path, json=schema["examples"][0])
        assert answer.status_code == status, answer.text
