"""References: what a person names an upgrade, a token or a delivery by, made an id."""

import re
from collections.abc import Iterable
from typing import Any, Final

from astrolabe.cli.client import Client, path
from astrolabe.cli.failure import CommandError
from astrolabe.cli.refusals import RefusedError

SEARCHED: Final = 1000
"""How many of the newest a short id is looked for among."""
SHORTEST: Final = 4
"""How many letters of an id must be given at least."""

_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PART: Final = re.compile(rf"[0-9a-f-]{{{SHORTEST},35}}")
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,40}")


def upgrade_id(client: Client, given: str) -> str:
    """Return an upgrade's id: by the id, by its beginning or end, or by the name of the instance whose last it is."""
    if _ID.fullmatch(given):
        return given
    if _NAME.fullmatch(given) and (instance := known_instance(client, given)):
        last = instance["upgrade_id"] or (instance["last_upgrade"] or {}).get("upgrade_id")
        if last is None:
            raise CommandError(f"{given} was never upgraded; astrolabe upgrades lists all upgrades.")
        return str(last)
    if not _PART.fullmatch(given):
        return given
    newest = client.get("/upgrades", limit=SEARCHED)["items"]
    return _only(given, (each["upgrade_id"] for each in newest), f"upgrade among the last {SEARCHED:,}")


def taken_back_id(client: Client, given: str) -> str:
    """Return the id of an upgrade to take back: by an instance's name, the one that led to what runs."""
    if _NAME.fullmatch(given) and (instance := known_instance(client, given)) and instance["rollback_point"]:
        return str(client.get(path("instances", given, "rollback-point"))["upgrade_id"])
    return upgrade_id(client, given)


def known_instance(client: Client, name: str) -> dict[str, Any] | None:
    """Return the instance of this name; None where there is none."""
    try:
        found: dict[str, Any] = client.get(path("instances", name))
    except RefusedError as refused:
        if refused.name != "instance-unknown":
            raise
        return None
    return found


def token_id(client: Client, given: str) -> str:
    """Return a token's id: by the id, by its beginning or end, or by its name."""
    if _ID.fullmatch(given):
        return given
    tokens = client.get("/tokens")["items"]
    if named := next((each for each in tokens if each["name"] == given), None):
        return str(named["id"])
    return _only(given, (each["id"] for each in tokens), "token in use")


def hold_id(client: Client, given: str) -> str:
    """Find the hold that a person names by its id, or by the beginning or the end of that."""
    if _ID.fullmatch(given):
        return given
    return _only(given, (each["id"] for each in client.get("/holds")["items"]), "hold")


def delivery_id(client: Client, webhook: str, given: str) -> str:
    """Return a delivery's id: by the id, or by its beginning or end."""
    if _ID.fullmatch(given):
        return given
    newest = client.get(path("webhooks", webhook, "deliveries"), limit=SEARCHED)["items"]
    return _only(given, (each["id"] for each in newest), f"delivery among the last {SEARCHED:,}")


def _only(given: str, ids: Iterable[str], what: str) -> str:
    """Return the one id that begins or ends so."""
    if not _PART.fullmatch(given):
        raise CommandError(
            f"{given} names no {what}; give its id, or {SHORTEST} letters or more of its beginning or end."
        )
    found = [each for each in ids if each.startswith(given) or each.endswith(given)]
    if len(found) > 1:
        raise CommandError(f"{given} could be any of {', '.join(found[:5])}; give more of it.")
    if not found:
        raise CommandError(f"{given} is the beginning or end of no {what}, and no name.")
    return found[0]
