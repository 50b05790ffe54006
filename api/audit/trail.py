"""The routes of the audit trail: every event, filtered, and the whole of it to take away."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias, cast

import msgspec
from litestar.params import QueryParameter
from litestar.response import Stream
from msgspec import Struct

from astrolabe.api.http import documentation as doc
from astrolabe.api.http.paging import next_page
from astrolabe.api.http.parameters import LARGEST_POSITION, Limit
from astrolabe.api.http.problems import ApiProblem, FieldError
from astrolabe.api.http.references import instance_id_of
from astrolabe.api.http.resources import AuthenticatedRequest, Resources, resources_of
from astrolabe.api.http.route import get
from astrolabe.api.http.schemas import holding
from astrolabe.domain.audit.trail_formats import csv_header, csv_line, ocsf_line
from astrolabe.store.audit.checkpoints import Signed
from astrolabe.store.audit.export import CHUNK, export_lines, export_rows
from astrolabe.store.audit.trail import Filter
from astrolabe.store.log.entry import TYPES, AnyEvent, AnyRecorded, type_of

MEDIA = {"jsonl": "application/jsonl", "csv": "text/csv; charset=utf-8; header=present", "ocsf": "application/jsonl"}
Form: TypeAlias = Literal["jsonl", "csv", "ocsf"]


class AuditEvent(Struct, frozen=True):
    """One event of the whole log: who, why, when, what it follows from, and what happened."""

    position: int
    """The event's place in the whole log, from 0 on."""
    recorded_at: datetime
    """When it was recorded."""
    stream_id: str
    """The stream that it is in: an instance's id, or one of Astrolabe's own: tokens, webhooks, access log."""
    version: int
    """Its place in its stream, from 1 on."""
    id: str
    """Its id, a UUID."""
    type: str
    """What happened, in a stable word."""
    actor: str
    """Who asked: the name of a token, or of a process of Astrolabe."""
    reason: str
    """Why, as the one who asked said."""
    source: str
    """Where it came in: api, cli or relay, or worker/ and the worker's name."""
    causation_id: str | None
    """The event that it follows from; null where it follows from none."""
    correlation_id: str | None
    """The upgrade that it belongs to; null where it belongs to none."""
    data: Annotated[dict[str, Any], holding(AnyEvent)]
    """What `data` of this type says to a program."""


class AuditPage(Struct, frozen=True):
    """A page of events in order of position; `next` is there while there is more, also where a page is short."""

    items: tuple[AuditEvent, ...]
    """The events, in order of position; there may be none although there is a next page."""
    next: str | None = None
    """The path of the next page; null on the last one."""


@get(
    "/audit/events",
    summary="Read the audit trail",
    tag="audit",
    scope="read",
    trail=True,
    problems=("parameter-invalid", "instance-unknown"),
)
async def list_audit_events(
    request: AuthenticatedRequest,
    *,
    instance: Annotated[str | None, QueryParameter(description="Only of this instance, by id or name.")] = None,
    actor: Annotated[str | None, QueryParameter(max_length=200, description="Only what this actor asked for.")] = None,
    event_type: Annotated[
        str | None, QueryParameter(name="type", max_length=100, description="Only of this type.")
    ] = None,
    since: Annotated[
        str | None,
        QueryParameter(
            name="from", description="Recorded at this time or later (RFC 3339, such as 2026-01-31T12:00:00Z)."
        ),
    ] = None,
    until: Annotated[str | None, QueryParameter(name="to", description="Recorded before this time (RFC 3339).")] = None,
    after: Annotated[
        int, QueryParameter(ge=-1, le=LARGEST_POSITION, description="Only events after this position.")
    ] = -1,
    limit: Limit = 100,
) -> AuditPage:
    """List every event of the whole log in its order, tokens included; filters are taken together."""
    resources = resources_of(request)
    if event_type not in {None, *TYPES}:
        # An empty list would say that nothing of the kind happened.
        raise _invalid("type", f"must be a type of event, one of {', '.join(sorted(TYPES))}")
    stream_id = None if instance is None else await instance_id_of(request, instance)
    wanted = Filter(stream_id, actor, event_type, _time("from", since), _time("to", until))
    page = await resources.trail.page(wanted, after, limit)
    link = None
    if page.after is not None:
        asked = {"instance": instance, "actor": actor, "type": event_type, "from": since, "to": until}
        link = next_page("/audit/events", {**asked, "after": page.after, "limit": limit})
    return AuditPage(tuple(map(audit_event, page.events)), link)


def audit_event(recorded: AnyRecorded) -> AuditEvent:
    """Show an event of any stream."""
    data: dict[str, Any] = msgspec.to_builtins(recorded.event)
    cause = recorded.cause
    return AuditEvent(
        cast("int", recorded.position),
        recorded.recorded_at,
        recorded.stream_id,
        recorded.version,
        recorded.event_id,
        type_of(recorded.event),
        cause.actor,
        cause.reason,
        cause.source,
        cause.causation_id,
        cause.correlation_id,
        {key: value for key, value in data.items() if key != "type"},
    )


def _time(name: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return msgspec.convert(text, Annotated[datetime, msgspec.Meta(tz=True)])
    except msgspec.ValidationError:
        raise _invalid(name, "must be a time with its zone such as 2026-01-31T12:00:00Z (a + is %2B)") from None


def _invalid(name: str, message: str) -> ApiProblem:
    return ApiProblem("parameter-invalid", f"{name} {message}.", errors=(FieldError(name, message),))


async def last_checkpoint(resources: Resources) -> Signed:
    """Return the last checkpoint; raises ApiProblem before the first."""
    last = await resources.checkpoints.latest()
    if last is None:
        raise ApiProblem("no-checkpoint", "Nothing was signed yet; the relay does it some seconds after its start.")
    return last


@get(
    "/audit/export",
    summary="Take the audit trail away",
    tag="audit",
    scope="read",
    trail=True,
    media_type="application/jsonl",
    answers={200: doc.answer(bytes, "The trail up to the last checkpoint", "application/jsonl")},
    problems=("parameter-invalid", "no-checkpoint"),
)
async def export_audit(
    request: AuthenticatedRequest,
    form: Annotated[
        Form,
        QueryParameter(
            name="format",
            description="JSON lines, which alone can be verified offline; CSV; or OCSF.",
        ),
    ] = "jsonl",
) -> Stream:
    """Stream the whole trail up to the last checkpoint: for a verifier, a spreadsheet (csv) or a SIEM (ocsf)."""
    resources = resources_of(request)
    last = await last_checkpoint(resources)
    name = f"audit-{last.size}.{'csv' if form == 'csv' else 'jsonl'}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Stream(_chunks(_lines(resources, last, form)), media_type=MEDIA[form], headers=headers)


async def _lines(resources: Resources, last: Signed, form: Form) -> AsyncIterator[bytes]:
    if form == "jsonl":
        async for line in export_lines(resources.tree, resources.checkpoints, last):
            yield line
        return
    write = csv_line if form == "csv" else ocsf_line
    if form == "csv":
        yield csv_header()
    async for row in export_rows(resources.tree, last):
        yield write(row)


async def _chunks(lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    chunk = bytearray()
    async for line in lines:
        chunk += line
        if len(chunk) >= CHUNK:
            yield bytes(chunk)
            chunk.clear()
    yield bytes(chunk)


ROUTES = (list_audit_events, export_audit)
