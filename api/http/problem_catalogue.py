"""The catalogue of problem types (RFC 9457): a name is stable for ever and is what a program may match on."""

from collections.abc import Iterable

from msgspec import Struct


class ProblemType(Struct, frozen=True):
    """One kind of problem: its name, the status it is answered with, its title, and what helps."""

    name: str
    """The name that ends every `type`; stable for ever."""
    status: int
    """The HTTP status that it is answered with."""
    title: str
    """What it means, in a few words."""
    help: str
    """What helps, in a sentence."""


_TYPES = (
    ProblemType("bad-request", 400, "The request cannot be understood", "Check its request line and headers."),
    ProblemType("json-malformed", 400, "The body is not JSON", "Send one JSON object, in UTF-8."),
    ProblemType("field-unknown", 400, "A field is unknown", "Remove it, or correct its spelling: see the OpenAPI."),
    ProblemType("field-invalid", 400, "A field is missing or has a wrong value", "`errors` names each field."),
    ProblemType("version-invalid", 400, "Not a version", "Name an exact version such as 6.10.1, or latest."),
    ProblemType("parameter-invalid", 400, "A parameter has a wrong value", "`errors` names each parameter."),
    ProblemType("if-match-invalid", 400, "If-Match is malformed", 'Send back an ETag as it was given, such as "7".'),
    ProblemType(
        "idempotency-key-invalid",
        400,
        "Idempotency-Key is malformed",
        "Send 1 to 128 printable ASCII characters without spaces, such as a UUID.",
    ),
    ProblemType(
        "idempotency-key-refused",
        400,
        "Idempotency-Key is not possible here",
        "The answer holds a secret that is never stored, so it cannot be given twice: leave the header out.",
    ),
    ProblemType("token-missing", 401, "No token was sent", "Send the header `Authorization: Bearer TOKEN`."),
    ProblemType("token-invalid", 401, "The token is unknown or revoked", "Use a token that is in use, or make one."),
    ProblemType("scope-missing", 403, "The token lacks a scope", "Use a token that has the scope named in `scope`."),
    ProblemType(
        "cross-site-request", 403, "A cookie alone changes nothing", "Send `X-Astrolabe-Console: 1` beside it."
    ),
    ProblemType("approver-is-requester", 403, "Nobody approves their own request", "Somebody else must approve it."),
    ProblemType("approvals-fixed", 403, "The approval policy is not yours", "Use a token that has the scope admin."),
    ProblemType("labels-fixed", 403, "The labels are not yours to change", "Use a token that has the scope admin."),
    ProblemType("not-found", 404, "There is nothing here", "See /reference for what there is."),
    ProblemType("instance-unknown", 404, "No such instance", "GET /instances lists those that there are."),
    ProblemType("upgrade-unknown", 404, "No such upgrade", "GET /upgrades lists those that there are."),
    ProblemType("token-unknown", 404, "No such token", "GET /tokens lists those in use."),
    ProblemType("output-unknown", 404, "No such output", "`outputs_discarded` in the trail says which are gone."),
    ProblemType("hold-unknown", 404, "No such hold", "GET /holds lists those that were not lifted."),
    ProblemType("webhook-unknown", 404, "No such webhook", "GET /webhooks lists those that there are."),
    ProblemType("contact-unknown", 404, "No such contact", "GET /contacts lists those that there are."),
    ProblemType("delivery-unknown", 404, "No such delivery", "List the webhook's deliveries."),
    ProblemType("no-rollback-point", 404, "There is no way back recorded", "Only a succeeded upgrade leaves one."),
    ProblemType("no-checkpoint", 404, "Nothing was signed yet", "The relay signs; see that it runs, and ask again."),
    ProblemType("not-in-the-tree", 404, "The tree does not have this", "GET /audit/checkpoint says how far it is."),
    ProblemType("method-not-allowed", 405, "The method is not possible here", "The header Allow lists those that are."),
    ProblemType("instance-busy", 409, "An upgrade is under way", "Wait for the one at `upgrade`, or cancel it."),
    ProblemType("instance-exists", 409, "The instance is registered already", "Use it as it is."),
    ProblemType("instance-name-taken", 409, "The name is taken", "Choose another, or rename the other instance."),
    ProblemType(
        "instance-identity-taken", 409, "Another instance acts on the same", "Use the one at `existing`, or retire it."
    ),
    ProblemType("instance-retired", 409, "The instance is retired", "Register it anew."),
    ProblemType("instance-inconsistent", 409, "A person must act first", "Do what `detail` says, then retry."),
    ProblemType("instance-adopting", 409, "Nobody knows yet what runs", "Wait for the worker on its host."),
    ProblemType("instance-unadopted", 409, "What runs is not the product", "Do what `detail` says, then adopt it."),
    ProblemType("nothing-to-adopt", 409, "The log knows what runs", "GET the instance to see it."),
    ProblemType("already-at-version", 409, "The instance runs this version", "There is nothing to do."),
    ProblemType("not-newer", 409, "The version is not newer", "To go back, roll back the upgrade that led here."),
    ProblemType("upgrade-not-current", 409, "A later upgrade exists", "Only an instance's latest can be changed."),
    ProblemType("not-awaiting-approval", 409, "The upgrade waits for no approval", "Look at its status and events."),
    ProblemType("already-approved", 409, "You approved it already", "Another approver is needed."),
    ProblemType("approval-expired", 409, "The time for approvals has passed", "Retry the upgrade for a new plan."),
    ProblemType("no-review-due", 409, "No review is due", "Only emergency upgrades are reviewed, and once."),
    ProblemType("emergency-needless", 409, "Nothing waits for approval here", "Ask without `emergency`."),
    ProblemType(
        "review-outstanding", 409, "An emergency was not reviewed", "Have the one at `upgrade` reviewed first."
    ),
    ProblemType("cannot-cancel", 409, "The upgrade cannot be cancelled now", "`detail` says why."),
    ProblemType("cannot-retry", 409, "The upgrade cannot be retried", "`detail` says why."),
    ProblemType("superseded", 409, "Something else happened first", "Look at the history, then ask again."),
    ProblemType("token-exists", 409, "The token's name is in use", "Choose another, or revoke that token."),
    ProblemType("last-admin-token", 409, "The last admin token", "Make another admin token, then revoke this one."),
    ProblemType("evidence-not-ready", 409, "No checkpoint covers it yet", "Ask again in some seconds."),
    ProblemType("webhook-exists", 409, "The webhook's name is in use", "Choose another, or change that webhook."),
    ProblemType("webhooks-too-many", 409, "There are too many webhooks", "Remove one that is not needed."),
    ProblemType("contact-exists", 409, "The contact's name is in use", "Choose another, or change that contact."),
    ProblemType("contacts-too-many", 409, "There are too many contacts", "Remove one that is not needed."),
    ProblemType("webhook-key-changed", 409, "The master key is another", "Restore its file, or rotate the secret."),
    ProblemType("request-in-flight", 409, "The first request is still under way", "Ask again in a moment."),
    ProblemType("version-mismatch", 412, "Somebody else changed it first", "Read again, and decide on what is now so."),
    ProblemType("body-too-large", 413, "The body is too large", "A body may have 65536 bytes."),
    ProblemType("media-type-unsupported", 415, "The body is not declared as JSON", "Send `application/json`."),
    ProblemType("breaking-release", 422, "A release on the way is breaking", "Name it in `acknowledge_breaking`."),
    ProblemType("reason-missing", 422, "An emergency needs a reason", "Say why it cannot wait for its approval."),
    ProblemType(
        "ticket-missing", 422, "This instance asks for a ticket", "Name one like those in `approvals.tickets`."
    ),
    ProblemType("ticket-invalid", 422, "The ticket is of another kind", "Name one like those in `approvals.tickets`."),
    ProblemType("no-route", 422, "There is no way to this version", "Upgrade first to what `detail` names."),
    ProblemType("notes-missing", 422, "A release has no notes", "Add them to the product, or see `require_notes`."),
    ProblemType("product-unknown", 422, "The product is not in the catalogue", "See GET /products, or add a file."),
    ProblemType("kind-unsupported", 422, "The product cannot be deployed this way", "See the product's `kinds`."),
    ProblemType(
        "port-unfit", 422, "The product has a port, or has none", "Name it, or leave it out, as `detail` says."
    ),
    ProblemType("setting-unknown", 422, "The product has no such setting", "See the product's `settings`."),
    ProblemType("setting-twice", 422, "A setting is also a secret", "Name it in `settings` or in `secrets`, not both."),
    ProblemType("database-missing", 422, "The product needs a database", "Say in `database` where it is."),
    ProblemType("instance-too-large", 422, "The settings are too long", "Keep them below 32768 bytes altogether."),
    ProblemType(
        "database-fixed", 409, "The way back needs its name", "Change the database once the way back has ended."
    ),
    ProblemType("fixed-at-registration", 422, "A fixed field was changed", "Register another instance instead."),
    ProblemType("time-zone-unknown", 422, "No such time zone", "Write one of the IANA database's, or UTC."),
    ProblemType("webhook-url-forbidden", 422, "Nothing may be sent there", "`detail` says why, and what may be."),
    ProblemType(
        "idempotency-key-reused",
        422,
        "The Idempotency-Key belongs to another request",
        "Use a new key for a new request; to repeat one, send exactly what was sent first.",
    ),
    ProblemType("request-too-slow", 408, "The request did not come to its end", "Send it again, at once."),
    ProblemType("too-many-wrong-tokens", 429, "Too many wrong tokens", "Wait a minute, and send a token in use."),
    ProblemType("head-too-large", 431, "The headers are too large", "A request may have 100 headers of 32768 bytes."),
    ProblemType("internal-error", 500, "Internal error", "Ask again; if it persists, report it with the API's log."),
    ProblemType("database-unavailable", 503, "The database cannot be used now", "Ask again in a moment."),
    ProblemType("webhook-key-missing", 503, "There is no master key", "Start the API with ASTROLABE_WEBHOOK_KEY."),
    ProblemType("too-busy", 503, "Too many requests are being answered", "Ask again in a few seconds."),
    ProblemType("contended", 503, "Too many concurrent changes", "Ask again in a moment."),
)

CATALOGUE: dict[str, ProblemType] = {each.name: each for each in _TYPES}
"""Every problem type by its name."""


def by_status(names: Iterable[str]) -> dict[int, list[ProblemType]]:
    """Group problem types by the status they are answered with."""
    found: dict[int, list[ProblemType]] = {}
    for name in names:
        found.setdefault(CATALOGUE[name].status, []).append(CATALOGUE[name])
    return found
