"""The routes of upgrades: ask for one, list them, look at one."""

from typing import Annotated, cast

from litestar import Response
from litestar.params import Body, QueryParameter
from msgspec import Meta, Struct
from msgspec.structs import replace

from astrolabe.api.http import documentation as doc
from astrolabe.api.http.ahead import named_in_body
from astrolabe.api.http.cause import cause_of
from astrolabe.api.http.etag import etag, expected_version, unless_known
from astrolabe.api.http.idempotency import Answered, idempotently, key_of
from astrolabe.api.http.paging import next_page, page_of
from astrolabe.api.http.parameters import (
    AfterId,
    HostRef,
    IdempotencyKey,
    IfMatch,
    IfNoneMatch,
    LabelRef,
    Limit,
    NeedsRef,
    Product,
    UpgradeId,
)
from astrolabe.api.http.references import find_current, find_upgrade, instance_id_of, instance_unknown
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.rights import only_visible, reach_of, still_reached
from astrolabe.api.http.route import BUSY, CHANGE, ETAG, LOCATION, RETRY_AFTER, UNCHANGED, get, post
from astrolabe.api.upgrades.examples import ASKED, SUCCEEDED
from astrolabe.api.upgrades.operation import Operation, operation
from astrolabe.api.upgrades.past_upgrades import cutover_outlooks
from astrolabe.api.upgrades.plan import UpgradePlan, plan_upgrade
from astrolabe.domain.instances.registration import product_of
from astrolabe.domain.reach import read_labels
from astrolabe.domain.upgrades.commands import RequestUpgrade
from astrolabe.domain.upgrades.decider import INSTANCE_DECIDER
from astrolabe.domain.upgrades.events import Event
from astrolabe.domain.upgrades.gate import check_request
from astrolabe.domain.upgrades.states import Idle, State
from astrolabe.domain.upgrades.upgrade_row import DONE, UpgradeRow, UpgradeStatus
from astrolabe.domain.words import Impact, Reason, Target, Ticket, Version
from astrolabe.store.errors import WrongVersion
from astrolabe.store.ids import new_id
from astrolabe.store.streams.instances import InstanceClaims, Loaded
from astrolabe.store.views.queries import UpgradeFilter

LOOK_AGAIN = "2"
"""When an operation is worth looking at again, in seconds."""
EXAMPLE = {"instance": "flags", "target": "6.10.1", "reason": "security fix in 6.10"}


class UpgradeRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The body that asks for an upgrade."""

    instance: Annotated[str, Meta(min_length=1, max_length=100)]
    """The instance's id or name."""
    target: Target
    """The version to go to, or `latest`."""
    reason: Reason | None = None
    """Why, for the audit trail, which shows null as no reason given; an emergency needs one."""
    ticket: Ticket | None = None
    """The ticket that it belongs to, as the instance's policy asks for it; null for none."""
    impact: Impact | None = None
    """What it means for those who use the instance, for the trail and for who approves it; null where none was said."""
    validate_only: bool = False
    """Only return what would be done."""
    acknowledge_breaking: Annotated[tuple[Version, ...], Meta(max_length=100)] = ()
    """The breaking releases on the way that you know of."""
    emergency: bool = False
    """Run now, approved by nobody: needs a reason, and somebody else's review afterwards."""


class UpgradeSummary(UpgradeRow, frozen=True, kw_only=True):
    """An upgrade in a list."""

    done: bool
    """Whether it has ended."""


class UpgradePage(Struct, frozen=True):
    """A page of upgrades, the newest first and a moment behind the log, and the link to the next where there is one."""

    items: tuple[UpgradeSummary, ...]
    """The upgrades, the newest first."""
    next: str | None = None
    """The path of the next page; null on the last one."""


