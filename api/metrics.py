"""Metrics: what Prometheus may ask; a token with the scope read is needed, for they show what runs here."""

import time
from collections import Counter as Tally
from collections.abc import Mapping

from litestar import Response
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from typing_extensions import override

from astrolabe.api.http.resources import AuthenticatedRequest, Resources, resources_of
from astrolabe.api.http.rights import reach_of
from astrolabe.api.http.route import get
from astrolabe.domain.reach import Reach

COUNTED = {"instances": "Instances by status", "upgrades": "Upgrades by status"}
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


class Metrics:
    """The numbers of one application."""

    def __init__(self) -> None:
        self._registry: CollectorRegistry = CollectorRegistry()
        self._requests: Counter = Counter(
            "astrolabe_http_requests", "Requests answered", ["method", "route", "status"], registry=self._registry
        )
        self._seconds: Histogram = Histogram(
            "astrolabe_http_request_seconds",
            "Time until an answer began",
            ["method", "route"],
            registry=self._registry,
        )
        self._position: Gauge = self._gauge("astrolabe_log_position", "The last position of the log")
        self._unsequenced: Gauge = self._gauge("astrolabe_log_unsequenced", "Events that wait for their position")
        self._lag: Gauge = self._gauge("astrolabe_subscriber_lag", "Events a subscriber is behind", "subscriber")
        self._counts: dict[str, Gauge] = {
            name: self._gauge(f"astrolabe_{name}", text, "status") for name, text in COUNTED.items()
        }
        self._webhooks: Gauge = self._gauge("astrolabe_webhooks", "Webhooks by why they are disabled", "disabled")
        self._witnesses: Gauge = self._gauge("astrolabe_witnesses_failing", "Witnesses that do not cosign", "why")
        self._uncovered: Gauge = self._gauge("astrolabe_log_uncovered", "Events that no checkpoint stands over yet")

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=self._registry)

    def count(self, method: str, route: str, status: int, seconds: float | None = None) -> None:
        """Count an answered request; the route is its template, so that the number of series is bounded."""
        method = method if method in METHODS else "other"
        self._requests.labels(method, route, str(status)).inc()
        if seconds is not None:
            self._seconds.labels(method, route).observe(seconds)

    async def render(self, resources: Resources) -> bytes:
        """Read the log's numbers and write all of them in Prometheus's text format."""
        last, checkpoint = await resources.log.last_position(), await resources.checkpoints.latest()
        self._position.set(last)
        self._uncovered.set(last + 1 - (checkpoint.size if checkpoint else 0))
        self._unsequenced.set(await resources.log.unsequenced())
        counts = await resources.views.counts()
        _fill(self._lag, await resources.views.lags())
        for name, gauge in self._counts.items():
            _fill(gauge, counts[name])
        endpoints = (await resources.webhooks.current()).by_id.values()
        _fill(self._webhooks, Tally(each.disabled or "no" for each in endpoints))
        _fill(self._witnesses, Tally(each.why for each in (await resources.witnesses.current()).failing.values()))
        return generate_latest(self._registry)


async def render_narrowed(resources: Resources, within: Reach) -> bytes:
    """Write how many of some instances and of their upgrades stand how; nothing of the house, which is others' too."""
    registry = CollectorRegistry()
    counts = await resources.views.counts(within)
    for name, text in COUNTED.items():
        _fill(Gauge(f"astrolabe_{name}", text, ["status"], registry=registry), counts[name])
    return generate_latest(registry)


def _fill(gauge: Gauge, numbers: Mapping[str, int]) -> None:
    gauge.clear()
    for label, number in numbers.items():
        gauge.labels(label).set(number)


class Measured(ASGIMiddleware):
    """The middleware that counts and times every request that a route answers."""

    scopes: tuple[ScopeType, ...] = (ScopeType.HTTP,)

    def __init__(self, metrics: Metrics) -> None:
        self._metrics: Metrics = metrics

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass a request on, and note when its answer begins."""
        started = time.perf_counter()
        method, route = str(scope.get("method", "")), str(scope.get("path_template", ""))
        begun: tuple[int, float] | None = None

        def count() -> None:
            nonlocal begun
            if begun:
                self._metrics.count(method, route, *begun)
            begun = None

        async def noting(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = message["status"], time.perf_counter() - started
            await send(message)
            # The caller has the beginning of the body by now, and does not wait for what is counted.
            if message["type"] == "http.response.body":
                count()

        try:
            await next_app(scope, receive, noting)
        finally:
            count()


@get("/metrics", summary="Read the metrics", tag="meta", scope="read", narrowed=True, media_type=CONTENT_TYPE_LATEST)
async def show_metrics(request: AuthenticatedRequest) -> Response[bytes]:
    """Return the numbers of this process and of the log in Prometheus's text format.

    Where the token's scope is bound to labels, only how many instances with these, and upgrades of theirs, stand how.
    """
    metrics: Metrics = request.app.state.metrics
    resources, reach = resources_of(request), reach_of(request)
    shown = await (metrics.render(resources) if reach.is_all else render_narrowed(resources, reach))
    return Response(shown, media_type=CONTENT_TYPE_LATEST)


ROUTES = (show_metrics,)
