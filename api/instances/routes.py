"""The routes of instances: register, list, look at, reconfigure, rename, retire."""

from datetime import UTC, datetime
from typing import Annotated

from litestar import Response
from litestar.params import Body, QueryParameter
from litestar.status_codes import HTTP_201_CREATED

from astrolabe.api.http import documentation as doc
from astrolabe.api.http.cause import ReasonBody, cause_of
from astrolabe.api.http.etag import etag, expected_version, unless_known
from astrolabe.api.http.idempotency import Answered, idempotently, key_of
from astrolabe.api.http.paging import next_page, page_of
from astrolabe.api.http.parameters import (
    AfterId,
    At,
    HostRef,
    IdempotencyKey,
    IfMatch,
    IfNoneMatch,
    InstanceRef,
    LabelRef,
    Limit,
    NeedsRef,
    Product,
    as_of,
)
from astrolabe.api.http.references import find_instance, instance_unknown
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.rights import only_visible, outside, reach_of, still_reached
from astrolabe.api.http.route import BODY, BUSY, CHANGE, ETAG, KEYED, LOCATION, MATCHED, UNCHANGED, get, post, put
from astrolabe.api.instances.example import UPGRADED
from astrolabe.api.instances.one_identity import one_identity
from astrolabe.api.instances.view import (
    InstancePage,
    InstanceView,
    Reconfiguration,
    Registration,
    Renaming,
    config_of,
    instance_view,
)
from astrolabe.domain.instances.registration import check_config
from astrolabe.domain.reach import read_labels
from astrolabe.domain.recorded import Cause
from astrolabe.domain.upgrades.commands import Adopt, Reconfigure, Register, Rename, Retire
from astrolabe.domain.upgrades.decider import INSTANCE_DECIDER
from astrolabe.domain.upgrades.events import Event
from astrolabe.domain.upgrades.instance_row import InstanceStatus
from astrolabe.domain.upgrades.states import State
from astrolabe.store.ids import new_id
from astrolabe.store.streams.instances import InstanceClaims, Loaded
from astrolabe.store.views.queries import InstanceFilter

EXAMPLE = {
    "name": "flags",
    "product": "unleash",
    "version": "5.6.0",
    "port": 4242,
    "database": {"name": "unleash", "user": "unleash", "password": "env:ASTROLABE_SECRET_UNLEASH_DB"},
    "reason": "the flags of the web shop",
}
CHANGED = {key: value for key, value in EXAMPLE.items() if key != "version"} | {"port": 4243, "reason": "moved"}


@post(
    "/instances",
    summary="Register an instance",
    tag="instances",
    scope="configure",
    narrowed=True,
    headers=(LOCATION, ETAG),
    problems=(
        *BODY,
        *KEYED,
        *("version-invalid", "product-unknown", "kind-unsupported", "port-unfit", "setting-unknown"),
        *("setting-twice", "database-missing", "instance-too-large", "instance-name-taken", "instance-identity-taken"),
    ),
)
async def register_instance(
    request: AuthenticatedRequest,
    data: Annotated[Registration, Body(examples=doc.example("An Unleash of one's own", EXAMPLE))],
    idempotency_key: IdempotencyKey = None,
) -> Response[InstanceView]:
    """Register an instance that is already running; its name no other instance may have.

    What it acts on (port, database, service or prefix) no other instance may act on, until it is retired.
    Without a version, a worker on its host finds out what runs: see `status`, which is then `adopting`.
    """
    resources, cause = resources_of(request), cause_of(request, data.reason)

    async def register(claims: InstanceClaims) -> Loaded:
        return await _register(request, data, cause, claims)

    key = key_of(request, idempotency_key, data)
    return _answer(await idempotently(resources, INSTANCE_DECIDER, key, register, 201))