@post(
    "/upgrades",
    summary="Ask for an upgrade",
    tag="upgrades",
    scope="operate",
    narrowed=True,
    naming=named_in_body,
    status=202,
    headers=(LOCATION, ETAG, RETRY_AFTER),
    shown=ASKED,
    answers={200: doc.answer(UpgradePlan, "With validate_only: what would be done")},
    problems=(
        *CHANGE,
        *BUSY,
        *("parameter-invalid", "version-invalid", "product-unknown", "already-at-version", "not-newer"),
        *("emergency-needless", "reason-missing", "review-outstanding", "ticket-missing", "ticket-invalid"),
        *("breaking-release", "no-route", "notes-missing"),
    ),
)
async def request_upgrade(
    request: AuthenticatedRequest,
    data: Annotated[UpgradeRequest, Body(examples=doc.example("To an exact version", EXAMPLE))],
    validate_only: Annotated[bool, QueryParameter(description="Only return what would be done.")] = False,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response[Operation]:
    """Take an idle instance to another version; the answer comes at once, and the work goes on by itself.

    With `validate_only` nothing is recorded, and the plan is the answer; an Idempotency-Key is then of no account.
    """
    resources, expected = resources_of(request), expected_version(if_match)
    key = key_of(request, idempotency_key, data)
    planned_only = validate_only or data.validate_only
    command = RequestUpgrade(
        new_id(),
        data.target,
        request.auth.name,
        data.emergency,
        data.acknowledge_breaking,
        data.reason or "",
        data.ticket,
        data.impact,
        planned_only,
        request.auth.owner,
    )
    cause = replace(cause_of(request, data.reason), correlation_id=command.upgrade_id)
    if planned_only:
        plan = await _plan(request, data.instance, command, expected)
        return cast("Response[Operation]", cast("object", plan))  # the OpenAPI names it under 200

    async def ask(claims: InstanceClaims) -> Loaded:
        loaded = await _find(request, data.instance, expected)
        check_request(command, loaded.state, resources.products)
        check = still_reached(request, instance_unknown(data.instance))
        return await resources.instances.execute(loaded, command, cause, if_match=expected, claims=claims, check=check)

    return operation_answer(
        await idempotently(resources, INSTANCE_DECIDER, key, ask, 202, upgrade_id=command.upgrade_id)
    )


async def _find(request: AuthenticatedRequest, ref: str, expected: int | None) -> Loaded:
    loaded = await find_current(request, ref)
    if expected not in {None, loaded.version}:
        raise WrongVersion("instance", loaded.version)
    return loaded


async def _plan(
    request: AuthenticatedRequest, ref: str, command: RequestUpgrade, expected: int | None
) -> Response[UpgradePlan]:
    resources, loaded = resources_of(request), await _find(request, ref, expected)
    route = check_request(command, loaded.state, resources.products)
    assert isinstance(loaded.state, Idle)  # noqa: S101  only of an idle instance an upgrade may be asked
    instance = loaded.state.instance
    product = product_of(instance.config, resources.products)
    cutovers = await cutover_outlooks(resources, loaded.stream_id, instance.config, reach_of(request))
    plan = plan_upgrade(loaded.stream_id, instance, product, command, route, cutovers=cutovers)
    return Response(plan, status_code=200, headers={"ETag": etag(loaded.version)})


def operation_answer(answered: Answered[State, Event]) -> Response[Operation]:
    """Answer with the operation that was started, where it is, and when to look again."""
    loaded, response = answered.loaded, answered.response
    found = operation(loaded, response.upgrade_id or "")
    headers = {"Location": f"/upgrades/{found.id}", "ETag": etag(loaded.version), "Retry-After": LOOK_AGAIN}
    return Response(found, status_code=response.status, headers=headers)


@get(
    "/upgrades",
    summary="List upgrades",
    tag="upgrades",
    scope="read",
    narrowed=True,
    problems=("parameter-invalid", "instance-unknown"),
)
async def list_upgrades(
    request: AuthenticatedRequest,
    *,
    instance: Annotated[str | None, QueryParameter(description="Only those of one instance, by id or name.")] = None,
    status: Annotated[UpgradeStatus | None, QueryParameter(description="Only those that stand so.")] = None,
    product: Product = None,
    host: HostRef = None,
    needs: NeedsRef = None,
    ticket: Annotated[
        str | None, QueryParameter(max_length=100, description="Only those that were asked for with this ticket.")
    ] = None,
    label: LabelRef = None,
    before: AfterId = None,
    limit: Limit = 100,
) -> UpgradePage:
    """List upgrades, the newest first; filters are taken together, and a list is a moment behind the log."""
    resources = resources_of(request)
    instance_id = None if instance is None else await instance_id_of(request, instance)
    labels = read_labels(label) if label else {}
    wanted = UpgradeFilter(instance_id, status, product, host, needs, ticket, labels, reach_of(request))
    rows = await resources.views.upgrades(wanted, before=before, limit=limit + 1)
    asked = {"instance": instance, "status": status, "product": product, "host": host, "needs": needs, "ticket": ticket}
    asked["label"] = label
    items, link = page_of(
        rows,
        limit,
        lambda last: next_page("/upgrades", {**asked, "before": last.upgrade_id, "limit": limit}),
    )
    return UpgradePage(tuple(map(_summary, await only_visible(request, items))), link)


def _summary(row: UpgradeRow) -> UpgradeSummary:
    fields = {name: getattr(row, name) for name in UpgradeRow.__struct_fields__}
    return UpgradeSummary(**fields, done=row.status in DONE)


@get(
    "/upgrades/{upgrade_id:str}",
    summary="Look at an upgrade",
    tag="upgrades",
    scope="read",
    narrowed=True,
    headers=(ETAG, RETRY_AFTER),
    shown=SUCCEEDED,
    answers=UNCHANGED,
    problems=("upgrade-unknown",),
)
async def show_upgrade(
    request: AuthenticatedRequest, upgrade_id: UpgradeId, if_none_match: IfNoneMatch = None
) -> Response[Operation]:
    """Fold one upgrade as it stands."""
    resources = resources_of(request)
    loaded = await find_upgrade(request, upgrade_id)
    found = operation(loaded, upgrade_id, await resources.progress.latest(loaded.stream_id, upgrade_id))
    headers = {} if found.done else {"Retry-After": LOOK_AGAIN}
    # Its progress stands beside the log.
    return unless_known(if_none_match, loaded.version, found, headers, settled=found.progress is None)


ROUTES = (request_upgrade, list_upgrades, show_upgrade)
