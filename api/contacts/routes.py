"""The routes of contacts: add, list, look at, change, try, remove, and what became of their notices."""

from typing import Annotated, TypeAlias

from litestar import Response
from litestar.params import Body

from astrolabe.api.contacts.change import ContactChange, change_contact, shown
from astrolabe.api.contacts.view import (
    EXAMPLE,
    ContactPage,
    ContactRef,
    ContactRequest,
    ContactView,
    NoticePage,
    contact_config,
    contact_view,
)
from astrolabe.api.http import documentation as doc
from astrolabe.api.http.cause import ReasonBody
from astrolabe.api.http.etag import etag
from astrolabe.api.http.parameters import IdempotencyKey, IfMatch, Limit
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.route import BODY, CHANGE, ETAG, KEYED, LOCATION, MATCHED, get, post, put
from astrolabe.domain.notices.contact import Contact
from astrolabe.domain.notices.decider import AddContact, ChangeContact, RemoveContact, TryContact
from astrolabe.store.ids import new_id

Reasoned: TypeAlias = Annotated[ReasonBody | None, Body(examples=doc.example("With a reason", {"reason": "moved"}))]

CONFIG = ("contact-exists", "instance-unknown", "time-zone-unknown")


@post(
    "/contacts",
    summary="Add a contact",
    tag="contacts",
    scope="configure",
    headers=(LOCATION, ETAG),
    problems=(*BODY, *KEYED, *CONFIG, "contended", "contacts-too-many"),
)
async def add_contact(
    request: AuthenticatedRequest,
    data: Annotated[ContactRequest, Body(examples=doc.example("A chat that sleeps at night", EXAMPLE))],
    idempotency_key: IdempotencyKey = None,
) -> Response[ContactView]:
    """Notify a contact through Apprise from here on; POST /contacts/{ref}/test says whether messages arrive."""
    command = AddContact(new_id(), await contact_config(request, data))
    asked = ContactChange(command, data, data.reason, idempotency_key)
    return await shown(request, await change_contact(request, asked, 201), 201)


@get("/contacts", summary="List contacts", tag="contacts", scope="read")
async def list_contacts(request: AuthenticatedRequest) -> ContactPage:
    """List all contacts by name, and how their notices stand."""
    resources = resources_of(request)
    contacts = sorted((await resources.contacts.current()).by_id.values(), key=lambda each: each.config.name)
    return ContactPage(tuple([await contact_view(resources, each) for each in contacts]))


@get(
    "/contacts/{ref:str}",
    summary="Look at a contact",
    tag="contacts",
    scope="read",
    headers=(ETAG,),
    problems=("contact-unknown",),
)
async def show_contact(request: AuthenticatedRequest, ref: ContactRef) -> Response[ContactView]:
    """Show a contact as it is now, and how its notices stand; never its URL."""
    contact = await _find(request, ref)
    return Response(await contact_view(resources_of(request), contact), headers={"ETag": etag(contact.version)})


@put(
    "/contacts/{ref:str}",
    summary="Change a contact",
    tag="contacts",
    scope="configure",
    headers=(ETAG,),
    problems=(*BODY, *MATCHED, *CONFIG, "contact-unknown", "contended"),
)
async def put_contact(
    request: AuthenticatedRequest,
    ref: ContactRef,
    data: Annotated[ContactRequest, Body(examples=doc.example("Everything", {"name": "team", "url": EXAMPLE["url"]}))],
    if_match: IfMatch = None,
) -> Response[ContactView]:
    """Change where a contact is reached, what it is notified of and when; what waits already keeps its time."""
    contact = await _find(request, ref)
    command = ChangeContact(contact.contact_id, await contact_config(request, data))
    asked = ContactChange(command, data, data.reason, None, if_match)
    return await shown(request, await change_contact(request, asked))


@post(
    "/contacts/{ref:str}/test",
    summary="Try a contact",
    tag="contacts",
    scope="configure",
    status=200,
    headers=(ETAG,),
    problems=(*CHANGE, "contact-unknown"),
)
async def try_contact(
    request: AuthenticatedRequest,
    ref: ContactRef,
    data: Reasoned = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[ContactView]:
    """Send a contact a message at once, whatever the hour; its notices say whether it arrived."""
    body, contact = data or ReasonBody(), await _find(request, ref)
    asked = ContactChange(TryContact(contact.contact_id), body, body.reason, idempotency_key)
    return await shown(request, await change_contact(request, asked))


@post(
    "/contacts/{ref:str}/remove",
    summary="Remove a contact",
    tag="contacts",
    scope="configure",
    status=204,
    problems=(*CHANGE, "contact-unknown"),
)
async def remove_contact(
    request: AuthenticatedRequest,
    ref: ContactRef,
    data: Reasoned = None,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> None:
    """Remove a contact, and all that waits for it; its name is free again."""
    body = data or ReasonBody()
    # Whoever repeats a removal finds nothing under this name; then only the key knows the first answer.
    found = (await resources_of(request).contacts.current()).known(ref)
    command = RemoveContact(found.contact_id if found else ref)
    await change_contact(request, ContactChange(command, body, body.reason, idempotency_key, if_match), 204)


@get(
    "/contacts/{ref:str}/notices",
    summary="List a contact's notices",
    tag="contacts",
    scope="read",
    problems=("contact-unknown",),
)
async def list_notices(request: AuthenticatedRequest, ref: ContactRef, limit: Limit = 100) -> NoticePage:
    """List what a contact was sent and is to be sent, the newest first."""
    contact = await _find(request, ref)
    return NoticePage(tuple(await resources_of(request).notices.list(contact.contact_id, limit)))


async def _find(request: AuthenticatedRequest, ref: str) -> Contact:
    return (await resources_of(request).contacts.current()).find(ref)


ROUTES = (
    add_contact,
    list_contacts,
    show_contact,
    put_contact,
    try_contact,
    remove_contact,
    list_notices,
)
