"""Serve the page: its address, its headers, its health, its end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from io import StringIO
from typing import Any
from urllib.parse import urlsplit

import anyio
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ingest.errors import AskpapersError
from ui.chat.suggest import examples
from ui.door.door import Door
from ui.door.headers import SafeHeaders
from ui.door.hosts import Hosts
from ui.door.sessions import Functions
from ui.door.users import Users
from ui.library.adding import MAX_BYTES
from ui.page.blocks import forget, gr, mcp_installed
from ui.page.frame import build
from ui.page.speed import light
from ui.page.theme import script, style, theme
from ui.server.access import listenable
from ui.server.completions import completion_routes
from ui.server.libraries import Choices, Libraries
from ui.server.rate import Rate
from ui.server.turns import Turns

MOST_CALLS = 400  # under way at the same time: most are questions that wait for their turn
MOST_SESSIONS = 2_000  # 0.1 MB each; that of the one longest away is forgotten


def launch(
    libraries: Libraries,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    open_browser: bool = False,
    share: bool = False,
    hosts: Hosts | None = None,
    users: Users | None = None,
    proxies: Sequence[str] = (),
    rate: Rate | None = None,
    writable: bool = True,
    block: bool = True,
    ready: Callable[[str], None] | None = None,
) -> str:
    """Serve the page and return its address; ``port`` None means 7860 or the next free one.

    With ``block``, returns when interrupted or told to end; ``ready`` is called with the address
    once the page can be opened. ``hosts`` are the names under which it is served, None those of
    ``host``; ``users`` are those who may come in, None everybody; ``proxies`` are trusted to say
    who asks. ``rate`` and ``writable`` as in ``ui.page.frame.build``. Where the ``mcp`` package is
    installed, the endpoints are MCP tools, too. Raises AskpapersError when the port is taken or
    can't be listened on.
    """
    listenable(host, port)
    hosts = hosts or Hosts(host)
    with _told_to_end() as end:
        rate, turns = rate or Rate(), Turns()
        page = build(
            libraries, rate=rate, turns=turns, writable=writable, logged_in=users is not None
        )
        door = Door(hosts, _functions(page), users=users, proxies=proxies)
        _reach_directly(host)
        try:
            with redirect_stdout(StringIO()):  # Gradio says where its MCP server is, even if quiet
                _, local, public = page.launch(
                    server_name=host,
                    server_port=port,
                    inbrowser=False,
                    share=share,
                    prevent_thread_lock=True,
                    quiet=True,
                    show_error=False,
                    ssr_mode=False,
                    run_history=False,
                    footer_links=[],
                    enable_monitoring=False,
                    max_file_size=MAX_BYTES,
                    max_threads=MOST_CALLS,
                    state_session_capacity=MOST_SESSIONS,
                    mcp_server=mcp_installed(),
                    app_kwargs={
                        "lifespan": door.lifespan,
                        # Inside of what Gradio compresses, for it reads pages.
                        "middleware": [Middleware(SafeHeaders)],
                        "routes": [
                            Route("/health", _health(libraries)),
                            *completion_routes(libraries, rate, turns),
                        ],
                    },
                    theme=theme(),
                    css=style(),
                    js=script(),
                )
        except (OSError, OverflowError) as error:
            where = f"{host}:{port}" if port is not None else host
            raise AskpapersError(
                f"can't listen on {where}: the port is taken, or the address isn't this machine's;"
                " give another --port, or none for a free one"
            ) from error
        light(page)
        address = public or local
        door.opened()
        if users is not None and mcp_installed():
            _let_in(page, local, door.key)
        if public:
            hosts.add(str(urlsplit(public).hostname))
        if ready is not None:
            ready(address)
        if open_browser:
            import webbrowser

            webbrowser.open(address)
        if block:
            warming = threading.Thread(target=_warm_up, args=(libraries,), daemon=True)
            try:
                warming.start()
                _wait(page, end)
            finally:
                warming.join()  # the caller may close the library now
        return address


def _functions(page: gr.Blocks) -> Functions:
    """The page's functions, and which of them programs may call as well."""
    made = list(page.fns.values())
    public = {str(fn.api_name): fn._id for fn in made if fn.api_visibility == "public"}
    return Functions({fn._id: len(fn.inputs) for fn in made}, public, partial(forget, page))


def _let_in(page: gr.Blocks, address: str, key: str) -> None:
    """Give Gradio's MCP server the ``key``: it hands each call on to the page at ``address``."""
    from gradio_client import Client

    server: Any = page.mcp_server_obj
    server._client_instance = Client(
        address,
        headers={"x-gradio-user": "mcp", "Authorization": f"Bearer {key}"},
        download_files=False,
        verbose=False,
        analytics_enabled=False,
        _skip_components=False,
    )


def _reach_directly(host: str) -> None:
    """Let Gradio's look at its own server go past any proxy that the environment names.

    And let uvicorn believe no proxy: the door knows which are to be trusted.
    """
    os.environ["FORWARDED_ALLOW_IPS"] = ""
    known = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    os.environ["no_proxy"] = ",".join(filter(None, (known, "127.0.0.1", "localhost", host)))


def _warm_up(libraries: Libraries) -> None:
    """Load what the first question needs while the reader types it, and see to the examples."""
    # The library may be closed under it by Ctrl-C, and a real trouble shows at the first question.
    with suppress(Exception):
        examples(libraries.quoting(Choices()))


def _wait(page: gr.Blocks, end: threading.Event) -> None:
    """Until Ctrl-C, or until somebody asks the process to end."""
    try:
        end.wait()
    except KeyboardInterrupt:  # where no signals are listened to
        pass
    finally:
        page.close(verbose=False)


@contextmanager
def _told_to_end() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set; only the main thread can listen to them.

    An exception for Ctrl-C could come anywhere, between a thread's start and its join, too.
    """
    end = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield end
        return
    signals = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, lambda *_: end.set()) for number in signals]
    try:
        yield end
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


def _health(libraries: Libraries) -> Callable[[Request], Awaitable[JSONResponse]]:
    own = anyio.CapacityLimiter(2)  # threads that no question takes: this answers always

    def facts() -> dict[str, Any]:
        assistant = libraries.first
        papers = len(assistant.library)
        return {
            "status": "ok",
            "version": _version(),
            "papers": papers,
            "model": assistant.model,
        }

    async def health(_: Request) -> JSONResponse:
        return JSONResponse(await anyio.to_thread.run_sync(facts, limiter=own))

    return health


def _version() -> str:
    try:
        return version("askpapers")
    except PackageNotFoundError:
        return "not installed"
