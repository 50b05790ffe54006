from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

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


def examples(document: dict[str, Any]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Each example of an answer: where it is, what it is, and the schema that it has beside it."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            for status, answer in operation["responses"].items():
                for content in answer.get("content", {}).values():
                    for each in content.get("examples", {}).values():
                        yield f"{method.upper()} {path} {status}", each["value"], content["schema"]


def strict(schema: Any) -> Any:
    """A schema under which an object has no fields but those that are described."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {"additionalProperties": False} if "properties" in schema and "type" in schema else {}
    return closed | {name: strict(each) for name, each in schema.items()}


async def test_answers_have_examples_that_are_as_their_schemas_say(document: dict[str, Any]) -> None:
    """What a reader sees of an operation, an instance, the fleet or a problem is what a client would accept."""
    components = strict(document["components"])
    shown = set[str]()
    for where, value, schema in examples(document):
        validator = Draft202012Validator(
            {**strict(schema), "components": components}, format_checker=Draft202012Validator.FORMAT_CHECKER
        )
        assert [error.message for error in validator.iter_errors(value)] == [], where
        shown.add(where)
    assert shown >= {
        "POST /upgrades 202",
        "GET /upgrades/{upgrade_id} 200",
        "GET /instances/{ref} 200",
        "GET /fleet 200",
        "POST /upgrades 409",
    }


async def test_examples_have_every_field_that_an_answer_has(house: House, document: dict[str, Any]) -> None:
    """No field of an answer is missing in the example that a reader goes by."""
    await house.register()
    upgrade_id = await house.request()
    await house.show()
    shown = {where: value for where, value, _ in examples(document)}
    answers = {
        "GET /upgrades/{upgrade_id} 200": f"/upgrades/{upgrade_id}",
        "GET /instances/{ref} 200": "/instances/flags",
        "GET /fleet 200": "/fleet",
    }
    for where, path in answers.items():
        assert set((await house.client.get(path)).json()) == set(shown[where])


async def test_bodies_have_examples_that_are_accepted(house: House, document: dict[str, Any]) -> None:
    """Whoever copies the examples registers an instance, asks for its upgrade and makes a token."""
    for path, status in (("/instances", 201), ("/upgrades", 202), ("/tokens", 201)):
        schema = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        answer = await house.client.post(path, json=schema["examples"][0])
        assert answer.status_code == status, answer.text
