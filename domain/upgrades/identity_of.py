"""The identity of an instance in any state: what it acts on, for as long as it is not retired."""

from astrolabe.domain.instances.identity import acted_on
from astrolabe.domain.upgrades import states as s


def identity_of(state: s.State) -> tuple[str, ...]:
    """Return what an instance acts on, and no other may; nothing before it is registered and after it is retired."""
    if isinstance(state, s.Absent | s.Retired | s.Withdrawn):
        return ()
    return acted_on(state.instance.config)
