"""References: an instance by its id or its name, an upgrade by its id; what is not there is a problem."""

from astrolabe.api.http.ahead import taken_ahead
from astrolabe.api.http.parameters import AsOf, is_name, is_uuid
from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.rights import may_reach, reach_of, steady
from astrolabe.domain.streams import OWN_STREAMS
from astrolabe.domain.upgrades.states import Absent
from astrolabe.store.streams.instances import Loaded


async def instance_id_of(request: AuthenticatedRequest, ref: str) -> str:
    """Find an instance's id.

    An id is taken as it is; of a name it is a problem where the token may not see what has it.
    """
    async with steady(request):
        instance_id = await _id_of(request, ref)
        if is_name(ref) and not await may_reach(request, instance_id):
            raise instance_unknown(ref)
        return instance_id


async def find_instance(request: AuthenticatedRequest, ref: str, at: AsOf | None = None) -> Loaded:
    """Fold an instance, as it stands or as it stood at a moment."""
    async with steady(request):
        instance_id, instances = await _reached(request, ref), resources_of(request).instances
        if at is None or at.is_now:
            loaded = await instances.load(instance_id)
        else:
            loaded = await instances.load_at(instance_id, position=at.position, time=at.time)
        if isinstance(loaded.state, Absent):
            raise instance_unknown(ref)
        return loaded


async def find_current(request: AuthenticatedRequest, ref: str) -> Loaded:
    """Fold an instance as it stands, without its history."""
    async with steady(request):
        loaded = taken_ahead(request, ref)
        if loaded is None or not reach_of(request).is_all:
            loaded = await resources_of(request).instances.current(await _reached(request, ref))
        if isinstance(loaded.state, Absent):
            raise instance_unknown(ref)
        return loaded


async def find_upgrade(request: AuthenticatedRequest, upgrade_id: str) -> Loaded:
    """Fold the instance that an upgrade belongs to."""
    async with steady(request):
        resources = resources_of(request)
        instance_id = await resources.log.stream_of_upgrade(upgrade_id) if is_uuid(upgrade_id) else None
        if instance_id is None or not await may_reach(request, instance_id):
            raise upgrade_unknown()
        return await resources.instances.load(instance_id)


async def _reached(request: AuthenticatedRequest, ref: str) -> str:
    instance_id = await _id_of(request, ref)
    if not await may_reach(request, instance_id):
        raise instance_unknown(ref)
    return instance_id


async def _id_of(request: AuthenticatedRequest, ref: str) -> str:
    if is_name(ref):
        instance_id = await resources_of(request).instances.named(ref)
        if instance_id is None:
            raise instance_unknown(ref)
        return instance_id
    if is_uuid(ref) and ref not in OWN_STREAMS:
        return ref
    raise instance_unknown(ref)


def upgrade_unknown() -> ApiProblem:
    """Return the problem of an upgrade that is not there, or not to be seen."""
    return ApiProblem("upgrade-unknown", "No upgrade has this id; GET /upgrades lists those that there are.")


def instance_unknown(ref: str) -> ApiProblem:
    """Return the problem of an instance that is not there, or not to be seen."""
    return ApiProblem(
        "instance-unknown", f"No instance is known as {ref[:100]!r}; GET /instances lists those there are."
    )
