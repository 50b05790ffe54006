"""An example of the fleet for the OpenAPI: one instance, which something newer is known for."""

from astrolabe.api.fleet.page import FleetCounts, FleetInstance, FleetPage, ReleasesAhead
from astrolabe.api.instances.example import UPGRADED
from astrolabe.api.upgrades.examples import SUCCEEDED
from astrolabe.domain.products.release import Release
from astrolabe.domain.upgrades.instance_row import InstanceRow
from astrolabe.store.views.fleet import FleetUpgrade

_ROW = InstanceRow(
    UPGRADED.id,
    UPGRADED.name,
    UPGRADED.product,
    UPGRADED.kind,
    UPGRADED.host,
    UPGRADED.version,
    UPGRADED.status,
    upgrade_id=None,
    due=None,
    due_at=None,
    stream_version=UPGRADED.stream_version,
    updated_at=UPGRADED.updated_at,
    in_sync=True,
    last_outcome="succeeded",
    labels=UPGRADED.labels,
)
_LAST = FleetUpgrade(
    SUCCEEDED.id,
    SUCCEEDED.to_version,
    SUCCEEDED.target,
    SUCCEEDED.status,
    SUCCEEDED.actor,
    SUCCEEDED.reason,
    SUCCEEDED.requested_at,
    downtime_ms=3700,
    problem_detail=None,
)
_AHEAD = ReleasesAhead(1, Release("7.0.0", "Client API v1 is gone.", breaking=True), ("7.0.0",))

ONE = FleetPage(
    (FleetInstance(_ROW, "Unleash", need=None, last=_LAST, ahead=_AHEAD),),
    FleetCounts(all=1, needs=0, updates=1, upgrading=0),
)
