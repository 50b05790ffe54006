"""What an instance is until somebody knows which version runs: from its registration to the end of its adoption."""

from msgspec.structs import replace

from astrolabe.domain.instances.instance import in_kind
from astrolabe.domain.instances.observation import Observation
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades import states as s
from astrolabe.domain.upgrades.instance import Instance, Newcomer


def unversioned(state: s.Unversioned, event: e.Event) -> s.State:
    """Fold an event into the state of an instance of which nobody knows the version."""
    match event:
        case e.InstanceRegistered(config, version) if isinstance(state, s.Absent):
            return s.Idle(Instance(config, version)) if version else s.Adopting(Newcomer(config), 1)
        case e.AdoptionRequested() if isinstance(state, s.Unadopted):
            return s.Adopting(state.instance, state.attempt + 1)
        case e.InstanceReconfigured(config) if isinstance(state, s.Adopting | s.Unadopted):
            return s.Adopting(Newcomer(config), state.attempt + 1)
        case e.InstanceAdopted() if isinstance(state, s.Adopting):
            return s.Idle(_adopted(state.instance, event))
        case e.AdoptionRefused(problem=problem) if isinstance(state, s.Adopting):
            return s.Unadopted(state.instance, state.attempt, problem)
        case e.InstanceRenamed(name) if isinstance(state, s.Adopting | s.Unadopted):
            return replace(state, instance=Newcomer(replace(state.instance.config, name=name)))
        case e.InstanceRetired(name_free) if isinstance(state, s.Adopting | s.Unadopted):
            return s.Withdrawn(state.instance, name_free)
        case _:
            return state


def _adopted(newcomer: Newcomer, found: e.InstanceAdopted) -> Instance:
    config = in_kind(newcomer.config, found.kind) or newcomer.config
    seen = Observation(found.version, found.seen, found.at)
    return Instance(config, found.version, observed=seen, seen_running=True)
