"""The identity of an instance in any state: its name, and what it acts on for as long as it is not retired."""

from astrolabe.domain.instances.identity import acted_on, named
from astrolabe.domain.upgrades import states as s


def identity_of(state: s.State) -> tuple[str, ...]:
    """Return what is an instance's, and no other may have; nothing before it is registered.

    One that was retired keeps its name, unless it never ran, and nothing else.
    """
    if isinstance(state, s.Absent):
        return ()
    name = named(state.instance.config.name)
    if isinstance(state, s.Retired | s.Withdrawn):
        return () if state.name_free else (name,)
    return (name, *acted_on(state.instance.config))


def moved_to(before: s.State, after: s.State) -> tuple[str, ...] | None:
    """Return the identity that a change of an instance leads to; None where that stays as it was."""
    if isinstance(before, s.Busy) and isinstance(after, s.Busy):
        return None  # nobody can give it other settings meanwhile, and this is asked at every append
    identity = identity_of(after)
    return None if identity == identity_of(before) else identity
