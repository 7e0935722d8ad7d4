"""Response headers that keep the page to its own server, and to its own window."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = (
    ("Referrer-Policy", "same-origin"),  # with none at all, our own forms would come from "null"
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),  # what frame-ancestors was called before
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
_POLICY = "Content-Security-Policy"
_INLINE = re.compile(rb"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


def policy(hashes: Iterable[str] = ()) -> str:
    """The Content-Security-Policy of a page that has inline scripts of these ``hashes`` only.

    Nothing is fetched from or sent to another machine, whatever stands in a paper or an answer, and
    no handler in an attribute runs. Gradio makes functions of its components' templates and
    scripts at run time, and styles elements as it goes: without 'unsafe-eval' and inline styles its
    page stays empty.
    """
    scripts = " ".join(("'self'", "'unsafe-eval'", *hashes))
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {scripts}",
            "script-src-attr 'none'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'self'",
            "form-action 'self'",
        )
    )


class SafeHeaders:
    """Adds the headers to every response; only a page is held back to hash its scripts."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        page: list[Message] = []  # the start of an HTML page, and what has come of its body

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS:
                    headers.setdefault(name, value)
                if _POLICY in headers:  # a page that has passed here before it was compressed
                    pass
                elif headers.get("content-type", "").startswith("text/html"):
                    page.append(message)
                    return
                else:
                    headers[_POLICY] = policy()
            elif page and message["type"] == "http.response.body":
                page.append(message)
                if message.get("more_body"):
                    return
                start, *parts = page
                page.clear()
                body = b"".join(part.get("body", b"") for part in parts)
                headers = MutableHeaders(scope=start)
                headers[_POLICY] = policy(_hashes(body))
                if "gzip" in Headers(scope=scope).get("accept-encoding", ""):
                    body = _compressed(headers, body)
                await send(start)
                message = {"type": "http.response.body", "body": body}
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _compressed(headers: MutableHeaders, page: bytes) -> bytes:
    """The page with a fifth of its weight: Gradio compresses only files with an ending."""
    if not page or "content-encoding" in headers:
        return page
    page = gzip.compress(page, 6)
    headers["content-encoding"] = "gzip"
    headers["content-length"] = str(len(page))
    headers.add_vary_header("Accept-Encoding")
    return page


def _hashes(page: bytes) -> list[str]:
    """The inline scripts of a page as sources of a policy."""
    found = [hashlib.sha256(script).digest() for script in _INLINE.findall(page)]
    return [f"'sha256-{base64.b64encode(one).decode()}'" for one in found]
