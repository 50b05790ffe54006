"""HEAD: answered wherever GET is, by the same route, without its body."""

from typing import Any

from litestar.types import ASGIApp, Message, Receive, Scope, Send


def answering_head(app: ASGIApp) -> ASGIApp:
    """Return an application that answers HEAD as GET; what is streamed ends where its body would begin."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        asked: Any = scope
        if asked["type"] != "http" or asked["method"] != "HEAD":
            await app(scope, receive, send)
            return
        ended = False

        async def send_head(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.body":
                if ended:
                    return
                ended = True
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        await app(_as_get(asked), receive, send_head)

    return answer


def _as_get(asked: Any) -> Any:
    return {**asked, "method": "GET"}
