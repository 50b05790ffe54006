"""The application: every route behind one way of reading requests and one way of answering failures."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response
from litestar.datastructures import State

from astrolabe.api import health, metrics, problem_types
from astrolabe.api import static_page as look
from astrolabe.api.access import sessions, tokens
from astrolabe.api.audit import evidence, following, holds
from astrolabe.api.audit import proofs as audit_proofs
from astrolabe.api.audit import trail as audit
from astrolabe.api.audit import witnesses as audit_witnesses
from astrolabe.api.contacts import routes as contacts_routes
from astrolabe.api.fleet import changes
from astrolabe.api.fleet import routes as fleet
from astrolabe.api.http.bodies import MAX_BODY, StrictRequest
from astrolabe.api.http.documentation import openapi_config
from astrolabe.api.http.failures import answer_failure
from astrolabe.api.http.problems import ProblemDetails
from astrolabe.api.http.resources import opened
from astrolabe.api.http.schemas import StructSchemas
from astrolabe.api.instances import history, outputs, products
from astrolabe.api.instances import routes as instances
from astrolabe.api.metrics import Measured, Metrics
from astrolabe.api.upgrades import approvals, verbs
from astrolabe.api.upgrades import event_routes as events
from astrolabe.api.upgrades import routes as upgrades
from astrolabe.api.webhooks import deliveries as webhook_deliveries
from astrolabe.api.webhooks import routes as webhooks_routes
from astrolabe.api.webhooks import secrets as webhook_secrets
from astrolabe.api.webhooks import types as webhook_types
from astrolabe.store.products.catalogue import Catalogue
from astrolabe.store.webhooks.settings import WebhookSettings

ROUTES = (
    *instances.ROUTES,
    *history.ROUTES,
    *fleet.ROUTES,
    *changes.ROUTES,
    *upgrades.ROUTES,
    *verbs.ROUTES,
    *approvals.ROUTES,
    *events.ROUTES,
    *outputs.ROUTES,
    *evidence.ROUTES,
    *audit.ROUTES,
    *following.ROUTES,
    *audit_proofs.ROUTES,
    *audit_witnesses.ROUTES,
    *holds.ROUTES,
    *products.ROUTES,
    *tokens.ROUTES,
    *contacts_routes.ROUTES,
    *sessions.ROUTES,
    *webhooks_routes.ROUTES,
    *webhook_secrets.ROUTES,
    *webhook_deliveries.ROUTES,
    *webhook_types.ROUTES,
    *health.ROUTES,
    *metrics.ROUTES,
    *problem_types.ROUTES,
    *look.ROUTES,
)


def make_app() -> Litestar:
    """Make the application before it is known which log it serves: that is most of what its start takes."""
    numbers = Metrics()

    def failed(request: Request[Any, Any, Any], error: Exception) -> Response[ProblemDetails]:
        response = answer_failure(request, error)
        if "path_template" not in request.scope:
            numbers.count(request.method, "none", response.status_code or 0)
        return response

    return Litestar(
        ROUTES,
        lifespan=[_opened],
        state=State({"metrics": numbers}),
        middleware=[Measured(numbers)],
        request_class=StrictRequest,
        request_max_body_size=MAX_BODY,
        exception_handlers={Exception: failed},
        plugins=[StructSchemas()],
        openapi_config=openapi_config(version("astrolabe-upgrades")),
        logging_config=None,
    )


@asynccontextmanager
async def _opened(app: Litestar) -> AsyncGenerator[None]:
    async with app.state.opens(app):
        yield


def create_app(
    *,
    database_url: str,
    product_folders: Sequence[Path] = (),
    webhooks: WebhookSettings | None = None,
    made: Litestar | None = None,
) -> Litestar:
    """Return an application that serves a log, out of one that was `made` for nobody yet where there is one.

    Raises ProductError and StoreError where a product file or the URL is wrong.
    """
    app = made or make_app()
    app.state.opens = opened(database_url, Catalogue(product_folders), webhooks or WebhookSettings())
    return app
