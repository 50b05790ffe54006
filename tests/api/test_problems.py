import re
from pathlib import Path

from astrolabe import domain
from astrolabe.api.http.problem_catalogue import CATALOGUE
from tests.api.house import House, problem
from tests.api.troubleshooting_page import HEADING, PAGE, page

FAILURE = re.compile(r'StepFailed\(\s*"([a-z-]+)"')
CODE = re.compile(r'Refused\(\s*"([a-z-]+)"')


def test_every_refusal_of_domain_and_store_has_a_problem_type() -> None:
    """No code that decide or the store may refuse with is missing from the catalogue."""
    top = Path(domain.__file__).parent.parent
    files = [*(top / "domain").rglob("*.py"), *(top / "store").rglob("*.py")]
    codes = {code for file in files for code in CODE.findall(file.read_text())}
    assert "instance-busy" in codes
    assert codes - set(CATALOGUE) == set()


async def test_a_problem_type_can_be_looked_up(house: House) -> None:
    """Following the `type` of an answer leads to a page that says what it means and what helps, without a token."""
    kind = (await house.anyone.get("/instances")).json()["type"]
    page = (await house.anyone.get(kind)).json()
    assert (page["name"], page["status"], bool(page["help"])) == ("token-missing", 401, True)
    every = (await house.anyone.get("/problems")).json()["items"]
    assert {each["name"] for each in every} == set(CATALOGUE)
    assert problem(await house.anyone.get("/problems/nothing")) == "not-found"


async def test_a_wrong_method_is_told_which_are_right(house: House) -> None:
    """A 405 lists the methods in its Allow header."""
    answer = await house.client.delete("/instances")
    assert (answer.status_code, problem(answer)) == (405, "method-not-allowed")
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))


async def test_a_path_that_leads_nowhere_is_a_problem_wherever_it_is(house: House) -> None:
    """Also beside the OpenAPI document, where Litestar has a page of its own."""
    for path in ("/nothing", "/schema/nothing", "/page/nothing"):
        answer = await house.anyone.get(path)
        assert (answer.status_code, problem(answer)) == (404, "not-found"), path


def test_the_page_of_troubles_leaves_no_problem_out() -> None:
    """What the API may refuse is there as the catalogue says it, and what a step may fail with is explained."""
    assert PAGE.read_text("utf-8") == page()
    top = Path(domain.__file__).parent.parent
    said = "\n".join(file.read_text("utf-8") for file in (top / "workers").rglob("*.py"))
    failures = {*FAILURE.findall(said), "plan-changed"}
    assert len(failures) > 40
    explained = re.findall(r"(?m)^\| `([a-z-]+)` \|", page().partition(HEADING)[0])
    assert explained == sorted(failures)
