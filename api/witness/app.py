"""The witness over HTTP: an application of three paths, with an end to what may be sent."""

import asyncio
import logging
import re
from typing import Any, Final

from litestar.types import ASGIApp, Receive, Scope, Send

from astrolabe.api.witness.witness import Said, Witness
from astrolabe.domain.audit.add_checkpoint import LARGEST_REQUEST
from astrolabe.store.errors import StoreError

LOG = logging.getLogger("astrolabe.witness")

ADD: Final = "/add-checkpoint"
_LAST = re.compile(r"/log/([0-9a-f]{64})/checkpoint")

NO_SUCH_PATH: Final = Said(404, "A witness has POST /add-checkpoint, GET /, GET /log/SHA-256-OF-ORIGIN/checkpoint.\n")
NOT_SO: Final = Said(405, "POST is for /add-checkpoint, and GET for all else.\n")
TOO_LARGE: Final = Said(413, f"A request has at most {LARGEST_REQUEST} bytes.\n")
UNABLE: Final = Said(500, "What was cosigned cannot be known or kept now; nothing was cosigned.\n")


def witness_app(witness: Witness) -> ASGIApp:
    """Return the application that serves a witness."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        asked: Any = scope
        if asked["type"] == "lifespan":
            await _live(receive, send)
        elif asked["type"] == "http":
            await _answer(send, await _said(witness, asked["method"], asked["path"], receive))

    return serve


async def _said(witness: Witness, method: str, path: str, receive: Receive) -> Said:
    last = _LAST.fullmatch(path)
    if path not in {ADD, "/"} and not last:
        return NO_SUCH_PATH
    if method != ("POST" if path == ADD else "GET"):
        return NOT_SO
    try:
        if last:
            note = await asyncio.to_thread(witness.last, last[1])
            return Said(200, note) if note is not None else Said(404, "No checkpoint of this log was cosigned here.\n")
        if path == "/":
            return Said(200, f"{witness.key.public.cosigner_text}\n")
        body = await _body(receive)
        return TOO_LARGE if body is None else await asyncio.to_thread(witness.add, body)
    except (StoreError, OSError) as error:
        LOG.error("nothing is cosigned: %s", error)  # noqa: TRY400  the sentence says all
        return UNABLE


async def _body(receive: Receive) -> bytes | None:
    body, more = b"", True
    while more:
        message: Any = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST_REQUEST:
            return None
    return body


async def _answer(send: Send, said: Said) -> None:
    body = said.body.encode()
    headers = [(b"content-type", said.media_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": said.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _live(receive: Receive, send: Any) -> None:
    while True:
        message: Any = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return
