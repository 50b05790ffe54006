"""Changing a contact: once for each Idempotency-Key, and on the version that the caller saw."""

from typing import TypeAlias

from litestar import Response

from astrolabe.api.contacts.view import ContactView, contact_view
from astrolabe.api.http.changes import RequestedChange, carry_out
from astrolabe.api.http.etag import etag
from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.domain.notices.contact import Contact
from astrolabe.domain.notices.decider import CONTACTS_DECIDER, ContactCommand

ContactChange: TypeAlias = RequestedChange[ContactCommand]


async def change_contact(request: AuthenticatedRequest, asked: ContactChange, status: int = 200) -> Contact | None:
    """Carry a change out, or find what it led to the first time; None where the contact is no more."""
    contacts, contact_id = resources_of(request).contacts, asked.command.contact_id
    answered = await carry_out(request, contacts, CONTACTS_DECIDER, asked, status, endpoint_id=contact_id)
    return answered.loaded.state.by_id.get(answered.response.endpoint_id or "")


async def shown(request: AuthenticatedRequest, contact: Contact | None, status: int = 200) -> Response[ContactView]:
    """Answer with a contact as it is after a change."""
    if contact is None:
        raise ApiProblem("contact-unknown", "The contact was removed meanwhile; see GET /contacts.")
    headers = {"ETag": etag(contact.version)}
    if status == 201:  # noqa: PLR2004  created
        headers["Location"] = f"/contacts/{contact.contact_id}"
    return Response(await contact_view(resources_of(request), contact), status_code=status, headers=headers)
