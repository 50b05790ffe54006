"""What the API knows of an instance, laid out for a person."""

from collections.abc import Iterator
from typing import Any

from astrolabe.cli.table import moment, pairs, short
from astrolabe.domain.upgrades.sentences import counted

UNWANTED = frozenset({"refused", "expired", "failed", "rolled_back", "unwell"})
"""How an upgrade ended that somebody should look at."""
UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def size(many: float) -> str:
    """Return a number of bytes as a person reads it."""
    unit = 0
    while many >= 1024 and unit < len(UNITS) - 1:  # noqa: PLR2004  the step from each unit to the next
        many, unit = many / 1024, unit + 1
    return f"{many:.0f} {UNITS[unit]}" if unit == 0 else f"{many:.1f} {UNITS[unit]}"


def standing(row: dict[str, Any]) -> str:
    """Return what an instance in a list is doing, and whether what runs is what the log says."""
    drift = "; what runs is not that: see astrolabe show" if row["in_sync"] is False else ""
    unseen = f"; cannot be looked at since {moment(row['unobserved_since'])}" if row["unobserved_since"] else ""
    ended = row["last_outcome"]
    last = f"; last upgrade {ended.replace('_', ' ')}" if row["status"] == "idle" and ended in UNWANTED else ""
    return f"{row['status'].replace('_', ' ')}{last}{drift}{unseen}"


def instance_in_words(found: dict[str, Any]) -> str:
    """Lay out an instance: what it is, where it stands, its way back, and what a person can do."""
    return "\n".join([pairs(list(_facts(found))), *_by_hand(found)])


def _facts(found: dict[str, Any]) -> Iterator[tuple[str, object]]:
    yield "name", found["name"]
    yield "id", found["id"]
    yield "product", f"{found['product']}, kind {found['kind']}"
    yield "version", found["version"] or "not known yet"
    yield "status", found["status"].replace("_", " ")
    yield "host", found["host"] if found["port"] is None else f"{found['host']}, {found['address']}:{found['port']}"
    if database := found["database"]:
        yield "database", f"{database['user']}@{database['host']}:{database['port']}/{database['name']}"
    if project := found["compose"]:
        yield "project", f"{project['name'] or '?'} in {project['folder']}"
    yield "cutover", found["cutover"]
    yield "labels", ", ".join(f"{name}={value}" for name, value in found["labels"].items()) or None
    yield "approvals", found["approvals"]["when"]
    yield "tickets", " or ".join(found["approvals"]["tickets"]) or None
    yield "upgrade", found["upgrade_id"]
    if last := found["last_upgrade"]:
        yield "last upgrade", f"{last['outcome'].replace('_', ' ')}: {short(last['upgrade_id'])}"
    yield from _seen(found)
    yield "way back", f"yes: astrolabe rollback-point {found['name']}" if found["rollback_point"] else "none"
    for kept in found["kept"]:
        yield "kept aside", f"{kept['what']} {kept['name']} until {moment(kept['until'])}: {kept['why']}"
    if review := found["review"]:
        yield "review", f"{short(review['upgrade_id'])} by {moment(review['until'])}: astrolabe review"
    for problem in (found["unadopted"], (found["inconsistent"] or {}).get("problem")):
        if problem:
            yield "problem", problem["detail"]
            yield "to do", problem["todo"]


def _seen(found: dict[str, Any]) -> Iterator[tuple[str, object]]:
    if seen := found["observed"]:
        yield "running", f"{seen['seen']}, since {moment(seen['since'])}"
        if not seen["in_sync"]:
            yield "drift", f"What runs is not {found['version']}; astrolabe adopt {found['name']} takes it as it is."
    if unseen := found["unobserved"]:
        yield "unseen", f"Nobody can look at it since {moment(unseen['since'])}: {unseen['why']}"


def _by_hand(found: dict[str, Any]) -> Iterator[str]:
    for command in (found["inconsistent"] or {}).get("commands", ()):
        yield f"\n{command['does']}\n  $ {command['line']}"


def point_in_words(found: dict[str, Any]) -> str:
    """Lay out what takes an instance back."""
    return pairs(list(_point(found)))


def _point(found: dict[str, Any]) -> Iterator[tuple[str, object]]:
    yield "left by", short(found["upgrade_id"])
    artifact = found["artifact"]
    yield "version", artifact["version"]
    yield "artifact", f"{artifact['package']} from {artifact['registry']}, {artifact['integrity']}"
    if dump := found["dump"]:
        yield "dump", f"{size(dump['size'])}, {counted(dump['tables'], 'table')}, {dump['path']}"
        yield "its SHA-256", dump["sha256"]
    if copy := found["copy"]:
        yield "copy", f"{size(copy['size'])}, database {copy['database']}"
