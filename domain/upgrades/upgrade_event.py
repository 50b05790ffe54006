"""What every event of an upgrade has."""

from msgspec import Struct


class OfUpgrade(Struct, frozen=True):
    """An event of an upgrade."""

    upgrade_id: str
    """The upgrade that it is about, a UUID."""
