"""Attacks from outside: other sites, strangers without a password, files of the machine."""

from __future__ import annotations

import http.client
import itertools
import json
import secrets
from collections.abc import Iterator

import httpx

from eval.bench.attack.pages import SECRET, Page

Tried = Iterator[tuple[str, bool]]  # what was tried, and whether the page held

QUESTION = {"data": ["What does FlexLLM do?", None, None, None, None, None, "default"]}
HOSTS = (
    "evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example",
    "203.0.113.7", "10.0.0.1", "0.0.0.0", "[::2]", "127.0.0.1@evil.example",  # noqa: S104
    "evil.example#127.0.0.1",
    "evil.example/127.0.0.1", "", " ", "127.0.0.1, evil.example", "LOCALHOST.evil.example", "null",
    "*", "2130706433", "0x7f000001", "localhost..", "127.0.0.1:99999", "127.1",
)  # fmt: skip
ORIGINS = (
    "https://evil.example", "http://evil.example:{port}", "null", "http://localhost:1",
    "http://127.0.0.1:1", "http://127.0.0.1", "https://127.0.0.1:{port}.evil.example",
    "http://127.0.0.1:{port}@evil.example", "http://localhost.evil.example:{port}", "file://",
    "chrome-extension://x", "http://[::2]:{port}", "http://0.0.0.0:{port}", "data:text/html,x",
    "http://evil.example/http://127.0.0.1:{port}", "", "http://127.0.0.1:{port}/x", "about:blank",
)  # fmt: skip
SEEN = ("/", "/config", "/health", "/gradio_api/info", "/theme.css", "/manifest.json")
ROADS = ("gradio_api/file=", "file=", "static/", "assets/", "gradio_api/", "gradio_api/file/", "")
FILES = (
    "/etc/passwd", "../../../../../../etc/passwd", "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/%2e%2e/etc/passwd", "....//....//etc/passwd", "file:///etc/passwd",
    "/proc/self/environ", "ui/cli/main.py", "pyproject.toml", "{library}/askpapers.sqlite",
    "{library}/../users", "{library}/../errors.txt", "C:%5cWindows%5cwin.ini", "%00/etc/passwd",
    "http://127.0.0.1:{port}/health", "..%5c..%5cetc%5cpasswd", "%252e%252e/etc/passwd", ".env",
)  # fmt: skip
INSIDE = (
    "config", "openapi.json", "docs", "redoc", "theme.css", "assets/x.js", "static/img/logo.svg",
    "gradio_api/info", "gradio_api/openapi.json", "gradio_api/app_id", "gradio_api/startup-events",
    "gradio_api/queue/status", "gradio_api/queue/data?session_hash=x", "gradio_api/heartbeat/x",
    "gradio_api/user", "gradio_api/token", "gradio_api/mcp/", "gradio_api/upload", "logout",
    "gradio_api/queue/join", "gradio_api/call/ask", "gradio_api/run/ask", "gradio_api/api/ask",
    "gradio_api/call/v2/ask", "gradio_api/cancel", "gradio_api/reset", "monitoring", "no/such",
    "health/..", "login/..%2fconfig", "%2e%2e/config", "LOGIN/x", "/config", "config/", ";/config",
)  # fmt: skip


def asked(
    port: int, path: str, body: object = None, method: str = "", **headers: str
) -> tuple[int, str, dict[str, str]]:
    """Status, text and headers of the answer to a request with just these headers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    sent = None if body is None else json.dumps(body).encode()
    try:
        connection.putrequest(method or ("POST" if sent else "GET"), path, skip_host=True)
        for name, value in {"Host": f"127.0.0.1:{port}", **headers}.items():
            connection.putheader(name.replace("_", "-"), value)
        if sent:
            connection.putheader("Content-Type", "application/json")
            connection.putheader("Content-Length", str(len(sent)))
        connection.endheaders(sent)
        answer = connection.getresponse()
        text = answer.read(100_000).decode("latin-1")
        return answer.status, text, {k.casefold(): v for k, v in answer.getheaders()}
    except (http.client.HTTPException, OSError) as error:
        return 0, str(error), {}
    finally:
        connection.close()


def other_names(page: Page) -> Tried:
    """DNS rebinding: the page asked for under a name that isn't its own."""
    for host, path in itertools.product(HOSTS, SEEN):
        status, _, _ = asked(page.port, path, Host=host.format(port=page.port))
        yield f"Host {host!r} {path}", status in (400, 421)
    for host in HOSTS:
        status, _, _ = asked(
            page.port, "/gradio_api/call/ask", QUESTION, Host=host.format(port=page.port)
        )
        yield f"Host {host!r} asks", status in (400, 421)


