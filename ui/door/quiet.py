"""Streams that end early: a client that asks for what isn't there any more, or leaves.

Gradio finds out that a session is unknown when its answer has begun already, and raises; the server
would write a traceback for each.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class QuietEnds:
    """Ends a stream whose rest can't be had; errors of any other kind go on as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except RuntimeError as error:
            # Starlette's word for an HTTPException that it can't turn into an answer any more.
            if not (begun and isinstance(error.__cause__, HTTPException)):
                raise
            await send({"type": "http.response.body", "body": b"", "more_body": False})
