"""An example of an instance for the OpenAPI: it was upgraded, and can go back."""

from datetime import timedelta

from msgspec.structs import asdict

from astrolabe.api.instances.view import InstanceView, LastUpgrade, Observed
from astrolabe.api.upgrades.examples import ASKED_AT, ENDED_AT, INSTANCE_ID, UPGRADE_ID
from astrolabe.domain.instances.instance import DatabaseConfig, InstanceConfig

_HERE = f"/instances/{INSTANCE_ID}"
_CONFIG = InstanceConfig(
    "flags",
    "unleash",
    4242,
    database=DatabaseConfig("unleash", "unleash", password="env:ASTROLABE_SECRET_UNLEASH_DB"),  # noqa: S106  a reference
    labels={"team": "web"},
)

UPGRADED = InstanceView(
    **asdict(_CONFIG),
    id=INSTANCE_ID,
    version="6.10.1",
    status="idle",
    name_free=False,
    upgrade_id=None,
    last_upgrade=LastUpgrade(UPGRADE_ID, "succeeded"),
    rollback_point=True,
    kept=(),
    review=None,
    observed=Observed("6.10.1", "it answers with 6.10.1", ENDED_AT + timedelta(minutes=1), in_sync=True),
    unobserved=None,
    inconsistent=None,
    unadopted=None,
    stream_version=17,
    registered_at=ASKED_AT - timedelta(days=30),
    updated_at=ENDED_AT + timedelta(minutes=1),
    links={"self": _HERE, "history": f"{_HERE}/history", "rollback_point": f"{_HERE}/rollback-point"},
)
