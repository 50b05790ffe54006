"""Sending: a process for a few notices of one contact, which ends when they are sent."""

import os
import sys
from collections.abc import Mapping, Sequence

import msgspec

from astrolabe.domain.notices.notice import Notice
from astrolabe.store.notices.settings import NoticeSettings
from astrolabe.workers.programs import shell
from astrolabe.workers.programs.command import CommandProblem
from astrolabe.workers.relay.notices.exchange import VARIABLE, SendRequest, SendResult

OUTLET = ("-P", "-E", "-m", "astrolabe.workers.relay.notices.outlet")
KEPT = ("HOME", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""What the process keeps: where a user has installed Astrolabe, and the system's authorities."""

NOBODY_ELSES = {"LANG": "C.UTF-8", "NETRC": os.devnull, "NO_PROXY": "*", "no_proxy": "*"}
"""Nothing of a user's says where notices go, or with which password: no proxy, and no .netrc."""

BROKE = "The process that sends ended before it was done."


async def send(
    settings: NoticeSettings,
    reference: str,
    notices: Sequence[Notice],
    environment: Mapping[str, str] = os.environ,  # noqa: TID251  where a contact's URL may be, and authorities
) -> tuple[str | None, ...]:
    """Send notices to whom a reference names; say of each why it did not arrive, None where it did."""
    folders, allowed = map(str, settings.folders), map(str, settings.allowed)
    request = SendRequest(reference, tuple(folders), tuple(allowed), tuple(notices))
    try:
        # What it prints besides its result may hold a part of the URL: it goes no further.
        ended = await shell.run(
            [sys.executable, *OUTLET],
            env={**_given(reference, environment), VARIABLE: msgspec.json.encode(request).decode()},
            deadline=settings.deadline.total_seconds(),
            check=False,
        )
        whys = msgspec.json.decode(ended.stdout, type=SendResult).whys
    except (CommandProblem, msgspec.DecodeError):
        whys = ()
    return whys if len(whys) == len(notices) else (BROKE,) * len(notices)


def _given(reference: str, environment: Mapping[str, str]) -> dict[str, str]:
    kind, _, name = reference.partition(":")
    found = {each: environment[each] for each in KEPT if each in environment}
    # The client that most services of Apprise have looks there for the system's authorities.
    if "SSL_CERT_FILE" in found:
        found["REQUESTS_CA_BUNDLE"] = found["SSL_CERT_FILE"]
    if kind == "env" and name in environment:
        found[name] = environment[name]
    return found | NOBODY_ELSES
