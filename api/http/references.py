"""References: an instance by its id or its name, an upgrade by its id; what is not there is a problem."""

import re
from typing import NoReturn

from astrolabe.api.http.bodies import metas_of
from astrolabe.api.http.parameters import AsOf, is_uuid
from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.resources import Resources
from astrolabe.domain import words
from astrolabe.domain.streams import OWN_STREAMS
from astrolabe.domain.upgrades.states import Absent
from astrolabe.store.ids import named_id
from astrolabe.store.streams.instances import Loaded

_NAME = re.compile(next(meta.pattern for meta in metas_of(words.Name) if meta.pattern))


def name_claim(name: str) -> str:
    """Return the command id under which an instance's name is claimed, for ever."""
    return named_id("instance-name", name)


async def instance_id_of(resources: Resources, ref: str) -> str:
    """Find an instance's id; a name begins with a letter, a UUIDv7 with a digit until the year 5577."""
    if _NAME.match(ref):
        claim = await resources.log.claim(name_claim(ref))
        return claim.stream_id if claim else _unknown(ref)
    if is_uuid(ref) and ref not in OWN_STREAMS:
        return ref
    return _unknown(ref)


async def find_instance(resources: Resources, ref: str, at: AsOf | None = None) -> Loaded:
    """Fold an instance, as it stands or as it stood at a moment."""
    instance_id = await instance_id_of(resources, ref)
    if at is None or at.is_now:
        loaded = await resources.instances.load(instance_id)
    else:
        loaded = await resources.instances.load_at(instance_id, position=at.position, time=at.time)
    return _unknown(ref) if isinstance(loaded.state, Absent) else loaded


async def find_current(resources: Resources, ref: str) -> Loaded:
    """Fold an instance as it stands, without its history."""
    loaded = await resources.instances.current(await instance_id_of(resources, ref))
    return _unknown(ref) if isinstance(loaded.state, Absent) else loaded


async def find_upgrade(resources: Resources, upgrade_id: str) -> Loaded:
    """Fold the instance that an upgrade belongs to."""
    instance_id = await resources.log.stream_of_upgrade(upgrade_id) if is_uuid(upgrade_id) else None
    if instance_id is None:
        raise ApiProblem("upgrade-unknown", "No upgrade has this id; GET /upgrades lists those that there are.")
    return await resources.instances.load(instance_id)


def _unknown(ref: str) -> NoReturn:
    raise ApiProblem(
        "instance-unknown", f"No instance is known as {ref[:100]!r}; GET /instances lists those there are."
    )
