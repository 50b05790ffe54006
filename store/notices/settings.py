"""Settings of notices: where contacts' URLs may be, where nothing may be sent, and how the pages are reached."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from msgspec import Struct

from astrolabe.domain.webhooks.web_address import Network
from astrolabe.store.settings import DEFAULT_URL, Settings
from astrolabe.store.webhooks.settings import networks

MOUNTED = Path("/run/secrets")
"""Where a container finds what it was given as secrets."""


class NoticeSettings(Struct, frozen=True):
    """What an operator decides about notices."""

    public_url: str = DEFAULT_URL
    allowed: tuple[Network, ...] = ()
    folders: tuple[Path, ...] = (MOUNTED,)
    products: tuple[Path, ...] = ()
    """The folders of product files of the operator's own, in which releases are described."""
    deadline: timedelta = timedelta(seconds=60)

    @property
    def lease(self) -> timedelta:
        """How long a notice belongs to the relay that took it, longer than any attempt."""
        return self.deadline * 1.5


def notice_settings(data: Path, public_url: str | None, products: Iterable[Path], settings: Settings) -> NoticeSettings:
    """Return a relay's settings for notices, from its data folder; raises SettingsError where one is malformed."""
    return NoticeSettings(
        public_url or DEFAULT_URL,
        networks("webhook_allow", settings.webhook_allow),
        (MOUNTED, data / "secrets"),
        tuple(products),
    )
