"""The product's own check, whichever kind runs it: how long it may take, and how its end is reported."""

from typing import Final

DOCTOR_SECONDS: Final = 120.0
"""How long the check may take."""


def doctor_answer(returncode: int, said: str) -> tuple[bool, str]:
    """Return whether a check that ended found all well, and what it said."""
    return returncode == 0, f"ended with code {returncode}: {said.strip()}"
