"""Resources: what the handlers work with, opened when the server starts and closed when it stops."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias, cast

from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from msgspec import Struct

from astrolabe.api.http.access_recorder import AccessRecorder
from astrolabe.api.http.wrong_tokens import WrongTokens
from astrolabe.domain.access import Token
from astrolabe.domain.products.product import Product
from astrolabe.store.audit.checkpoints import Checkpoints
from astrolabe.store.audit.trail import Trail
from astrolabe.store.audit.tree import Tree
from astrolabe.store.database import Database
from astrolabe.store.log.log import Log
from astrolabe.store.log.recording import Recording
from astrolabe.store.log.tail import CHANNEL, Tail
from astrolabe.store.notices.queue import NoticeQueue
from astrolabe.store.outputs import Outputs
from astrolabe.store.products.catalogue import Catalogue
from astrolabe.store.progress import CHANNEL as PROGRESS
from astrolabe.store.progress import ProgressBoard
from astrolabe.store.streams.contacts import ContactBook
from astrolabe.store.streams.holds import HoldsInForce
from astrolabe.store.streams.instances import Instances
from astrolabe.store.streams.tokens import Tokens
from astrolabe.store.streams.webhooks import Webhooks
from astrolabe.store.streams.witnesses import Witnesses
from astrolabe.store.token_uses import TokenUses
from astrolabe.store.views.fleet import Fleet
from astrolabe.store.views.queries import Views
from astrolabe.store.webhooks.deliveries import Deliveries
from astrolabe.store.webhooks.settings import WebhookSettings

AuthenticatedRequest: TypeAlias = Request[Any, Token, State]
"""A request that passed a guard; `auth` is the token that it came with."""


class Resources(Struct, frozen=True):
    """The log and what is kept beside it, for the handlers; `stopping` is set once the server is asked to stop."""

    log: Log
    recording: Recording
    wrong_tokens: WrongTokens
    accesses: AccessRecorder
    tail: Tail
    tokens: Tokens
    token_uses: TokenUses
    instances: Instances
    views: Views
    fleet: Fleet
    outputs: Outputs
    progress: ProgressBoard
    trail: Trail
    tree: Tree
    checkpoints: Checkpoints
    catalogue: Catalogue
    stopping: asyncio.Event
    webhooks: Webhooks
    deliveries: Deliveries
    witnesses: Witnesses
    holds: HoldsInForce
    webhook_settings: WebhookSettings
    contacts: ContactBook
    notices: NoticeQueue

    @property
    def products(self) -> dict[str, Product]:
        """The products by name, as their files are now."""
        return self.catalogue.products


def opened(
    database_url: str, catalogue: Catalogue, webhooks: WebhookSettings
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Make the lifespan that opens the resources; raises StoreError where the URL is none."""
    database = Database(database_url)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncGenerator[None]:
        async with database, Tail(database, CHANNEL, topics=PROGRESS) as tail:
            log, tree = Log(database), Tree(database)
            accesses = AccessRecorder(log)
            app.state.resources = Resources(
                log=log,
                recording=Recording(database),
                wrong_tokens=WrongTokens(),
                accesses=accesses,
                tail=tail,
                tokens=Tokens(log),
                token_uses=TokenUses(database),
                instances=Instances(log),
                views=Views(database),
                fleet=Fleet(database),
                outputs=Outputs(database),
                progress=ProgressBoard(database),
                trail=Trail(database),
                tree=tree,
                checkpoints=Checkpoints(database, tree),
                catalogue=catalogue,
                stopping=asyncio.Event(),
                webhooks=Webhooks(log),
                deliveries=Deliveries(database),
                witnesses=Witnesses(log),
                holds=HoldsInForce(log),
                webhook_settings=webhooks,
                contacts=ContactBook(log),
                notices=NoticeQueue(database),
            )
            async with accesses.running():
                yield

    return lifespan


def resources_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Resources:
    """Return the resources of the application that a request came to."""
    return cast("Resources", connection.app.state.resources)
