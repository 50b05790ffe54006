"""What a person names things by, and what they are asked before people lose service."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from tests.cli.terminal import at_terminal
from tests.cli.test_commands import REGISTER, astrolabe
from tests.store.stage import eventually

Names = dict[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def flags(relayed: dict[str, str]) -> Names:
    """The ids of two upgrades of flags, the first cancelled; both are in the lists."""
    database = ("--database", "postgresql://unleash@127.0.0.1/unleash")
    await astrolabe(*REGISTER, *database, **relayed)
    made: list[str] = []
    for target in ("6.0.0", "6.10.1"):
        asked = await astrolabe("upgrade", "flags", target, "--yes", "--detach", "--json", **relayed)
        assert asked.returncode == 0, asked.stderr
        made.append(json.loads(asked.stdout)["id"])
        if target == "6.0.0":
            assert (await astrolabe("cancel", "flags", "--detach", **relayed)).returncode == 0

    async def listed() -> bool:
        return len((await astrolabe("upgrades", **relayed)).stdout.splitlines()) == len(made)

    await eventually(listed)
    return {"first": made[0], "last": made[1]}


@pytest.mark.parametrize(
    ("given", "which"),
    [
        (lambda upgrade: upgrade, "first"),
        (lambda upgrade: upgrade[-12:], "first"),
        (lambda upgrade: upgrade[-5:], "last"),
        (lambda upgrade: upgrade[:30], "last"),
        (lambda _: "flags", "last"),
    ],
)
async def test_an_upgrade_is_found_by_what_a_person_types(
    given: Callable[[str], str], which: str, flags: Names, relayed: dict[str, str]
) -> None:
    """Its id, the beginning or the end of it, or the name of the instance that it is the last of."""
    found = await astrolabe("events", given(flags[which]), "--json", **relayed)
    if given(flags[which]) == "flags":
        assert '"instance_registered"' in found.stdout
        found = await astrolabe("cancel", "flags", "--detach", "--json", **relayed)
        assert json.loads(found.stdout)["id"] == flags["last"]
        return
    first = json.loads(found.stdout.splitlines()[0])
    assert (first["type"], first["data"]["upgrade_id"]) == ("upgrade_requested", flags[which])


@pytest.mark.usefixtures("flags")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("watch", "01"), "No upgrade has this id; astrolabe upgrades lists"),
        (("watch", "ffffffff"), "is the beginning or end of no upgrade"),
        (("watch", "nobody"), "No upgrade has this id"),
        (("events", "nobody"), "No upgrade has this id"),
        (("token", "revoke", "nobody", "--yes"), "nobody names no token in use"),
        (("token", "revoke", "ffffffff", "--yes"), "is the beginning or end of no token in use"),
        (("logs", "flags"), "Nothing that flags said was kept"),
    ],
)
async def test_what_is_not_there_is_told(words: tuple[str, ...], told: str, relayed: dict[str, str]) -> None:
    """Exit code 2, and one line that says what would be found."""
    ended = await astrolabe(*words, **relayed)
    assert ended.returncode == 2, ended
    assert len(ended.stderr.splitlines()) == 1
    assert told in ended.stderr


async def test_a_part_of_two_ids_is_refused_with_both(flags: Names, relayed: dict[str, str]) -> None:
    """Which one was meant is not guessed."""
    ended = await astrolabe("watch", flags["first"][:6], **relayed)
    assert ended.returncode == 2
    assert flags["first"] in ended.stderr
    assert flags["last"] in ended.stderr


async def test_a_token_is_revoked_by_its_name(relayed: dict[str, str]) -> None:
    """Nobody has to look up an id."""
    made = await astrolabe("token", "create", "gone", "--scope", "read", **relayed)
    assert (await astrolabe("token", "revoke", "gone", "--yes", **relayed)).returncode == 0
    ended = await astrolabe("instances", **(relayed | {"ASTROLABE_TOKEN": made.stdout.strip()}))
    assert ended.returncode == 2


@pytest.mark.usefixtures("flags")
@pytest.mark.parametrize(
    "words",
    ["upgrade asked 6.10.1", "rollback flags", "retry flags", "approve flags --reason r", "retire flags"],
)
async def test_who_cannot_be_asked_says_yes_beforehand(words: str, relayed: dict[str, str]) -> None:
    """Where nobody answers, nothing is done without --yes, and the line says what people would lose."""
    await astrolabe("register", "asked", *REGISTER[2:-1], "4301", "--database", "postgresql://u@h/asked", **relayed)
    before = (await astrolabe("history", "flags", **relayed)).stdout
    ended = await astrolabe(*words.split(), **relayed)
    assert ended.returncode == 2, ended
    assert ended.stderr.endswith("Nobody is here to ask: say --yes.\n")
    assert len(ended.stderr.splitlines()) == 1
    assert (await astrolabe("history", "flags", **relayed)).stdout == before


async def test_a_person_is_asked_and_may_say_no(relayed: dict[str, str]) -> None:
    """No is exit code 130, and changes nothing; yes goes on."""
    await astrolabe("register", "doubt", *REGISTER[2:-1], "4302", "--database", "postgresql://u@h/doubt", **relayed)
    code, seen = await at_terminal(("retire", "doubt"), relayed, "n")
    assert code == 130
    assert "doubt is never upgraded again" in seen
    assert json.loads((await astrolabe("show", "doubt", "--json", **relayed)).stdout)["status"] == "idle"
    code, seen = await at_terminal(("retire", "doubt"), relayed, "y")
    assert (code, "doubt is retired." in seen) == (0, True)
    assert json.loads((await astrolabe("show", "doubt", "--json", **relayed)).stdout)["status"] == "retired"


async def test_an_instance_is_shown_as_it_stood(relayed: dict[str, str]) -> None:
    """What was changed since is as it was."""
    await astrolabe("register", "then", *REGISTER[2:-1], "4303", "--database", "postgresql://u@h/then", **relayed)
    moment = datetime.now(UTC).isoformat()
    await astrolabe("reconfigure", "then", "--port", "4304", **relayed)
    ports = [
        json.loads((await astrolabe("show", "then", *at, "--json", **relayed)).stdout)["port"]
        for at in (("--at", moment), ())
    ]
    assert ports == [4303, 4304]
    early = await astrolabe("show", "then", "--at", "2001-01-01T00:00:00Z", **relayed)
    assert (early.returncode, "No instance is known as 'then'" in early.stderr) == (2, True)


@pytest.mark.usefixtures("flags")
async def test_who_sees_one_team_follows_its_upgrade_to_the_end(relayed: dict[str, str]) -> None:
    """Without a position in the whole log, which says how much happens to others; these are not in any list."""
    database = ("--database", "postgresql://u@h/paying", "--label", "team=payments")
    made = await astrolabe("register", "paying", *REGISTER[2:-1], "4302", *database, **relayed)
    assert made.returncode == 0, made.stderr
    scopes = ("--scope", "read:team=payments", "--scope", "operate:team=payments")
    secret = (await astrolabe("token", "create", "payer", *scopes, **relayed)).stdout.strip()
    mine = relayed | {"ASTROLABE_TOKEN": secret}
    asked = await astrolabe("upgrade", "paying", "6.10.1", "--yes", "--detach", **mine)
    assert asked.returncode == 0, asked.stderr
    ended = await astrolabe("cancel", "paying", "--json", **mine)
    assert ended.returncode == 0, ended.stderr
    *told, operation = [json.loads(line) for line in ended.stdout.splitlines()]
    assert operation["status"] == "cancelled"
    assert [each["type"] for each in told] == ["upgrade_requested", "upgrade_cancelled"]
    assert [(each["position"], each["cursor"]) for each in told] == [(None, 2), (None, 3)]
    assert (await astrolabe("show", "flags", **mine)).returncode == 2

    async def listed() -> bool:
        return "paying" in (await astrolabe("instances", **mine)).stdout

    await eventually(listed)
    assert "flags" not in (await astrolabe("instances", **mine)).stdout
