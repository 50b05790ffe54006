"""Settings of webhooks: where the master key is, what the operator allows, and how patient deliveries are."""

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

from msgspec import Struct

from astrolabe.domain.webhooks.web_address import Network
from astrolabe.store.errors import StoreError

KEY = "ASTROLABE_WEBHOOK_KEY"
ALLOW = "ASTROLABE_WEBHOOK_ALLOW"
TIMEOUT = "ASTROLABE_WEBHOOK_TIMEOUT_SECONDS"
DAYS = "ASTROLABE_WEBHOOK_DISABLE_DAYS"
LONGEST_TIMEOUT = 60


class WebhookSettings(Struct, frozen=True):
    """What an operator decides about webhooks, the same for the API and the relay."""

    key_file: Path | None = None
    allowed: tuple[Network, ...] = ()
    deadline: timedelta = timedelta(seconds=20)
    failing_for: timedelta = timedelta(days=5)

    @property
    def lease(self) -> timedelta:
        """How long a delivery belongs to the relay that took it, longer than any attempt."""
        return self.deadline * 1.5


def webhook_settings(data: Path, environment: Mapping[str, str]) -> WebhookSettings:
    """Read the settings from the environment; raises StoreError where one is malformed."""
    return WebhookSettings(
        Path(environment.get(KEY) or data / "keys" / "webhooks"),
        tuple(map(_network, environment.get(ALLOW, "").replace(",", " ").split())),
        timedelta(seconds=_number(environment, TIMEOUT, 20, LONGEST_TIMEOUT)),
        timedelta(days=_number(environment, DAYS, 5, 365)),
    )


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError:
        raise StoreError(f"{ALLOW}: {text} is no network; write 10.1.2.0/24 or fd12::/64.") from None


def _number(environment: Mapping[str, str], name: str, usual: float, most: float) -> float:
    text = environment.get(name) or str(usual)
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= most:
        raise StoreError(f"{name}: {text} is no number above 0 and up to {most}.")
    return number