async def _register(request: AuthenticatedRequest, data: Registration, cause: Cause, claims: InstanceClaims) -> Loaded:
    resources, config = resources_of(request), config_of(data)
    if not reach_of(request).covers(config.labels):
        raise outside(request, "this one would have others")
    check_config(config, resources.products)
    async with one_identity(request):
        fresh = resources.instances.fresh(new_id())
        return await resources.instances.execute(fresh, Register(config, data.version), cause, claims=claims)


@get(
    "/instances",
    summary="List instances",
    tag="instances",
    scope="read",
    narrowed=True,
    problems=("parameter-invalid",),
)
async def list_instances(
    request: AuthenticatedRequest,
    *,
    status: Annotated[InstanceStatus | None, QueryParameter(description="Only what is doing this.")] = None,
    product: Product = None,
    host: HostRef = None,
    needs: NeedsRef = None,
    label: LabelRef = None,
    after: AfterId = None,
    limit: Limit = 100,
) -> InstancePage:
    """List instances in order of registration; filters are taken together, and a list is a moment behind the log."""
    labels = read_labels(label) if label else {}
    wanted = InstanceFilter(status, product, host, needs, labels, reach_of(request))
    rows = await resources_of(request).views.instances(wanted, after=after, limit=limit + 1)
    asked = {"status": status, "product": product, "host": host, "needs": needs, "label": label}
    items, link = page_of(
        rows, limit, lambda last: next_page("/instances", {**asked, "after": last.instance_id, "limit": limit})
    )
    return InstancePage(await only_visible(request, items), link)


@get(
    "/instances/{ref:str}",
    summary="Look at an instance",
    tag="instances",
    scope="read",
    narrowed=True,
    headers=(ETAG,),
    shown=UPGRADED,
    answers=UNCHANGED,
    problems=("parameter-invalid", "instance-unknown"),
)
async def show_instance(
    request: AuthenticatedRequest, ref: InstanceRef, at: At = None, if_none_match: IfNoneMatch = None
) -> Response[InstanceView]:
    """Fold one instance, by its id or its name, as it stands or as it stood at a moment."""
    loaded = await find_instance(request, ref, as_of(at))
    return unless_known(if_none_match, loaded.version, instance_view(loaded))


@put(
    "/instances/{ref:str}",
    summary="Reconfigure an instance",
    tag="instances",
    scope="configure",
    narrowed=True,
    headers=(ETAG,),
    problems=(
        *BODY,
        *MATCHED,
        *BUSY,
        *("contended", "product-unknown", "kind-unsupported", "port-unfit", "setting-unknown"),
        *(
            "setting-twice",
            "database-missing",
            "instance-too-large",
            "fixed-at-registration",
            "approvals-fixed",
            "labels-fixed",
            "instance-identity-taken",
            "database-fixed",
        ),
    ),
)
async def reconfigure_instance(
    request: AuthenticatedRequest,
    ref: InstanceRef,
    data: Annotated[Reconfiguration, Body(examples=doc.example("Another port", CHANGED))],
    if_match: IfMatch = None,
) -> Response[InstanceView]:
    """Change how an instance is reached that is idle or inconsistent; a body that changes nothing records nothing."""
    resources, expected = resources_of(request), expected_version(if_match)
    loaded = await find_instance(request, ref)
    config = config_of(data)
    check_config(config, resources.products)
    admin = "admin" in request.auth.scopes
    command = Reconfigure(config, may_change_approvals=admin, may_change_labels=admin)
    cause = cause_of(request, data.reason)
    check = still_reached(request, instance_unknown(ref))
    async with one_identity(request):
        loaded = await resources.instances.execute(loaded, command, cause, if_match=expected, check=check)
    return Response(instance_view(loaded), headers={"ETag": etag(loaded.version)})


