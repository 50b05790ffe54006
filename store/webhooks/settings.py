"""Settings of webhooks: where the master key is, what the operator allows, and how patient deliveries are."""

from collections.abc import Iterable
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

from msgspec import Struct

from astrolabe.domain.webhooks.web_address import Network
from astrolabe.store.settings import DEFAULTS, Settings, SettingsError, variable


class WebhookSettings(Struct, frozen=True):
    """What an operator decides about webhooks, the same for the API and the relay."""

    key_file: Path | None = None
    allowed: tuple[Network, ...] = ()
    deadline: timedelta = timedelta(seconds=DEFAULTS.webhook_timeout_seconds)
    failing_for: timedelta = timedelta(days=DEFAULTS.webhook_disable_days)

    @property
    def lease(self) -> timedelta:
        """How long a delivery belongs to the relay that took it, longer than any attempt."""
        return self.deadline * 1.5


def webhook_settings(data: Path, settings: Settings) -> WebhookSettings:
    """Return a process's settings for webhooks, from its data folder; raises SettingsError where one is malformed."""
    return WebhookSettings(
        settings.webhook_key or data / "keys" / "webhooks",
        networks("webhook_allow", settings.webhook_allow),
        timedelta(seconds=settings.webhook_timeout_seconds),
        timedelta(days=settings.webhook_disable_days),
    )


def networks(setting: str, texts: Iterable[str]) -> tuple[Network, ...]:
    """Read the networks that a setting holds; raises SettingsError."""
    return tuple(_network(setting, each) for each in texts)


def _network(setting: str, text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError:
        raise SettingsError(f"{variable(setting)}: {text} is no network; write 10.1.2.0/24 or fd12::/64.") from None
