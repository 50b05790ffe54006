"""Refusals: what the API says to a program that asks it, said to a person who types commands."""

import re
from collections.abc import Mapping
from typing import Any, Final

from astrolabe.cli.failure import CommandError

INSTEAD: Final = {
    "json-malformed": "This command and that Astrolabe do not understand each other; are they of one version?",
    "bad-request": "This command and that Astrolabe do not understand each other; are they of one version?",
    "method-not-allowed": "That Astrolabe does not know this command; are they of one version?",
    "media-type-unsupported": "This command and that Astrolabe do not understand each other; are they of one version?",
    "cross-site-request": "This command and that Astrolabe do not understand each other; are they of one version?",
    "not-found": "Astrolabe knows nothing by this name.",
    "body-too-large": "What was given is too long: all of it together may have 64 KiB.",
    "token-missing": "Say who asks: astrolabe login, or ASTROLABE_TOKEN.",
    "token-invalid": "No token in use has this secret; log in with another, or set ASTROLABE_TOKEN to one.",
    "version-mismatch": "Somebody else changed it meanwhile; look at what is so now, and type the command again.",
    "if-match-invalid": "This command and that Astrolabe do not understand each other; are they of one version?",
    "idempotency-key-invalid": "This command and that Astrolabe do not understand each other; are they of one version?",
    "idempotency-key-refused": "A token's secret is never stored, so it is shown once only; make another token.",
    "idempotency-key-reused": "This was asked for before, with other words; type the command again.",
    "request-in-flight": "The same is being asked for at this moment; look at what came of it.",
    "contended": "Others changed the same at the same moment; type the command again.",
    "database-unavailable": "Astrolabe's database cannot be used now; type the command again in a few seconds.",
}
"""What a person reads instead, by the name of the problem, where the API speaks of requests alone."""

PLACES: Final = {
    "GET /instances": "astrolabe instances",
    "GET /upgrades": "astrolabe upgrades",
    "GET /tokens": "astrolabe token list",
    "GET /webhooks/types": "astrolabe webhook types",
    "GET /webhooks": "astrolabe webhook list",
    "GET /contacts": "astrolabe notify list",
    "GET /holds": "astrolabe hold list",
    "GET /products": "astrolabe products",
    "GET /audit/checkpoint": "astrolabe audit checkpoint",
    "GET the instance to see it": "astrolabe show says what",
}
"""The commands that say what a request would."""

FIELDS: Final = {"name it in ticket": "name it with --ticket"}
"""The options that fill a field which a request would name in the middle of a sentence."""

OPTIONS: Final = {
    "database.password": "--password-from",
    "database": "--database",
    "compose.folder": "--project-folder",
    "compose.name": "--project-name",
    "compose.files": "--project-file",
    "compose.env_files": "--env-file",
    "compose.profiles": "--profile",
    "compose.database_service": "--database-service",
    "compose.outside_rollback": "--outside-rollback",
    "files.keep": "--keep-files",
    "files.leave": "--leave-files",
    "compose": "--project-folder",
    "settings": "--set",
    "secrets": "--secret",
    "approvals.tickets": "--ticket-pattern",
    "approvals.when": "--approvals",
    "approvals": "--approvals",
    "labels": "--label",
    "label": "--label",
    "scopes": "--scope",
    "person": "--person",
    "service": "--service",
    "patience_seconds": "--patience",
    "retry_for_seconds": "--retry-for",
    "kept_variables": "--keep",
    "accepted_differences": "--accept-difference",
    "acknowledge_breaking": "--acknowledge-breaking",
    "ticket": "--ticket",
    "impact": "--impact",
    "overlap_hours": "--overlap-hours",
    "time_zone": "--time-zone",
    "digests": "--digest",
    "quiet": "--quiet",
    "url": "URL",
}
"""The option that fills a field, by the field; of names that begin alike the longest is meant."""

_FIELD: Final = re.compile(rf"^(Correct the parameter )?({'|'.join(map(re.escape, OPTIONS))})(?=[.: \[])[.\w\[\]…]*")


def worded(name: str, detail: str) -> str:
    """Return what a person reads of a problem, in the words of commands and options."""
    if instead := INSTEAD.get(name):
        return instead
    for place, command in (PLACES | FIELDS).items():
        detail = detail.replace(place, command)
    detail = detail.replace("correct it and send the request again", "correct it and type the command again")
    return _FIELD.sub(lambda found: OPTIONS[found[2]], detail)


class RefusedError(CommandError):
    """What the API refuses; `name` is the problem's stable name."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(worded(name, detail))
        self.name: str = name


def refusal_of(problem: Mapping[str, Any]) -> RefusedError | None:
    """Return what a problem (RFC 9457) says to a person; None where it says nothing."""
    said = problem.get("detail") or problem.get("title")
    return RefusedError(str(problem.get("type", "")).rpartition("/")[2], str(said)) if said else None
