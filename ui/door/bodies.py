"""Bodies of requests: read up to a limit, and handed on."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Receive, Scope


class TooLarge(Exception):  # an answer
    """More came than is taken."""


class Gone(Exception):  # nobody is there to be told
    """The client has left before all of it came."""


async def whole(receive: Receive, most: int) -> bytes:
    """All of a request's body; raises TooLarge beyond ``most`` bytes."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = bool(message.get("more_body"))
        if size > most:
            raise TooLarge(f"More than {most:,} bytes are more than is taken at once.")
    return b"".join(parts)


def replayed(scope: Scope, receive: Receive, body: bytes) -> tuple[Scope, Receive]:
    """A request with another body; afterwards the client is listened to as before."""
    scope = {**scope, "headers": list(scope["headers"])}
    headers = MutableHeaders(scope=scope)
    headers["content-length"] = str(len(body))
    del headers["transfer-encoding"]
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return scope, again
