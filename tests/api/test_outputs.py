"""Outputs through the API."""

from datetime import UTC, datetime, timedelta

from tests.api.house import House, problem


async def test_an_output_is_read_by_its_hash(house: House) -> None:
    """It is plain text, and no browser is to take it for anything else."""
    digest = await house.resources.outputs.put("<b>all is well</b>", datetime.now(UTC) + timedelta(hours=1))
    answer = await house.client.get(f"/outputs/{digest}")
    assert (answer.status_code, answer.text) == (200, "<b>all is well</b>")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_what_is_not_there_and_what_is_no_hash_is_unknown(house: House) -> None:
    """An output that went with its retention is 404, and so is a word that is no hash."""
    for odd in ("0" * 64, "abc", "Z" * 64, "0" * 65):
        answer = await house.client.get(f"/outputs/{odd}")
        assert (answer.status_code, problem(answer)) == (404, "output-unknown")
