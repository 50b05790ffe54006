"""Retrying: when a delivery that failed is tried again (Standard Webhooks 1.0, "Retries")."""

from datetime import timedelta

SCHEDULE = tuple(
    timedelta(seconds=seconds) for seconds in (5, 5 * 60, 30 * 60, *(hours * 3600 for hours in (2, 5, 10, 14, 20, 24)))
)
"""The pauses after each failed attempt; the first attempt is made at once."""

JITTER = 0.2
"""By how much of itself a pause may be longer, so that what failed together does not come back together."""

LONGEST_WISH = timedelta(hours=24)
"""How far a Retry-After may put the next attempt off."""

SUCCESS = range(200, 300)
GONE = 410


def next_pause(tries: int, chance: float, wish: timedelta | None = None) -> timedelta | None:
    """Return the pause after so many failed tries, None where they were the last; `chance` is in [0, 1)."""
    if tries > len(SCHEDULE):
        return None
    pause = SCHEDULE[tries - 1] * (1 + JITTER * chance)
    return max(pause, min(wish, LONGEST_WISH)) if wish else pause
