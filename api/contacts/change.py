"""Changing a contact: once for each Idempotency-Key, and on the version that the caller saw."""

from litestar import Response
from msgspec import Struct

from astrolabe.api.contacts.view import ContactView, contact_view
from astrolabe.api.http.cause import cause_of
from astrolabe.api.http.etag import etag, expected_version
from astrolabe.api.http.idempotency import idempotently, key_of
from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.domain.notices.contact import Contact, ContactEvent, Contacts
from astrolabe.domain.notices.decider import CONTACTS_DECIDER, ContactCommand
from astrolabe.store.streams.contacts import LoadedContacts
from astrolabe.store.streams.stream import ClaimsFor


class ContactChange(Struct, frozen=True):
    """A change as it was asked for: the command, the body it came in, and the headers that go with it."""

    command: ContactCommand
    body: object
    reason: str | None
    idempotency_key: str | None
    if_match: str | None = None


async def change_contact(request: AuthenticatedRequest, asked: ContactChange, status: int = 200) -> Contact | None:
    """Carry a change out, or find what it led to the first time; None where the contact is no more."""
    resources = resources_of(request)
    cause, expected = cause_of(request, asked.reason), expected_version(asked.if_match)

    async def attempt(claims: ClaimsFor[Contacts, ContactEvent]) -> LoadedContacts:
        return await resources.contacts.execute(asked.command, cause, if_match=expected, claims=claims)

    key, contact_id = key_of(request, asked.idempotency_key, asked.body), asked.command.contact_id
    answered = await idempotently(resources, CONTACTS_DECIDER, key, attempt, status, endpoint_id=contact_id)
    return answered.loaded.state.by_id.get(answered.response.endpoint_id or "")


async def shown(request: AuthenticatedRequest, contact: Contact | None, status: int = 200) -> Response[ContactView]:
    """Answer with a contact as it is after a change."""
    if contact is None:
        raise ApiProblem("contact-unknown", "The contact was removed meanwhile; see GET /contacts.")
    headers = {"ETag": etag(contact.version)}
    if status == 201:  # noqa: PLR2004  created
        headers["Location"] = f"/contacts/{contact.contact_id}"
    return Response(await contact_view(resources_of(request), contact), status_code=status, headers=headers)
