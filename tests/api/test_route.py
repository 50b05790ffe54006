from typing import Any

import pytest

from astrolabe.api.app import ROUTES
from astrolabe.api.http.route import get

OPEN = {"/", "/reference", "/page/{name:str}", "/healthz", "/readyz", "/problems", "/problems/{name:str}"}
"""What anybody may read: it tells nothing of what runs here."""

SESSION = {"/sign-in", "/sign-out"}
"""What makes a session of a token that it is given, and what forgets one."""


def test_a_route_names_problems_of_the_catalogue_alone() -> None:
    """A name that is not there is found when the program starts, not when somebody is refused."""
    with pytest.raises(KeyError, match="no-such-problem"):
        get("/here", summary="Look", tag="meta", scope="read", problems=("no-such-problem",))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.handler_name)
def test_a_route_is_guarded_unless_it_is_open_to_all(route: Any) -> None:
    """No route is left open because somebody forgot its guard, and the OpenAPI names the scope that is asked for."""
    (path,) = route.paths
    assert bool(route.guards) == (path not in OPEN | SESSION)
    assert bool(route.security) == bool(route.guards)
