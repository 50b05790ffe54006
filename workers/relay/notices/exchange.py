"""What the relay and the process that sends through Apprise say to each other."""

from msgspec import Struct

from astrolabe.domain.notices.notice import Notice

VARIABLE = "ASTROLABE_NOTICES"
"""The variable that holds the request: the process is started for it, and reads nothing else."""


class SendRequest(Struct, frozen=True):
    """Send notices to one contact, whose URL is only read by whoever sends; networks as text."""

    reference: str
    folders: tuple[str, ...]
    allowed: tuple[str, ...]
    notices: tuple[Notice, ...]


class SendResult(Struct, frozen=True):
    """What became of each notice, in order: None where it arrived, otherwise why not; no part of the URL is in it."""

    whys: tuple[str | None, ...]
