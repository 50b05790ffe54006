"""What a worker can act on is what can be registered."""

from astrolabe.domain.kinds.registry import KINDS
from astrolabe.workers.kinds.registry import DRIVERS


def test_every_kind_has_a_driver() -> None:
    """An instance that was accepted is never one that no worker knows."""
    assert set(DRIVERS) == set(KINDS)
