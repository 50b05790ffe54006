"""Notices: what a contact is sent, of one event or of several together.

They go to whom the operator chose, so that they say more than a webhook's: why, and what to do. What was seen on a
host, line by line, is not in them.
"""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from astrolabe.domain.notices.occasion import Occasion, occasion_of
from astrolabe.domain.products.release import Release
from astrolabe.domain.products.release_notes import CrossedRelease
from astrolabe.domain.recorded import Recorded
from astrolabe.domain.upgrades import events as e
from astrolabe.domain.upgrades.sentences import sentence
from astrolabe.domain.upgrades.subject import Subject
from astrolabe.domain.webhooks.headline import headline

Tone = Literal["info", "success", "warning", "failure"]
"""How a notice looks where a service has colours or icons; Apprise's own words."""

TONES: dict[Occasion, Tone] = {
    "update": "info",
    "approval": "info",
    "succeeded": "success",
    "failed": "warning",
    "taken-back": "warning",
    "unwell": "failure",
    "stuck": "failure",
}
WORST: tuple[Tone, ...] = ("failure", "warning", "success", "info")

LONGEST_TITLE = 240
LONGEST_TOGETHER = 6000
"""Characters of several notices together, about; where they have more, each is its title and its link."""
LONGEST_PART = 600
"""Characters of a part of a body: of a sentence, a reason, the notes of one release."""
MOST_RELEASES = 3
MOST_TOGETHER = 20
"""How many events one message says something of; of more it says how many."""


class Notice(Struct, frozen=True):
    """A message: one line, then text without markup, which ends with where to read more."""

    title: str
    body: str
    tone: Tone = "info"


def page_link(public_url: str, recorded: Recorded[Any]) -> str:
    """Return the address of the page of an event's upgrade, or of its instance."""
    upgrade_id = getattr(recorded.event, "upgrade_id", None)
    what = f"upgrades/{upgrade_id}" if upgrade_id else f"instances/{recorded.stream_id}"
    return f"{public_url.rstrip('/')}/#/{what}"


def notice(recorded: Recorded[Any], about: Subject | None, public_url: str) -> Notice:
    """Return what a contact is sent of an event."""
    occasion = occasion_of(recorded.event)
    parts = (*_said(recorded, about), *_notes(about), page_link(public_url, recorded))
    return Notice(
        _cut(headline(recorded.event, about), LONGEST_TITLE),
        "\n\n".join(filter(None, parts)),
        TONES[occasion] if occasion else "info",
    )


class Runs(Struct, frozen=True):
    """An instance, and the version of a product that runs there."""

    instance_id: str
    name: str
    product: str
    host: str
    version: str


def update_notice(runs: Runs, ahead: Sequence[Release], public_url: str) -> Notice:
    """Return what a contact is sent of releases that are ahead, the newest last."""
    newest = ahead[-1].version
    title = f"{runs.name} ({runs.product}): {newest} is available, {runs.version} runs."
    breaking = ", ".join(each.version for each in ahead if each.breaking)
    parts = (
        f"Host: {runs.host}",
        f"Breaking on the way: {breaking}" if breaking else "",
        f"To see what it would do: astrolabe plan {runs.name} {newest}",
        *_releases(ahead[-MOST_RELEASES:]),
        f"{public_url.rstrip('/')}/#/instances/{runs.instance_id}",
    )
    return Notice(_cut(title, LONGEST_TITLE), "\n\n".join(filter(None, parts)), TONES["update"])


def together(notices: Sequence[Notice]) -> Notice:
    """Return several notices as one, in their order; one is itself."""
    if len(notices) == 1:
        return notices[0]
    shown, more = notices[:MOST_TOGETHER], len(notices) - MOST_TOGETHER
    each = LONGEST_TOGETHER // len(shown)
    texts = [f"{one.title}\n{_link(one)}" if each < len(one.body) else f"{one.title}\n{one.body}" for one in shown]
    body = "\n\n".join([*texts, *([f"… and {more} more."] if more > 0 else [])])
    worst = min(WORST.index(one.tone) for one in notices)
    return Notice(f"Astrolabe: {len(notices)} messages", body, WORST[worst])


def trial(name: str, public_url: str) -> Notice:
    """Return what is sent to try a contact."""
    return Notice("Astrolabe: messages arrive", f"The contact {name} is reached.\n\n{public_url.rstrip('/')}/")


def _said(recorded: Recorded[Any], about: Subject | None) -> tuple[str, ...]:
    event, cause = recorded.event, recorded.cause
    data = msgspec.to_builtins(event)
    said = sentence(str(event.__struct_config__.tag), data)
    why = about.why if about and isinstance(event, e.UpgradeRolledBack) else None
    return (
        _cut(said[:1].upper() + said[1:], LONGEST_PART),
        _cut(f"Why: {why}", LONGEST_PART) if why else "",
        f"Host: {about.host}" if about else "",
        _cut(f"Reason: {cause.reason} ({cause.actor})", LONGEST_PART) if cause.reason else "",
    )


def _notes(about: Subject | None) -> tuple[str, ...]:
    return _releases(about.releases[-MOST_RELEASES:]) if about else ()


def _releases(releases: Sequence[CrossedRelease | Release]) -> tuple[str, ...]:
    return tuple(_cut(_release(each), LONGEST_PART) for each in releases)


def _release(release: CrossedRelease | Release) -> str:
    breaking = " (breaking)" if release.breaking else ""
    more = f"\n{release.url}" if release.url else ""
    return f"Release notes of {release.version}{breaking}: {release.notes.strip() or 'none'}{more}"


def _link(one: Notice) -> str:
    return one.body.rpartition("\n\n")[2]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
