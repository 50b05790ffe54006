"""Our own Python again, in a process of its own."""

import sys
from typing import Final

ISOLATED: Final = ("-P", "-E")
"""Neither the current folder nor PYTHONPATH is searched for modules, so that nobody else's code runs in our name.

A user's own site-packages stay (`-I` would leave them out): Astrolabe may have been installed there.
"""


def is_isolated() -> bool:
    """Return whether this very process runs so."""
    return bool(sys.flags.safe_path and sys.flags.ignore_environment)


def run_module(name: str, *words: str) -> list[str]:
    """Return the argv that runs an installed module as a program."""
    return [sys.executable, *ISOLATED, "-m", name, *words]


def run_astrolabe(*words: str) -> list[str]:
    """Return the argv of an astrolabe command."""
    return run_module("astrolabe", *words)
