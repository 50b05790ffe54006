"""What a machine lacks: skipped with the reason, and a failure in CI, which has everything."""

import os
from typing import NoReturn

import pytest


def lacks(why: str) -> NoReturn:
    """End a test that this machine cannot run, and say what it lacks."""
    if os.environ.get("CI"):
        pytest.fail(f"CI must have it: {why}")
    pytest.skip(why)
