"""Obstacles of a database, judged: what refuses an upgrade, and what is only told."""

import pytest

from astrolabe.domain.upgrades.database_obstacles import (
    ADVICE,
    Collation,
    DatabaseObstacles,
    ForeignSession,
    obstacle_checks,
)


def checks(found: DatabaseObstacles) -> dict[str, tuple[bool, str]]:
    """Judge obstacles; return each check by its name."""
    return {each.name: (each.ok, each.seen) for each in obstacle_checks(found)}


def test_a_database_without_obstacles_passes() -> None:
    """Three checks, all of them well, and nothing told that is not there."""
    judged = checks(DatabaseObstacles("flags"))
    assert list(judged) == ["collation", "prepared-transactions", "foreign-sessions"]
    assert all(ok for ok, _ in judged.values())


@pytest.mark.parametrize(
    ("found", "name", "says"),
    [
        (
            DatabaseObstacles("f", Collation("1.0", "2.36")),
            "collation",
            'ALTER DATABASE "f" REFRESH COLLATION VERSION;',
        ),
        (
            DatabaseObstacles("f", prepared=("it's",)),
            "prepared-transactions",
            "ROLLBACK PREPARED 'it''s'; or COMMIT PREPARED 'it''s';",
        ),
        (
            DatabaseObstacles("f", sessions=(ForeignSession(7, "7 of postgres in psql"),)),
            "foreign-sessions",
            "backend(7);",
        ),
    ],
    ids=["collation", "prepared", "session"],
)
def test_what_would_refuse_a_copy_refuses_the_upgrade(found: DatabaseObstacles, name: str, says: str) -> None:
    """With the exact statement, and advice of its own."""
    ok, seen = checks(found)[name]
    assert (ok, says in seen, name in ADVICE) == (False, True, True)


def test_what_stays_where_a_rename_leaves_it_is_told() -> None:
    """Slots, subscriptions and limits refuse nothing."""
    judged = checks(DatabaseObstacles("f", slots=("feed",), subscriptions=("news",), limits=("statement_timeout=1s",)))
    assert judged["replication"][0]
    assert judged["replication"][1].startswith("slots: feed; subscriptions: news; ")
    assert judged["session-settings"][0]
    assert judged["session-settings"][1].startswith("statement_timeout=1s: for the gateway")
