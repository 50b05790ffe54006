"""The route of the fleet: what the console shows first."""

from typing import Annotated

from litestar.params import QueryParameter

from astrolabe.api.fleet.example import ONE
from astrolabe.api.fleet.page import FleetCounts, FleetInstance, FleetPage, ReleasesAhead
from astrolabe.api.http.paging import next_page
from astrolabe.api.http.parameters import Limit
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.rights import only_visible, reach_of
from astrolabe.api.http.route import get
from astrolabe.domain.products.product import Product
from astrolabe.domain.products.release import Release
from astrolabe.domain.products.updates import releases_ahead
from astrolabe.domain.words import Version
from astrolabe.store.views.fleet import FleetFilter, FleetGroup, FleetOrder, FleetRow, Kin


@get(
    "/fleet",
    summary="See the fleet",
    tag="instances",
    scope="read",
    narrowed=True,
    shown=ONE,
    problems=("parameter-invalid",),
)
async def show_fleet(
    request: AuthenticatedRequest,
    *,
    search: Annotated[
        str | None,
        QueryParameter(max_length=100, description="Only where the name, product, host or kind has this in it."),
    ] = None,
    group: Annotated[FleetGroup, QueryParameter(description="Only those that are counted so.")] = "all",
    order: Annotated[
        FleetOrder, QueryParameter(description="By what comes first: what needs a person, or by a field.")
    ] = "needs",
    offset: Annotated[int, QueryParameter(ge=0, le=1_000_000, description="How many are left out before.")] = 0,
    limit: Limit = 50,
) -> FleetPage:
    """List the instances that are not retired with what needs a person, what is newer, and their last upgrade."""
    resources, reach = resources_of(request), reach_of(request)
    everything = await resources.fleet.census(None, reach)
    kin = await resources.fleet.census(search, reach) if search else everything
    ahead = _ahead(everything, resources.products)
    behind = [each for each in kin if ahead.get((each.product, each.version))]
    pairs = [(each.product, each.version or "") for each in behind]
    rows = await resources.fleet.rows(FleetFilter(search, group, order, pairs, offset, limit + 1, reach))
    counts = FleetCounts(
        sum(each.many for each in kin),
        sum(each.needing for each in kin),
        sum(each.many for each in behind),
        sum(each.under_way for each in kin),
    )
    asked = {"search": search, "group": group, "order": order, "offset": offset + limit, "limit": limit}
    more = next_page("/fleet", asked) if len(rows) > limit else None
    titles = {product.name: product.title for product in resources.products.values()}
    seen = {each.instance_id for each in await only_visible(request, [row.instance for row in rows[:limit]])}
    visible = (row for row in rows[:limit] if row.instance.instance_id in seen)
    shown = (_shown(row, ahead, titles) for row in visible)
    return FleetPage(tuple(shown), counts, more)


def _ahead(kin: list[Kin], products: dict[str, Product]) -> dict[tuple[str, str | None], ReleasesAhead]:
    """Return what is known to be newer, by product and version: what files describe, and what runs here."""
    known: dict[str, dict[str, Release]] = {}
    for each in kin:
        described = products[each.product].release if each.product in products else ()
        releases = known.setdefault(each.product, {release.version: release for release in described})
        if each.version:
            releases.setdefault(each.version, Release(each.version))
    found = (((each.product, each.version), _newer(each.version, known[each.product])) for each in kin)
    return {which: newer for which, newer in found if newer}


def _newer(running: Version | None, known: dict[str, Release]) -> ReleasesAhead | None:
    ahead = releases_ahead(running, known.values(), ()) if running else ()
    breaking = tuple(each.version for each in ahead if each.breaking)
    return ReleasesAhead(len(ahead), ahead[-1], breaking) if ahead else None


def _shown(row: FleetRow, ahead: dict[tuple[str, str | None], ReleasesAhead], titles: dict[str, str]) -> FleetInstance:
    product, version = row.instance.product, row.instance.version
    return FleetInstance(row.instance, titles.get(product, product), row.need, row.last, ahead.get((product, version)))


ROUTES = (show_fleet,)
