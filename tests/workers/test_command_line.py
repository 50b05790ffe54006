"""Which version a command line says that it is."""

import pytest

from astrolabe.workers.kinds.npm.cli import VERSION


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("0.9.4\n", "0.9.4"),
        ("@commitlint/cli@21.2.4\n", "21.2.4"),
        ("v1.0.0-rc.1 (linux)\n", "1.0.0-rc.1"),
        ("astra version 10.20.30\nnode 22.1.0\n", "10.20.30"),
        ("1.2\n", None),
        ("usage: astra\n", None),
    ],
)
def test_the_first_exact_version_counts(said: str, version: str | None) -> None:
    """Whatever stands around it; a version of two numbers is none."""
    found = VERSION.search(said)
    assert (found[0] if found else None) == version
