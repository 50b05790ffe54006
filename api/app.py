"""The application: every route behind one way of reading requests and one way of answering failures."""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response
from litestar.datastructures import State

from api import (
    approvals,
    audit,
    audit_proofs,
    events,
    evidence,
    health,
    history,
    instances,
    look,
    metrics,
    outputs,
    problem_types,
    products,
    tokens,
    upgrades,
    verbs,
    webhook_deliveries,
    webhook_secrets,
    webhook_types,
)
from api import webhooks as webhooks_routes
from api.bodies import MAX_BODY, StrictRequest
from api.documentation import openapi_config
from api.failures import answer_failure
from api.metrics import Measured, Metrics
from api.problems import ProblemDetails
from api.services import opened
from store.catalogue import load_products
from store.webhook_settings import WebhookSettings

ROUTES = (
    *instances.ROUTES,
    *history.ROUTES,
    *upgrades.ROUTES,
    *verbs.ROUTES,
    *approvals.ROUTES,
    *events.ROUTES,
    *outputs.ROUTES,
    *evidence.ROUTES,
    *audit.ROUTES,
    *audit_proofs.ROUTES,
    *products.ROUTES,
    *tokens.ROUTES,
    *webhooks_routes.ROUTES,
    *webhook_secrets.ROUTES,
    *webhook_deliveries.ROUTES,
    *webhook_types.ROUTES,
    *health.ROUTES,
    *metrics.ROUTES,
    *problem_types.ROUTES,
    *look.ROUTES,
)


def create_app(
    *, database_url: str, product_folders: Sequence[Path] = (), webhooks: WebhookSettings | None = None
) -> Litestar:
    """Make the application; raises ProductError and StoreError where a product file or the URL is wrong."""
    numbers = Metrics()

    def failed(request: Request[Any, Any, Any], error: Exception) -> Response[ProblemDetails]:
        response = answer_failure(request, error)
        if "path_template" not in request.scope:
            numbers.count(request.method, "none", response.status_code or 0)
        return response

    return Litestar(
        ROUTES,
        lifespan=[opened(database_url, load_products(product_folders), webhooks or WebhookSettings())],
        state=State({"metrics": numbers}),
        middleware=[Measured(numbers)],
        request_class=StrictRequest,
        request_max_body_size=MAX_BODY,
        exception_handlers={Exception: failed},
        openapi_config=openapi_config(version("astrolabe")),
        logging_config=None,
    )