def other_sites(page: Page) -> Tried:
    """Another site in the visitor's browser reads, asks, uploads, and looks before it does."""
    ways: list[dict[str, str]] = [{"Origin": origin.format(port=page.port)} for origin in ORIGINS]
    for site, mode in itertools.product(
        ("cross-site", "same-site"), ("no-cors", "cors", "websocket")
    ):
        ways.append({"Sec_Fetch_Site": site, "Sec_Fetch_Mode": mode})
    for where in ("iframe", "embed", "object", "frame"):
        ways.append(
            {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": where}
        )
    for way in ways:
        shown = " ".join(way.values())
        for path in SEEN:
            status, _, said = asked(page.port, path, **way)
            yield f"{shown} {path}", status == 403 and "access-control-allow-origin" not in said
        for path in ("/gradio_api/call/ask", "/gradio_api/queue/join", "/gradio_api/upload"):
            status, _, said = asked(page.port, path, QUESTION, **way)
            yield f"{shown} {path}", status == 403
            status, _, said = asked(
                page.port, path, method="OPTIONS", Access_Control_Request_Method="POST", **way
            )
            yield f"{shown} looks at {path}", "access-control-allow-origin" not in said


def without_login(page: Page) -> Tried:
    """What is to be had without a password: everything is tried in four ways."""
    cookies = ("", f"askpapers-{page.port}=page-0.0", f"askpapers-{page.port}=x.{'0' * 64}")
    for path, cookie in itertools.product(INSIDE, cookies):
        for method, body in (("GET", None), ("HEAD", None), ("POST", QUESTION), ("PUT", QUESTION)):
            status, text, _ = asked(page.port, f"/{path}", body, method, Cookie=cookie)
            yield (
                f"{method} {path} {cookie}",
                status in (0, 400, 401) and "dependencies" not in text,
            )
    for query in ("", "?x=1", "?__theme=dark"):
        status, text, _ = asked(page.port, f"/health{query}")
        yield f"health{query}", (status, json.loads(text)) == (200, {"status": "ok"})


def passwords(page: Page) -> Tried:
    """Guessing: of so many guesses at once only a few are looked at, the right one among none."""
    looked = 0
    with httpx.Client(base_url=page.address) as visitor:
        for number in range(300):
            form = {
                "username": ("ann", "bob", "root")[number % 3],
                "password": secrets.token_hex(4),
            }
            headers = {"X-Forwarded-For": f"10.1.{number % 250}.1", "X-Real-IP": f"10.2.{number}.1"}
            answer = visitor.post("/login", data=form, headers=headers)
            looked += answer.status_code == 401
            yield f"guess {number}", answer.status_code in (401, 429) and looked <= 40
        right = visitor.post("/login", data={"username": "ann", "password": SECRET})
        yield "the right one, too soon", right.status_code == 429


def files(page: Page) -> Tried:
    """Files of the machine, through each road that serves some."""
    library = page.place / "library"
    for road, file in itertools.product(ROADS, FILES):
        path = f"/{road}{file.format(library=library, port=page.port)}".replace("\\", "%5c")
        status, text, _ = asked(page.port, path)
        leaked = "root:" in text or "SQLite" in text or "[project]" in text
        yield path, status in (0, 400, 401, 403, 404, 405, 421) and not leaked