@post(
    "/instances/{ref:str}/rename",
    summary="Rename an instance",
    tag="instances",
    scope="configure",
    narrowed=True,
    status=200,
    headers=(ETAG,),
    problems=(*CHANGE, *BUSY, "instance-name-taken"),
)
async def rename_instance(
    request: AuthenticatedRequest,
    ref: InstanceRef,
    data: Annotated[Renaming, Body(examples=doc.example("Another name", {"name": "shop", "reason": "a typing error"}))],
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[InstanceView]:
    """Rename an idle instance: its history is found under the new name, and the name that it had is free.

    On its host, secrets in a folder of the former name are no longer its own: see the documentation of secrets.
    """
    resources, cause, expected = resources_of(request), cause_of(request, data.reason), expected_version(if_match)

    async def rename(claims: InstanceClaims) -> Loaded:
        loaded, command = await find_instance(request, ref), Rename(data.name)
        check = still_reached(request, instance_unknown(ref))
        async with one_identity(request):
            return await resources.instances.execute(
                loaded, command, cause, if_match=expected, claims=claims, check=check
            )

    key = key_of(request, idempotency_key, data)
    return _answer(await idempotently(resources, INSTANCE_DECIDER, key, rename, 200))


@post(
    "/instances/{ref:str}/retire",
    summary="Retire an instance",
    tag="instances",
    scope="configure",
    narrowed=True,
    status=200,
    headers=(ETAG,),
    problems=(*CHANGE, *BUSY),
)
async def retire_instance(
    request: AuthenticatedRequest,
    ref: InstanceRef,
    data: Annotated[ReasonBody | None, Body(examples=doc.example("With a reason", {"reason": "shop closed"}))] = None,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[InstanceView]:
    """Retire an idle instance: nothing more is asked of it, and what runs keeps running.

    Its name stays taken, except where workers looked and never saw it run, and no upgrade of it was asked for.
    """
    body = data or ReasonBody()
    resources, cause, expected = resources_of(request), cause_of(request, body.reason), expected_version(if_match)

    async def retire(claims: InstanceClaims) -> Loaded:
        loaded = await find_instance(request, ref)
        check = still_reached(request, instance_unknown(ref))
        return await resources.instances.execute(loaded, Retire(), cause, if_match=expected, claims=claims, check=check)

    key = key_of(request, idempotency_key, body)
    return _answer(await idempotently(resources, INSTANCE_DECIDER, key, retire, 200))


def _answer(answered: Answered[State, Event]) -> Response[InstanceView]:
    loaded, status = answered.loaded, answered.response.status
    headers = {"ETag": etag(loaded.version)}
    if status == HTTP_201_CREATED:
        headers["Location"] = f"/instances/{loaded.stream_id}"
    return Response(instance_view(loaded), status_code=status, headers=headers)


@post(
    "/instances/{ref:str}/adopt",
    summary="Take what runs as it is",
    tag="instances",
    scope="configure",
    narrowed=True,
    status=202,
    headers=(ETAG,),
    problems=(*CHANGE, "instance-unknown", "nothing-to-adopt"),
)
async def adopt_instance(
    request: AuthenticatedRequest,
    ref: InstanceRef,
    data: Annotated[ReasonBody | None, Body(examples=doc.example("With a reason", {"reason": "started it"}))] = None,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[InstanceView]:
    """Have a worker look again at what it could not adopt; or vouch for what was changed by hand.

    Where `observed.in_sync` is false, the version that was seen becomes the version of the instance. No way back
    leads over a change by hand: the rollback point, where there is one, is kept aside until its retention ends.
    """
    body = data or ReasonBody()
    resources, cause, expected = resources_of(request), cause_of(request, body.reason), expected_version(if_match)

    async def adopt(claims: InstanceClaims) -> Loaded:
        loaded = await find_instance(request, ref)
        command = Adopt(datetime.now(UTC))
        check = still_reached(request, instance_unknown(ref))
        return await resources.instances.execute(loaded, command, cause, if_match=expected, claims=claims, check=check)

    key = key_of(request, idempotency_key, body)
    return _answer(await idempotently(resources, INSTANCE_DECIDER, key, adopt, 202))


ROUTES = (
    register_instance,
    list_instances,
    show_instance,
    reconfigure_instance,
    rename_instance,
    adopt_instance,
    retire_instance,
)
