"""Needs: what a person has to look at, in a word, and in the order in which a person wants to see it."""

from datetime import timedelta
from typing import Final, Literal, TypeAlias

from sqlalchemy import ColumnElement, case, func, literal, select

from astrolabe.store.views.queries import INSTANCE, UPGRADE

Need: TypeAlias = Literal["inconsistent", "failed", "approval", "unwell", "unadopted", "drift", "unobserved"]
"""What a person has to look at, in a word."""
NEEDS: Final[tuple[Need, ...]] = ("inconsistent", "failed", "approval", "unwell", "unadopted", "drift", "unobserved")
"""In the order in which a person wants to see them."""
LATELY: Final = timedelta(days=7)
"""How long a failed upgrade is something to look at; whoever has not looked by then does not want to."""
NO_NEED: Final = len(NEEDS)


def rank_of_need() -> ColumnElement[int]:
    """Return the place of what is needed in NEEDS."""
    idle = INSTANCE.c.status == "idle"
    # An upgrade that somebody took back failed in nothing.
    failed = (
        select(UPGRADE.c.problem_code)
        .where(UPGRADE.c.instance_id == INSTANCE.c.instance_id)
        .order_by(UPGRADE.c.upgrade_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    ended_badly = INSTANCE.c.last_outcome.in_(("failed", "refused", "rolled_back"))
    tests: dict[Need, ColumnElement[bool]] = {
        "inconsistent": INSTANCE.c.status == "inconsistent",
        "failed": idle & ended_badly & (INSTANCE.c.updated_at > func.now() - LATELY) & failed.is_not(None),
        "approval": INSTANCE.c.status == "awaiting_approval",
        "unwell": idle & (INSTANCE.c.last_outcome == "unwell"),
        "unadopted": INSTANCE.c.status == "unadopted",
        "drift": idle & INSTANCE.c.in_sync.is_(False),
        "unobserved": idle & INSTANCE.c.unobserved_since.is_not(None),
    }
    return case(*((tests[need], literal(at)) for at, need in enumerate(NEEDS)), else_=literal(NO_NEED))
